#include "models/import/onnx_quantised.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using Proto = onnx::TensorProto;

constexpr std::int64_t kBitsOfBias = 32;

/// Bits of a type of whole numbers, and whether it is signed.
std::pair<std::int64_t, bool> format_of(int type) {
  constexpr std::int64_t kByte = 8;
  constexpr std::int64_t kShort = 16;
  switch (type) {
    case Proto::UINT8:
      return {kByte, false};
    case Proto::INT8:
      return {kByte, true};
    case Proto::UINT16:
      return {kShort, false};
    case Proto::INT16:
      return {kShort, true};
    case Proto::INT32:
      return {kBitsOfBias, true};
    default:
      throw Unsupported{fmt::format("quantised numbers of the type {}", type_name(type))};
  }
}

/// Operations that give whole numbers other places, and compute nothing of them.
bool moves_numbers(const std::string& operation) {
  static const std::set<std::string> kMoves{"MaxPool",   "GlobalMaxPool", "Reshape",     "Flatten",
                                            "Transpose", "Slice",         "Squeeze",     "Cast",
                                            "Concat",    "Unsqueeze",     "Identity",    "Split",
                                            "Expand",    "DepthToSpace",  "SpaceToDepth"};
  return kMoves.contains(operation);
}

}  // namespace

OnnxScales OnnxConstants::scales_of(const Node& node, const OnnxDims& dims, int type) {
  const auto known = [&](int i) -> const OnnxConstant& {
    const OnnxConstant* constant = has_input(node, i) ? find(node.input(i)) : nullptr;
    if (constant == nullptr) throw Unsupported{"a scale that is known in the run only"};
    return *constant;
  };
  OnnxScales scales{.scale = reals(known(1))};
  const bool has_zero = has_input(node, 2);
  if (has_zero) {
    scales.zero = integers(known(2));
    type = known(2).type;
  } else {
    scales.zero.assign(scales.scale.size(), 0);
  }
  std::tie(scales.bits, scales.is_signed) = format_of(type);
  if (scales.zero.size() != scales.scale.size()) {
    throw Unsupported{
        fmt::format("{} zero points for {} scales", scales.zero.size(), scales.scale.size())};
  }
  for (const double scale : scales.scale) {
    if (!std::isnormal(static_cast<float>(scale)) || scale < 0) {
      throw Unsupported{fmt::format("a scale of {}, where it must be above 0", scale)};
    }
  }
  const Levels levels{.bits = scales.bits, .is_signed = scales.is_signed};
  for (const std::int64_t zero : scales.zero) {
    if (zero < levels.least() || zero > levels.greatest()) {
      throw Unsupported{fmt::format("a zero point of {}, where it must be from {} to {}", zero,
                                    levels.least(), levels.greatest())};
    }
  }
  if (scales.scale.size() == 1) return scales;
  scales.axis = axis_of(number_of(node, "axis", 1), dims.size());
  const std::int64_t along = dims[static_cast<std::size_t>(scales.axis)];
  if (static_cast<std::int64_t>(scales.scale.size()) != along) {
    throw Unsupported{fmt::format("{} scales along an axis of {}", scales.scale.size(), along)};
  }
  return scales;
}

void OnnxConstants::quantize(const Node& node) {
  OnnxConstant constant = input(node, 0);
  if (constant.scales || !why_no_floats(constant).empty()) {
    throw Unsupported{"a constant that is not real"};
  }
  OnnxScales scales = scales_of(node, constant.dims, Proto::UINT8);
  if (scales.bits == kBitsOfBias) throw Unsupported{"quantised numbers of the type INT32"};
  spend(constant.is_computed() ? constant.count() : 0);
  if (constant.transposed) scales.axis = 1 - scales.axis;  // as they are stored
  scales.of_reals = true;
  constant.scales = std::move(scales);
  constant.type = Proto::INT8;
  set(node.output(0), std::move(constant));
}

void OnnxConstants::dequantize(const Node& node) {
  OnnxConstant constant = input(node, 0);
  OnnxScales scales = scales_of(node, constant.dims, constant.type);
  if (constant.transposed) scales.axis = 1 - scales.axis;
  if (constant.scales) {
    scales.of_reals = true;
    if (constant.type == Proto::FLOAT || *constant.scales != scales) {
      throw Unsupported{"a constant of another scale than it was quantised with"};
    }
  } else {
    if (format_of(constant.type).first != scales.bits) {
      throw Unsupported{"a zero point of another type than the numbers"};
    }
    spend(constant.is_computed() ? constant.count() : 0);
    constant.scales = std::move(scales);
    if (!constant.name.starts_with("onnx::")) constant.trained = constant.count();
  }
  constant.type = Proto::FLOAT;
  set(node.output(0), std::move(constant));
}

