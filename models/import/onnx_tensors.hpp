#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/onnx.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/import/onnx_inputs.hpp"
#include "models/import/onnx_part.hpp"
#include "models/import/onnx_parts.hpp"

namespace papilio {

/// What a node reads hangs on an operation that is unknown, and was listed.
class FollowsUnknown {};

/// Where there is no layer, since an operation was unknown.
inline constexpr LayerId kNoLayer = static_cast<LayerId>(-1);

inline constexpr std::size_t kPictureRank = 4;  ///< the batch, channels, height, width
inline constexpr std::size_t kFlatRank = 2;     ///< the batch, numbers

/// A tensor of the network: a layer's numbers, row by row.
///
/// A layer computes one sample, and ONNX counts the batch among the dimensions: of these, any one
/// of size 1 may be taken for it. The layer's own axes may be others with as many numbers; who
/// needs them as they are here asks for them (`OnnxTensors::layer_as`), so that dimensions that
/// come and go between two nodes make no layer.
struct OnnxTensor {
  LayerId layer{kNoLayer};
  OnnxDims dims{};   ///< in ONNX, without the border
  Padding border{};  ///< zeros around what the layer made, which the next one takes in
  int type{onnx::TensorProto::FLOAT};

  [[nodiscard]] std::size_t rank() const { return dims.size(); }
};

/// A tensor of the network, or a constant in the place of one.
struct OnnxOperand {
  OnnxTensor tensor;
  const OnnxConstant* constant{nullptr};
  OnnxDims dims;

  [[nodiscard]] std::size_t rank() const { return dims.size(); }
};

/// Layers with axes that fit each other.
struct OnnxAligned {
  std::vector<LayerId> layers;
  std::vector<OnnxDims> dims;        ///< of each, as many, with ones before
  std::optional<std::size_t> batch;  ///< the dimension that the layers do not have
};

/// The tensors of a graph as its nodes are gone through: constants, and what layers make, with
/// their weights.
class OnnxTensors {
 public:
  using Node = onnx::NodeProto;
  using Tensor = OnnxTensor;
  using Numbers = std::vector<std::int64_t>;

  /// @param graph with one output; must outlive this
  /// @param inputs of the network, one or more
  OnnxTensors(const onnx::GraphProto& graph, const std::vector<OnnxInput>& inputs);

  /// The network of the graph's output, with the weights.
  OnnxNetwork network(const std::string& name, const OpaqueRequest& opaque);
  /// What is known of its nodes without running them.
  [[nodiscard]] OnnxFolded folded() const;

 protected:
  // What is known of a tensor. All throw FollowsUnknown where it hangs on an unknown operation.

  /// Notes that a node was come to, and reads its inputs no more.
  void begin(const Node& node);
  void make(const std::string& name, const Tensor& tensor);
  /// Says of a node's outputs that they hang on an unknown operation; what it reads stays as it is.
  void lose(const Node& node);
  /// Likewise of numbers, which no layer makes.
  void lose_numbers(const Node& node);
  /// A tensor, with layers of the border that it may have.
  /// @throws Unsupported with `otherwise` if there is none
  [[nodiscard]] Tensor settled(const std::string& name, const char* otherwise);
  /// An operand; without a layer, and so without a shape, where that hangs on what is unknown.
  [[nodiscard]] Tensor operand(const Node& node, int input = 0);
  /// Likewise, or a constant.
  [[nodiscard]] OnnxOperand any_operand(const Node& node, int input);
  /// The first operand, with the border that it may have.
  [[nodiscard]] Tensor bordered(const Node& node);
  /// Of a tensor that has a layer.
  [[nodiscard]] TensorShape shape(const Tensor& tensor) const;
  [[nodiscard]] std::optional<OnnxDims> dims_of(const std::string& name) const;
  /// Whether a node computes with numbers alone, some of which hang on an unknown operation.
  [[nodiscard]] bool hangs_on_unknown_numbers(const Node& node) const;

  [[nodiscard]] const OnnxConstant* find_constant(const Node& node, int input) const;
  [[nodiscard]] const OnnxConstant& constant(const Node& node, int input,
                                             const char* otherwise) const;
  [[nodiscard]] const OnnxConstant& weight(const Node& node, int input) const;
  [[nodiscard]] const OnnxConstant& weight(const Node& node, int input,
                                           std::size_t dimensions) const;
  [[nodiscard]] Numbers integers(const Node& node, int input);
  [[nodiscard]] double scalar(const Node& node, int input, double otherwise);
  /// Axes: an attribute, and an input in later versions.
  [[nodiscard]] Numbers axes(const Node& node, int input);

