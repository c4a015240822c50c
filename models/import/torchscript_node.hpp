#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/ir.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/torchscript_program.hpp"
#include "models/import/torchscript_tensors.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// The layers that a running network's operations become: what all conversions need.
class TorchScriptLayers {
 public:
  using Sizes = std::vector<std::int64_t>;
  using Stack = TorchScriptProgram::Stack;

  /// @param first input
  TorchScriptLayers(ArchiveTensors& archive, const InputOp& first)
      : archive_{archive}, layers_{first} {}

 protected:
  // What the operation at hand got and gave.

  [[nodiscard]] const c10::IValue& argument(std::size_t input) const;
  /// @throws Unsupported if it is not of the network, HangsOnUnknown if it is not known
  [[nodiscard]] NetworkTensor operand(std::size_t input);
  /// What a tensor of the network is: the output of a layer, or a part of one that was written to
  /// since the part was taken.
  /// @throws Unsupported, HangsOnUnknown likewise
  NetworkTensor known(const at::Tensor& tensor);
  [[nodiscard]] bool has_argument(std::size_t input) const;
  [[nodiscard]] bool is_of_network(std::size_t input) const;
  [[nodiscard]] Sizes sizes(std::size_t input) const {
    return argument(input).toTensor().sizes().vec();
  }
  /// Whole numbers, one for each of `axes`.
  [[nodiscard]] Sizes numbers(std::size_t input) const;
  [[nodiscard]] double real(std::size_t input) const;
  [[nodiscard]] const at::Tensor& answer() const { return outputs_->front().toTensor(); }
  /// Counted from the first, of a tensor of so many.
  [[nodiscard]] static std::int64_t axis_of(std::int64_t axis, std::size_t rank);

  // Operands as layers.

  /// A layer whose axes are all those of the program's tensor, the batch among them.
  LayerId plain(std::size_t input);
  LayerId plain(const NetworkTensor& what, const Sizes& sizes);
  /// A layer whose axes are those of the program's tensor behind the first, the batch.
  /// @throws Unsupported if the first is none
  LayerId batched(std::size_t input);
  /// A layer, and where its axis lies that is one of the program's: all axes of it if the batch is
  /// that axis.
  std::pair<NetworkTensor, std::int64_t> with_axis(std::size_t input, std::int64_t axis);
  /// Gives a layer's output other axes, where it has not those.
  LayerId shaped(LayerId layer, const TensorShape& shape);
  /// Constants and tensors of the network, that an operation repeats to one shape, as layers of one
  /// rank.
  /// @return them, and where the batch stands in the answer
  std::pair<std::vector<LayerId>, std::optional<std::int64_t>> repeated(
      const std::vector<c10::IValue>& operands);
  /// A constant as a layer. What the importer itself has computed must be `kept`.
  LayerId stored(const at::Tensor& tensor, const TensorShape& shape);
  /// Keeps a tensor, so that its place in memory tells it from all others.
  const at::Tensor& kept(at::Tensor tensor) { return kept_.emplace_back(std::move(tensor)); }

  // What the operation makes.

  void make(const NetworkTensor& what) { make(0, what); }
  /// Where the program's tensor is quantised and the layer's output is not, behind a layer that
  /// quantises it.
  void make(std::size_t output, const NetworkTensor& what);
  /// A layer with the batch where the first operand has it.
  void add(const LayerOp& op, const NetworkTensor& from) {
    make({layers_.add(op, {from.layer}), from.batch});
  }
  /// A layer that reads a picture, a sequence or the like, with the batch first.
  void add_batched(const LayerOp& op, std::size_t input = 0) {
    make({layers_.add(op, {batched(input)}), 0});
  }
  /// The same numbers in the same order with the answer's sizes.
  void make_reshaped(const NetworkTensor& from) { make_reshaped(0, from); }
  void make_reshaped(std::size_t output, const NetworkTensor& from);

  /// A weight of a layer, and what it is called behind the layer's name.
  struct Weight {
    at::Tensor tensor;
    std::string part;
  };
  LayerId add_weighted(const LayerOp& op, LayerId from, const std::vector<Weight>& weights);
  /// Those of the operation's arguments that are there.
  [[nodiscard]] std::vector<Weight> weights(
      const std::vector<std::pair<std::size_t, std::string>>& inputs) const;
  /// @throws Unsupported if the network computes it
  [[nodiscard]] at::Tensor weight(std::size_t input) const;

  ArchiveTensors& archive_;
  LayerList layers_;
  TensorLedger ledger_;
  const Stack* inputs_{nullptr};
  const Stack* outputs_{nullptr};
  bool writes_{false};  ///< whether the operation at hand writes its answer over its first operand
  /// A constant that the operation wrote over, and what it was before.
  std::optional<std::pair<at::Tensor, at::Tensor>> overwritten_;
  /// Likewise all of the tensor that the constant is a view of, if it is one.
  std::optional<std::pair<at::Tensor, at::Tensor>> overwritten_base_;
  std::map<LayerId, std::vector<Weight>> weights_;
  std::map<LayerId, std::set<std::string>> used_;  // names of the archive's tensors
  std::size_t operation_{0};                       // that is at hand, as they run
  std::map<LayerId, std::size_t> quantised_by_;    // the operation whose answer's levels it has

 private:
  LayerId held_as(const at::Tensor& tensor, LayerId layer);
  [[nodiscard]] std::string module_of(const std::vector<Weight>& weights,
                                      const std::set<std::string>& names) const;
  /// A layer whose weight another layer has with another bias: it shares the weight, and the bias
  /// is added behind it.
  LayerId add_with_bias_apart(const LayerOp& op, LayerId from, const std::vector<Weight>& weights);
  /// Notes that an operation wrote over a part of a tensor: all of the tensor is then what it was,
  /// with the part between.
  /// @return false if the tensor is no part of another, or none that slices say
  bool write_part(const at::Tensor& part, const NetworkTensor& what);
  /// A part of a tensor, as it is now; nothing if no slices say it.
  std::optional<NetworkTensor> part_of_whole(const at::Tensor& part);
  /// What the written tensor was before, as a layer.
  std::optional<NetworkTensor> whole_before(const at::Tensor& base, const at::Tensor& part,
                                            const NetworkTensor& what);

  std::deque<at::Tensor> kept_;
  std::map<std::string, std::string> whole_places_;  // of all weights of a layer, by the first's
};

}  // namespace papilio