Levels OnnxQuantised::levels_in(const Node& node, const OnnxDims& dims, int type) {
  const OnnxScales scales = constants_.scales_of(node, dims, type);
  if (scales.scale.size() > 1) {
    throw Unsupported{"a scale for each channel of a tensor that the network computes"};
  }
  if (scales.bits == kBitsOfBias) throw Unsupported{"quantised numbers of the type INT32"};
  return {.scale = scales.scale.front(),
          .zero = scales.zero.front(),
          .bits = scales.bits,
          .is_signed = scales.is_signed};
}

void OnnxQuantised::quantize(const Node& node) {
  const Tensor from = real_operand(node);
  const Levels levels = levels_in(node, from.dims, Proto::UINT8);
  whole_.insert(node.output(0));
  if (from.layer != kNoLayer && layers_.levels(from.layer) == levels) {
    return make(node.output(0), from);
  }
  add_layer(node, QuantizeOp{levels}, from);
}

void OnnxQuantised::dequantize(const Node& node) {
  Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const std::optional<Levels>& levels = layers_.levels(from.layer);
  if (has_input(node, 1) && by_range_.contains(node.input(1))) {
    if (!levels || !levels->by_range) throw Unsupported{"another tensor's scale"};
    return make(node.output(0), from);
  }
  const Levels wanted = levels_in(node, from.dims, from.type);
  if (std::holds_alternative<InputOp>(layers_.op(from.layer))) {  // which is whole numbers itself
    from.type = Proto::FLOAT;
    return add_layer(
        node,
        ScaleOp{.factor = wanted.scale, .offset = -static_cast<double>(wanted.zero) * wanted.scale},
        from);
  }
  if (levels != wanted) throw Unsupported{"another scale than its input was quantised with"};
  make(node.output(0), from);
}

void OnnxQuantised::quantize_by_range(const Node& node) {
  add_layer(node, QuantizeOp{{.by_range = true}}, real_operand(node));
  whole_.insert(node.output(0));
  if (node.output_size() > 1) by_range_.emplace(node.output(1), node.output(0));
}

void OnnxQuantised::integer_product(const Node& node) {
  if (!has_input(node, 0) || !whole_.contains(node.input(0))) {
    throw Unsupported{"numbers that are not quantised by range"};
  }
  static_cast<void>(weight(node, 1, 2));
  products_[node.output(0)] = node;
}

void OnnxQuantised::multiply(const Node& node) {
  if (node.input_size() != 2) return OnnxProducts::multiply(node);
  for (const int i : {0, 1}) {
    const std::string& one = node.input(i);
    const std::string& other = node.input(1 - i);
    if (by_range_.contains(one) && find_constant(node, 1 - i) != nullptr) {
      scales_[node.output(0)] = {one, other};
      return;
    }
    if (products_.contains(one) && scales_.contains(other)) {
      const auto& [scale, of_weights] = scales_.at(other);
      return scale_product(node, products_.at(one), scale, of_weights);
    }
  }
  OnnxProducts::multiply(node);
}

void OnnxQuantised::scale_product(const Node& node, const Node& product, const std::string& scale,
                                  const std::string& scale_of_weights) {
  constexpr int kZero = 2;
  constexpr int kZeroOfWeights = 3;
  // As of a kernel with all its scales.
  Node whole;
  whole.set_op_type("MatMulInteger");
  whole.set_name(product.name());
  const auto zero = [&](int i) { return i < product.input_size() ? product.input(i) : ""; };
  for (const std::string& input : {product.input(0), scale, zero(kZero), product.input(1),
                                   scale_of_weights, zero(kZeroOfWeights)}) {
    whole.add_input(input);
  }
  whole.add_output(node.output(0));
  Node reals = with_reals(whole);
  reals.set_output(0, node.output(0));
  matrix_product(reals);
}