  /// Where the file states a batch of several, which is read as one sample.
  /// @throws Unsupported if the node does not compute each sample by itself, or nobody knows
  void require_samples_apart(const Node& node);
  /// Notes that the file states these numbers.
  void note_stated(const std::string& name) { stated_.insert(name); }

  // The axes of one sample.

  /// A layer with a tensor's numbers along these axes.
  /// @throws Unsupported if they are too many
  [[nodiscard]] LayerId layer_as(const Tensor& from, const OnnxDims& sample);
  /// A layer with all of a tensor's dimensions as axes, but for one of size 1, the batch.
  /// @param kept dimensions that must be axes
  [[nodiscard]] OnnxAligned sample_of(const Tensor& from, const std::set<std::size_t>& kept);
  /// Likewise of several, with one batch; their dimensions are counted from the last. Constants
  /// become layers.
  [[nodiscard]] OnnxAligned align(const std::vector<OnnxOperand>& operands,
                                  const std::set<std::size_t>& kept);
  /// A layer of a tensor whose first dimension is the batch, and whose second are the channels.
  /// @throws Unsupported if there are several in the batch
  [[nodiscard]] LayerId channels_first(const Tensor& from);
  /// Whether a layer has the channels that `channels_first` looks for, as it is.
  [[nodiscard]] bool has_channels_first(const Tensor& from) const;

  // What a node makes.

  /// Appends a layer without weights.
  LayerId push(const LayerOp& op, std::vector<LayerId> inputs);
  /// A layer of a constant; readers of one share its numbers.
  [[nodiscard]] LayerId parameter(const OnnxConstant& constant, const OnnxDims& sample);
  /// Layers that something was made of.
  [[nodiscard]] const std::vector<LayerId>& inputs_of(LayerId id) const { return inputs_[id]; }

  /// Element by element: the tensor keeps the dimensions of the operand.
  void add_layer(const Node& node, const LayerOp& op, const Tensor& from);
  /// The same numbers in other dimensions.
  void view(const Node& node, const Tensor& from, const OnnxDims& wanted);
  /// A layer with what is left of an aligned one's dimensions.
  [[nodiscard]] static OnnxDims sample_dims(const OnnxDims& dims, std::optional<std::size_t> batch);
  [[nodiscard]] Tensor with_batch(LayerId layer, std::optional<std::size_t> batch,
                                  int type = onnx::TensorProto::FLOAT) const;
  /// A layer with weights.
  /// @param names of the weights, which are the inputs from the second on
  LayerId add_weighted(const Node& node, const LayerOp& op, LayerId from,
                       const std::vector<std::string>& names, bool transposed = false);
  /// What the output of such a layer is called, `module` and its weights apart.
  [[nodiscard]] static std::string module_of(const Node& node, const std::string& weight);
  /// Likewise one whose weights were worked out.
  LayerId add_computed(const LayerOp& op, LayerId from, const std::string& module,
                       const std::string& identity);
  /// A norm with scales and shifts that are those of its kind.
  LayerId add_norm(const LayerOp& op, LayerId from, const std::string& module,
                   const OnnxConstant& scale, const OnnxConstant& shift);
  /// Keeps the numbers of a weight; nothing where the file has them in another format, or
  /// elsewhere, or makes too many of too few.
  void keep_weight(LayerId id, const std::string& part, const OnnxConstant& constant,
                   bool transposed = false);
  /// Keeps a part of a layer's weights, if it is to have weights of its own.
  /// @param values  are asked for only if they are kept
  /// @param why_not to keep it; empty: nothing
  void keep_part(LayerId id, const std::string& part, const OnnxDims& dims,
                 const std::string& why_not, const std::function<std::vector<float>()>& values);
  /// The numbers of a constant that a layer can take in: one, or one for each channel; nothing for
  /// others.
  /// @param offsets whether they are added
  [[nodiscard]] std::optional<std::vector<double>> by_channel(const Node& node,
                                                              const Tensor& tensor,
                                                              const OnnxConstant& constant,
                                                              bool offsets);
  /// factor · x + offset. Numbers for each channel go into the layer before where it has such
  /// (batch norms have both, convolutions and linear layers a bias) and nothing else reads it; else
  /// they are a batch norm of their own.
  void add_affine(const Node& node, const Tensor& from, const std::vector<double>& factors,
                  const std::vector<double>& offsets);
  /// The bias that the only reader of a product adds to its last dimension, or null.
  [[nodiscard]] const OnnxConstant* bias_behind(const Node& node, std::int64_t features);
  /// Whether what a node adds was taken in by the layer before.
  [[nodiscard]] bool is_taken_in(const Node& node) const { return taken_in_.contains(&node); }
  /// Whether a later node reads another output of a node.
  [[nodiscard]] bool is_read(const Node& node, int output) const;
  /// Whether a later node reads what a layer made.
  [[nodiscard]] bool is_read_elsewhere(LayerId id) const;

