#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/onnx.hpp"
#include "models/import/onnx_constants.hpp"

namespace papilio {

/// What a node reads hangs on an operation that is unknown, and was listed.
class FollowsUnknown {};

/// Where there is no layer, since an operation was unknown.
inline constexpr LayerId kNoLayer = static_cast<LayerId>(-1);

inline constexpr std::size_t kPictureRank = 4;  ///< the batch, channels, height, width
inline constexpr std::size_t kFlatRank = 2;     ///< the batch, numbers

/// A tensor of the network.
struct OnnxTensor {
  LayerId layer{kNoLayer};
  std::size_t rank{kPictureRank};
  Padding border;  ///< zeros around what the layer made, which the next one takes in
};

/// The tensors of a graph as its nodes are gone through: constants, and what layers make, with
/// their weights.
class OnnxTensors {
 public:
  using Node = onnx::NodeProto;
  using Tensor = OnnxTensor;
  using Numbers = std::vector<std::int64_t>;

  /// @param graph with one output; must outlive this
  /// @param input of the network; none: what the graph states
  /// @throws Unsupported if there is no size
  OnnxTensors(const onnx::GraphProto& graph, const std::optional<TensorShape>& input);

  /// The network that `output` is of, with the weights.
  OnnxNetwork network(const std::string& output, const std::string& name);

 protected:
  // What is known of a tensor. All throw FollowsUnknown where it hangs on an unknown operation.

  /// Notes that a node was come to, and reads its inputs no more.
  void begin(const Node& node);
  void make(const std::string& name, const Tensor& tensor);
  /// @throws Unsupported with `otherwise` if there is none
  [[nodiscard]] const Tensor& tensor(const std::string& name, const char* otherwise) const;
  /// An operand; without a layer, and so without a shape, where that hangs on what is unknown.
  [[nodiscard]] Tensor operand(const Node& node, int input = 0) const;
  /// The first operand, which has channels, height and width.
  [[nodiscard]] Tensor picture(const Node& node) const;
  /// Likewise, with a border that it may have.
  [[nodiscard]] Tensor bordered_picture(const Node& node) const;
  /// The first operand, which is flat.
  [[nodiscard]] Tensor flat(const Node& node) const;
  [[nodiscard]] TensorShape shape(const Tensor& tensor) const;
  /// Of one picture, as ONNX counts its dimensions.
  [[nodiscard]] OnnxDims dims(const Tensor& from) const;
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

  // What a node makes.

  /// The tensor keeps the rank of the first operand.
  void add_layer(const Node& node, const LayerOp& op, const std::vector<Tensor>& inputs);
  void add_layer(const Node& node, const LayerOp& op, const std::vector<Tensor>& inputs,
                 std::size_t rank);
  void pass_on(const Node& node, const Tensor& from, std::size_t rank);
  /// @param names of the weights, which are the inputs from the second on
  void add_weighted(const Node& node, const LayerOp& op, const Tensor& from,
                    const std::vector<std::string>& names, bool transposed = false);
  /// The numbers of a constant, one for each channel of a tensor or one for all.
  [[nodiscard]] std::vector<double> by_channel(const Node& node, const Tensor& tensor,
                                               const OnnxConstant& constant);
  /// factor · x + offset. Numbers for each channel go into the layer before where it has such
  /// (batch norms have both, convolutions and linear layers a bias) and nothing else reads it; else
  /// they are a batch norm of their own.
  void add_affine(const Node& node, const Tensor& from, const std::vector<double>& factors,
                  const std::vector<double>& offsets);

  OnnxConstants constants_;
  LayerList layers_;
  std::set<std::string> unknown_numbers_;  // that hang on an unknown operation

 private:
  using Parts = std::map<std::string, StoredTensor>;

  /// Keeps the numbers of a weight; nothing where the file has them in another format, or
  /// elsewhere, or makes too many of too few.
  void keep_weight(LayerId id, const std::string& part, const OnnxConstant& constant,
                   bool transposed = false);
  bool may_keep(std::int64_t numbers, const std::string& why_not);
  [[nodiscard]] std::string identity_of(const Node& node, int weights);
  bool absorb(const Tensor& from, const std::vector<double>& factors,
              const std::vector<double>& offsets);
  [[nodiscard]] bool is_read_elsewhere(LayerId id) const;

  std::map<std::string, Tensor> made_;                    // by its name
  std::map<LayerId, std::vector<std::string>> names_of_;  // of tensors
  std::map<std::string, int> reads_left_;                 // of a tensor, by what comes
  std::map<LayerId, Parts> weights_;                      // by "weight", "bias", …
  std::map<const void*, std::string> identities_;         // of layers, by what made their weight
  std::string why_not_run_;
  std::int64_t kept_{0};  // numbers in weights_
  std::int64_t most_kept_;
};

}  // namespace papilio