void OnnxQuantised::cast(const Node& node) {
  if (has_input(node, 0) && products_.contains(node.input(0))) {
    if (number_of(node, "to", 0) != Proto::FLOAT) throw Unsupported{"a number format of its own"};
    products_[node.output(0)] = products_.at(node.input(0));
    return;
  }
  if (!has_input(node, 0) || !whole_.contains(node.input(0))) return OnnxProducts::cast(node);
  const Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const std::optional<Levels>& levels = layers_.levels(from.layer);
  const auto to = format_of(static_cast<int>(number_of(node, "to", 0)));
  if (!levels || to != std::pair{levels->bits, levels->is_signed}) {
    throw Unsupported{"a number format of its own"};
  }
  make(node.output(0), from);
}

void OnnxQuantised::require_no_whole_numbers(const Node& node) {
  const bool reads = std::any_of(node.input().begin(), node.input().end(), [&](const auto& name) {
    return !name.empty() && whole_.contains(name);
  });
  if (!reads || node.op_type() == "DequantizeLinear" || node.op_type().starts_with("QLinear") ||
      node.op_type() == "MatMulInteger") {
    return;
  }
  if (!moves_numbers(node.op_type())) throw Unsupported{"quantised numbers"};
  whole_.insert(node.output().begin(), node.output().end());
}

std::string OnnxQuantised::reals_of(const Node& node, int input, std::int64_t axis) {
  Node inner;
  inner.set_op_type("DequantizeLinear");
  for (int i = 0; i < 3; ++i) {
    inner.add_input(input + i < node.input_size() ? node.input(input + i) : "");
  }
  inner.add_output(fmt::format("{}, input {} as reals", node.output(0), input));
  onnx::AttributeProto& along = *inner.add_attribute();
  along.set_name("axis");
  along.set_i(axis);
  if (find_constant(inner, 0) != nullptr) {
    constants_.fold(inner, [&](const auto& name) { return dims_of(name); });
  } else {
    dequantize(inner);
  }
  return inner.output(0);
}

std::string OnnxQuantised::bias_of(const Node& node) {
  constexpr int kScaleOfInput = 1;
  constexpr int kScaleOfWeights = 4;
  constexpr int kBias = 8;
  // A bias has the scale of the products.
  const double by = scalar(node, kScaleOfInput, 1);
  std::vector<double> scales =
      constants_.reals(constant(node, kScaleOfWeights, "a scale that is known in the run only"));
  for (double& scale : scales) scale = static_cast<double>(static_cast<float>(scale * by));
  OnnxConstant of_products{.name = fmt::format("{}, scale of the bias", node.output(0)),
                           .dims = {static_cast<std::int64_t>(scales.size())},
                           .type = Proto::FLOAT};
  of_products.data = std::move(scales);
  Node inner;
  inner.set_op_type("DequantizeLinear");
  inner.add_input(node.input(kBias));
  inner.add_input(of_products.name);
  inner.add_output(fmt::format("{}, bias as reals", node.output(0)));
  onnx::AttributeProto& along = *inner.add_attribute();
  along.set_name("axis");
  along.set_i(0);
  const std::string name = of_products.name;
  constants_.set(name, std::move(of_products));
  if (find_constant(inner, 0) == nullptr) throw Unsupported{"a bias that is known in the run only"};
  constants_.fold(inner, [&](const auto& tensor) { return dims_of(tensor); });
  return inner.output(0);
}

onnx::NodeProto OnnxQuantised::with_reals(const Node& node) {
  constexpr int kSecond = 3;
  constexpr int kBias = 8;
  const bool conv = node.op_type() == "QLinearConv";
  Node inner;
  inner.set_op_type(conv ? "Conv" : "MatMul");
  inner.set_name(node.name());
  *inner.mutable_attribute() = node.attribute();
  inner.add_input(reals_of(node, 0, 1));
  inner.add_input(reals_of(node, kSecond, conv ? 0 : 1));
  if (conv && has_input(node, kBias)) inner.add_input(bias_of(node));
  inner.add_output(node.output(0) + " as reals");
  return inner;
}

onnx::NodeProto OnnxQuantised::with_levels(const Node& node) {
  constexpr int kScale = 6;
  Node inner;
  inner.set_op_type("QuantizeLinear");
  inner.set_name(node.name());
  inner.add_input(node.output(0) + " as reals");
  for (int i = kScale; i < kScale + 2; ++i) {
    inner.add_input(i < node.input_size() ? node.input(i) : "");
  }
  inner.add_output(node.output(0));
  return inner;
}

}  // namespace papilio