  OnnxConstants constants_;
  LayerList layers_;
  std::int64_t batch_{1};                  // that the file states, and is taken as 1
  std::set<std::string> unknown_numbers_;  // that hang on an unknown operation

 private:
  using Parts = std::map<std::string, StoredTensor>;

  [[nodiscard]] OnnxFate fate_of(const std::string& tensor) const;
  void keep_operands(const Node& node);
  /// The layer of all that no other layer can be, if there may be one.
  [[nodiscard]] std::optional<LayerId> opaque_layer(const OpaqueRequest& request);
  [[nodiscard]] std::optional<TensorShape> opaque_shape(const OpaqueRequest& request) const;
  [[nodiscard]] std::int64_t parameters_of(const OnnxPart& part) const;
  /// Whether a layer has weights, and computes with them.
  [[nodiscard]] bool is_weighted(LayerId id) const;
  /// A tensor of the file that has a layer's numbers, or none.
  [[nodiscard]] std::string tensor_of(LayerId id) const;
  /// What the layers with weights make behind which no other is, if there is an opaque layer.
  [[nodiscard]] std::vector<std::pair<std::string, LayerId>> last_weighted() const;
  /// What the first layer with weights reads, if it is a picture that a layer makes.
  [[nodiscard]] std::optional<std::pair<std::string, LayerId>> before_weighted() const;
  void note_products(const OnnxPart::Products& products);

  [[nodiscard]] bool is_apart(const Node& node);
  bool may_keep(std::int64_t numbers, const std::string& why_not);
  [[nodiscard]] std::string identity_of(const Node& node, int weights);
  [[nodiscard]] bool absorbs(LayerId id, bool only_offsets) const;
  [[nodiscard]] std::size_t outputs_of(LayerId id) const;
  bool absorb(const Tensor& from, const std::vector<double>& factors,
              const std::vector<double>& offsets);
  LayerId push_with(const LayerOp& op, std::vector<LayerId> inputs, const std::string& module,
                    const std::string& identity);

  const onnx::GraphProto& graph_;
  bool is_of_stated_size_{true};                          // whether its inputs are as it states
  std::map<std::string, Tensor> made_;                    // by its name
  std::map<LayerId, std::vector<std::string>> names_of_;  // of tensors
  std::map<std::string, int> reads_left_;                 // of a tensor, by what comes
  std::map<std::string, const Node*> reader_;             // the last
  std::set<const Node*> taken_in_;
  std::set<std::string> stated_;                           // constants that are not computed
  std::map<LayerId, Parts> weights_;                       // by "weight", "bias", …
  std::map<const void*, std::string> identities_;          // of layers, by what made their weight
  std::map<std::pair<LayerId, OnnxDims>, LayerId> views_;  // of layers, along other axes
  std::map<std::string, OnnxDims> parameters_;             // by their identity, as first made
  std::vector<std::vector<LayerId>> inputs_;               // of the layers
  std::int64_t below_{0};                                  // of the first input
  std::set<LayerId> as_they_are_;                          // layers that something unknown reads
  std::vector<std::pair<std::string, LayerId>> operands_;  // of the opaque layer, by their names
  std::vector<std::string> notes_;
  std::string why_not_run_;
  std::string why_not_asked_;  // OpenCV's dnn, though there are weights
  std::int64_t kept_{0};       // numbers in weights_
  std::int64_t most_kept_;
};

}  // namespace papilio
