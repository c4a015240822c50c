#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/import/blocks.hpp"

namespace papilio {

/// What a Graph cannot say of an operation, to be told by name.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The number that a list of them repeats: squares are all that a Graph has.
/// @param what of the operation, for the error
/// @throws Unsupported if they differ, or there is none
std::int64_t square(const std::vector<std::int64_t>& numbers, const char* what);

/// What is to be known of a file with several outputs.
/// @param names of those left out; empty: they have none
std::string outputs_note(std::size_t left_out, const std::string& names);
/// What is to be known of weights that the file has, and no layer.
std::string unused_note(const std::set<std::string>& modules);

/// The layers of a file, one by one, with their shapes and names, and what was met that has no
/// counterpart.
class LayerList {
 public:
  /// @param input of the network, without the batch: layer 0
  explicit LayerList(const TensorShape& input) : LayerList{InputOp{input}} {}
  explicit LayerList(const InputOp& input);

  /// @param module that its weights lie in, which it is called by; layers without weights are
  ///        called by what they do, beside the last that has some: "layer1.0.relu", then
  ///        "layer1.0.relu_2"
  /// @param weights what tells these weights from all others: a layer of weights that another has
  ///        already shares them; empty: they are its own
  /// @throws std::invalid_argument if the shapes do not fit
  /// @throws Unsupported if another kind of layer has these weights, or the module's name is none
  ///         that people can read
  LayerId add(const LayerOp& op, std::vector<LayerId> inputs, const std::string& module = {},
              const std::string& weights = {});
  /// Says that the weights of a layer, which must be the last and share none, become others than
  /// the file's: no later layer shares them.
  void alter_weights(LayerId id);
  /// Gives a convolution or linear layer without a bias one, likewise.
  void add_bias(LayerId id);
  /// Says that the whole numbers of an input name the rows of a table, as many as it has or fewer;
  /// of a layer that is no input, nothing.
  void name_rows(LayerId input, std::int64_t rows);
  [[nodiscard]] const LayerOp& op(LayerId id) const { return layers_[id].op; }

  [[nodiscard]] const TensorShape& shape(LayerId id) const { return shapes_[id]; }
  /// The whole numbers that a layer's output is held as; none: reals.
  [[nodiscard]] const std::optional<Levels>& levels(LayerId id) const { return levels_[id]; }
  /// How many numbers the weights of a layer are, biases among them.
  [[nodiscard]] std::int64_t parameters(LayerId id) const { return parameters_[id]; }
  /// Whether a layer has weights that an earlier one has.
  [[nodiscard]] bool shares(LayerId id) const { return layers_[id].weights_of.has_value(); }
  [[nodiscard]] std::size_t size() const { return layers_.size(); }

  /// Notes an operation that has no counterpart.
  void add_unknown(const std::string& operation) { ++unknown_[operation]; }
  /// Forgets them, as where no output depends on them.
  void forget_unknown() { unknown_.clear(); }
  /// What else there is to do about them, for the error.
  void advise(const std::string& remedy) { remedy_ = remedy; }
  [[nodiscard]] bool has_unknown() const { return !unknown_.empty(); }

  /// Which layers these and the input depend on, these among them.
  [[nodiscard]] std::vector<bool> needed_by(const std::vector<LayerId>& outputs) const;
  /// The layers that `output` depends on as a graph with blocks, and what each is called there: the
  /// layers with weights as their modules, whatever else has that name.
  /// @throws Unsupported if there were unknown operations, each with how often it occurs
  [[nodiscard]] Graph graph(LayerId output, const std::string& name, const std::string& title);
  /// What a layer is called in the graph; empty for one that the output does not depend on.
  [[nodiscard]] const std::string& name(LayerId id) const { return layers_[id].name; }

 private:
  void name_layers(const std::vector<bool>& needed);
  /// Lets recurrent layers give their last states no more where nothing that is needed reads them.
  /// @return the layer that is the output then
  LayerId without_unread_states(LayerId output);

  std::vector<PlainLayer> layers_;
  std::vector<TensorShape> shapes_;
  std::vector<std::optional<Levels>> levels_;
  std::vector<std::int64_t> parameters_;
  std::vector<std::string> beside_;        // of layers without a module: the last that has one
  std::map<std::string, LayerId> owners_;  // of weights
  std::map<std::string, int> unknown_;
  std::string remedy_;
  std::map<LayerId, std::int64_t> named_rows_;  // of an input
  std::string last_module_;
  std::string last_weights_;  // what tells those of the last layer
};

}  // namespace papilio
