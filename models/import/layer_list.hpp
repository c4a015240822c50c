#pragma once

#include <map>
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

/// The layers of a file, one by one, with their shapes and names, and what was met that has no
/// counterpart.
class LayerList {
 public:
  /// @param input of the network, without the batch: layer 0
  explicit LayerList(const TensorShape& input);

  /// @param module that its weights lie in, which it is called by; layers without weights are
  /// called
  ///        by what they do, beside the last that has some: "layer1.0.relu", then
  ///        "layer1.0.relu_2"
  /// @throws std::invalid_argument if the shapes do not fit
  LayerId add(const LayerOp& op, std::vector<LayerId> inputs, const std::string& module = {});
  /// Gives a linear layer without a bias, which must be the last, a bias.
  /// @throws Unsupported if it is another
  void add_bias(LayerId id);

  [[nodiscard]] const TensorShape& shape(LayerId id) const { return shapes_[id]; }
  [[nodiscard]] std::size_t size() const { return layers_.size(); }

  /// Notes an operation that has no counterpart.
  void add_unknown(const std::string& operation) { ++unknown_[operation]; }
  [[nodiscard]] bool has_unknown() const { return !unknown_.empty(); }

  /// The layers as a graph with blocks.
  /// @throws Unsupported if there were unknown operations, each with how often it occurs
  [[nodiscard]] Graph graph(const std::string& name, const std::string& title) const;

 private:
  std::vector<PlainLayer> layers_;
  std::vector<TensorShape> shapes_;
  std::map<std::string, int> names_;
  std::map<std::string, int> unknown_;
  std::string last_module_;
};

}  // namespace papilio
