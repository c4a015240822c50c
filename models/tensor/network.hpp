#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/tensor/packed.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// A network that computes: a `Graph` and its weights. Runs whole, or in two halves at any cut,
/// with bit-identical results. Names of weights are PyTorch's: "<layer>.weight", ".bias",
/// ".running_mean", ".weight_ih_l0", …; a ParameterOp's is the layer's own.
class Network {
 public:
  /// All weights are zero until `initialize` or `load`.
  explicit Network(Graph graph, c10::Device device = c10::kCPU);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] c10::Device device() const { return device_; }
  /// Of all weights, and so of what goes in and comes out; 32-bit floats but for `converted`.
  [[nodiscard]] c10::ScalarType type() const { return type_; }

  /// Draws every weight as torchvision's ResNet does: convolutions from Kaiming's normal
  /// distribution over the outputs, linear layers uniformly, batch norms at the identity.
  void initialize(std::uint64_t seed);
  /// Draws the weights of these layers from Xavier's uniform distribution (Glorot and Bengio 2010).
  void initialize_xavier(const std::set<std::string>& layers, std::uint64_t seed);

  /// Copies weights in, under the names that `with_graph_names` gives them. What the network has no
  /// place for is left over: modules that the graph says are unused, and others beside those of the
  /// network, such as a second head.
  /// @param source named by errors, e.g. the file
  /// @param except layers that keep what they have, whether `weights` has them or not
  /// @return names of the file's tensors that are left over
  /// @throws ConfigError naming the tensor where one is missing or has another shape; and where
  ///         what is left over tells that these are another network's weights: it belongs to a
  ///         layer that the network has, continues a numbered row of its modules, lies inside one
  ///         of them, or is more than what fits
  std::vector<std::string> load(const StateDict& weights, const std::string& source,
                                const std::set<std::string>& except = {});
  /// A copy of all weights and running statistics.
  [[nodiscard]] StateDict weights() const;

  /// Weights that training changes, in the layers' order, those that several layers share once.
  [[nodiscard]] std::vector<at::Tensor> parameters() const;
  /// In training, batch norms use the batch's statistics and gradients are recorded; else running
  /// ones, and none. Networks begin in inference.
  void set_training(bool training);

  /// Computes an opaque layer for one sample.
  /// @param operands `[1 × …]` each
  /// @return `[1 × …]`, of the layer's shape
  using Opaque =
      std::function<at::Tensor(const Layer& layer, const std::vector<at::Tensor>& operands)>;
  /// Says how opaque layers are computed. Without it, running one throws a ConfigError.
  void set_opaque(Opaque compute) { opaque_ = std::move(compute); }

  /// Runs the whole network.
  /// @param images `[n × channels × height × width]` of the graph's input
  /// @return `[n × …]`, of the last layer
  [[nodiscard]] at::Tensor forward(const at::Tensor& images) const;
  /// Runs the layers up to `cut.after`: what the mobile does.
  [[nodiscard]] at::Tensor prefix(const at::Tensor& images, const Cut& cut) const;
  /// Runs the layers behind `cut.after` on the tensor that crosses: what the cloud does.
  [[nodiscard]] at::Tensor suffix(const at::Tensor& features, const Cut& cut) const;
  /// Runs the layers `first + 1` to `last` on the output of layer `first`, beyond which nothing of
  /// what came before is read.
  /// @param watch called after each layer
  [[nodiscard]] at::Tensor run(const at::Tensor& input, LayerId first, LayerId last,
                               const std::function<void(LayerId)>& watch = {}) const;
  /// Tensors by the layers that they are the outputs of, each `[n × …]`.
  using Tensors = std::map<LayerId, at::Tensor>;
  /// Likewise of several tensors: the network's inputs, or what crosses a cut.
  [[nodiscard]] at::Tensor run(const Tensors& given, LayerId last,
                               const std::function<void(LayerId)>& watch = {}) const;

  /// One layer's output, of tensors that are given: only what lies between is computed.
  [[nodiscard]] at::Tensor output_of(LayerId layer, const Tensors& given) const;

  /// The same network for inference, with each batch norm folded into the convolution that it alone
  /// reads: fewer operations, results equal but for rounding. It cannot be trained or saved.
  [[nodiscard]] Network folded() const;

  /// The same network for inference on this processor, with weights, and what flows between
  /// convolutions, in the orders that oneDNN's kernels read: results equal but for rounding. Layers
  /// that convert an order take the time for it. The same network where LibTorch has no oneDNN, on
  /// another device, or if it has quantised tensors. It cannot be trained, saved or converted.
  [[nodiscard]] Network packed() const;

  /// The same network for inference in another number format, e.g. `at::kHalf`, which LibTorch
  /// computes with on GPUs. Fold before: folding needs the digits.
  [[nodiscard]] Network converted(c10::ScalarType type) const;

 private:
  struct LayerTensors {
    std::vector<at::Tensor> weights;  ///< as `weight_shapes` has them
    std::vector<std::string> names;   ///< of each, behind the layer's; empty for one of its name
    bool folded{false};               ///< a batch norm that its convolution has taken in

    /// One of them; none where the layer has fewer.
    [[nodiscard]] at::Tensor part(std::size_t i) const {
      return i < weights.size() ? weights[i] : at::Tensor{};
    }
  };

  /// @param samples in the batch
  [[nodiscard]] at::Tensor compute(LayerId id, const std::vector<at::Tensor>& inputs,
                                   std::int64_t samples, bool in_place) const;
  [[nodiscard]] at::Tensor compute_opaque(LayerId id, const std::vector<at::Tensor>& inputs,
                                          std::int64_t samples) const;
  /// Every stored tensor by its name; shared ones by that of the layer that has them.
  [[nodiscard]] std::map<std::string, at::Tensor> named() const;

  Graph graph_;
  c10::Device device_;
  c10::ScalarType type_{c10::ScalarType::Float};
  std::vector<LayerTensors> layers_;
  std::vector<PackedLayer> packed_;   ///< empty: not packed
  std::vector<LayerId> last_reader_;  ///< of each layer's output; the last layer's is itself
  bool training_{false};
  Opaque opaque_;
};

}  // namespace papilio
