#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace papilio {

/// Sizes of a tensor's dimensions, the batch among them, each >= 0; empty for a scalar.
using OnnxDims = std::vector<std::int64_t>;

/// How many numbers a tensor of these sizes has.
/// @throws Unsupported if a size is negative, or there are more than 2⁴⁰
std::int64_t count_of(const OnnxDims& dims);

/// How the whole numbers of a quantised constant stand for reals: scale · (number − zero).
struct OnnxScales {
  std::vector<double> scale;       ///< one, or one for each place along the axis; > 0
  std::vector<std::int64_t> zero;  ///< as many
  std::int64_t axis{0};            ///< of the numbers as they are stored
  std::int64_t bits{8};            ///< of a whole number
  bool is_signed{false};
  bool of_reals{false};  ///< the file has reals, and the whole numbers are the nearest to them

  bool operator==(const OnnxScales&) const = default;
};

/// A tensor whose numbers do not depend on the network's input.
struct OnnxConstant {
  /// All numbers alike, as ConstantOfShape makes them.
  struct Fill {
    double value{0};
  };

  std::string name;             ///< of the tensor that first held the numbers: "conv1.weight"
  OnnxDims dims;                ///< which hold for the numbers once they are transposed
  int type{0};                  ///< an onnx::TensorProto::DataType
  const void* source{nullptr};  ///< what made it: two with one source are one tensor
  bool transposed{false};       ///< rows and columns change places before they are read
  /// As which it is read: exporters make one tensor of equal ones, and keep their names by
  /// Identity.
  std::string label;
  /// Trained numbers that it is made of; 0 where the exporter computed it, and nobody knows.
  std::int64_t trained{0};
  std::variant<const onnx::TensorProto*, Fill, std::vector<std::int64_t>, std::vector<double>> data;
  std::optional<OnnxScales> scales{};  ///< of one that is quantised

  [[nodiscard]] std::int64_t count() const { return count_of(dims); }
  [[nodiscard]] bool is_fill() const { return std::holds_alternative<Fill>(data); }
  /// Bits that each of its numbers takes where it is quantised; 0: they are reals.
  [[nodiscard]] std::int64_t weight_bits() const { return scales ? scales->bits : 0; }
  /// Whether it holds numbers of its own.
  [[nodiscard]] bool is_computed() const { return data.index() > 1; }
};

/// What ONNX calls a type of numbers.
std::string type_name(int type);

/// Why floats cannot be had of a constant: it has numbers of another type, or elsewhere; empty:
/// they can.
std::string why_no_floats(const OnnxConstant& constant);
/// Likewise of a constant that may have whole numbers too, and truth values.
std::string why_no_numbers(const OnnxConstant& constant);
/// The numbers of a constant that can have numbers, row by row.
/// @throws Unsupported if the file has not as many as its shape
std::vector<float> floats_of(const OnnxConstant& constant);
/// The numbers of a constant of whole numbers or truth values, row by row, to the last digit.
/// @throws Unsupported likewise, or if it is transposed or has reals
std::vector<std::int64_t> integers_of(const OnnxConstant& constant);

/// The constants of a file, and what operations make of them alone. Weights are held once, in the
/// file's own description, whatever is said of their shape; only small tensors are computed with,
/// such as the sizes that exporters work out before a Reshape.
class OnnxConstants {
 public:
  using Node = onnx::NodeProto;
  /// The sizes of a tensor of the network; nothing for one that is not known.
  using DimsOf = std::function<std::optional<OnnxDims>(const std::string& tensor)>;

  /// @param graph whose initializers are constants; must outlive this, as its nodes
  explicit OnnxConstants(const onnx::GraphProto& graph);

  /// Null for a tensor that is none.
  [[nodiscard]] const OnnxConstant* find(const std::string& tensor) const;
  void set(const std::string& tensor, OnnxConstant constant);

  /// Makes the node's output a constant, where its inputs are, or it asks for sizes.
  /// @return whether it did; not for operations that take no constants alone
  /// @throws Unsupported if the constants are too large to compute with, or do not fit
  bool fold(const Node& node, const DimsOf& dims_of);
  /// Whether `fold` knows an operation, be its inputs constants or not.
  static bool knows(const std::string& operation);

  /// The numbers of a small constant of whole numbers.
  [[nodiscard]] std::vector<std::int64_t> integers(const OnnxConstant& constant);
  /// The numbers of a small constant of any.
  [[nodiscard]] std::vector<double> reals(const OnnxConstant& constant);

  /// What a quantisation's scales and zero points are, from a node's second and third inputs.
  /// @param dims of the tensor
  /// @param type of its whole numbers, where there is no zero point to tell
  /// @throws Unsupported if they are none, or do not fit together
  [[nodiscard]] OnnxScales scales_of(const Node& node, const OnnxDims& dims, int type);

  /// How many numbers its ConstantOfShape would make.
  [[nodiscard]] std::int64_t filled() const { return filled_; }

 private:
  /// A small tensor with its numbers.
  struct Numbers {
    OnnxDims dims;
    int type{0};
    std::variant<std::vector<std::int64_t>, std::vector<double>> values;
  };
  using Fold = void (OnnxConstants::*)(const Node&);

  static const std::map<std::string, Fold>& folds();
  [[nodiscard]] const OnnxConstant& input(const Node& node, int i) const;
  Numbers numbers(const OnnxConstant& constant);
  void set(const Node& node, Numbers numbers);
  void set_view(const Node& node, OnnxDims dims);
  void spend(std::int64_t numbers);
  /// The entries of `list` along an axis.
  Numbers take(const Numbers& from, std::int64_t axis, const std::vector<std::int64_t>& list);
  /// The numbers in other dimensions, of which each has a stride in the old order.
  Numbers spread(const Numbers& from, const OnnxDims& dims,
                 const std::vector<std::int64_t>& strides);
  /// Those of size 1 along an axis repeated along it.
  Numbers repeated(const Numbers& from, const OnnxDims& dims);
  /// Says of what a node's output, which was made of constants, was made.
  void note_origin(const Node& node);

  void constant(const Node& node);
  void constant_of_shape(const Node& node);
  void gather(const Node& node);
  void slice(const Node& node);
  void concat(const Node& node);
  void cast(const Node& node);
  void reshape(const Node& node);
  void flatten(const Node& node);
  void squeeze(const Node& node);
  void unsqueeze(const Node& node);
  void transpose(const Node& node);
  void arithmetic(const Node& node);
  void function(const Node& node);
  void reduction(const Node& node);
  void tile(const Node& node);
  void where(const Node& node);
  void range(const Node& node);
  void expand(const Node& node);
  void power(const Node& node);
  void scatter(const Node& node);
  void triangle(const Node& node);
  void pass_on(const Node& node);
  void quantize(const Node& node);
  void dequantize(const Node& node);

  std::map<std::string, OnnxConstant> constants_;  // by the name of the tensor
  std::int64_t spent_{0};
  std::int64_t filled_{0};
};

/// The sizes that a Reshape to `wanted` makes: 0 keeps a size, -1 stands for what is left.
/// @throws Unsupported if they do not fit
OnnxDims reshaped(const OnnxDims& dims, const std::vector<std::int64_t>& wanted, bool allow_zero);

/// The sizes of tensors repeated to one shape: of 1 along an axis, along it.
/// @throws Unsupported if they do not fit
OnnxDims broadcast(const OnnxDims& a, const OnnxDims& b);

/// An axis of a tensor with so many dimensions, from 0: negative ones count from the end.
/// @throws Unsupported if there is none
std::int64_t axis_of(std::int64_t axis, std::size_t rank);

}  // namespace papilio
