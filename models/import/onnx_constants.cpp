#include "models/import/onnx_constants.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "models/graph/operations.hpp"
#include "models/import/layer_list.hpp"
#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Proto = onnx::TensorProto;

constexpr std::int64_t kMostCounted = std::int64_t{1} << 40;
/// Of one constant that is computed with, and of all together: sizes and channels are far fewer;
/// the masks of attention among shifted windows are not (Swin Transformer: 64 · 49²).
constexpr std::int64_t kMostComputed = 1 << 18;
constexpr std::int64_t kMostComputedInAll = 1 << 24;

bool is_whole(int type) {
  return type == Proto::INT64 || type == Proto::INT32 || type == Proto::BOOL;
}
bool is_real(int type) {
  return type == Proto::FLOAT || type == Proto::DOUBLE;
}

/// The numbers that a tensor stores as `Stored`, in its bytes or in a list.
template <class Number, class Stored, class List>
std::vector<Number> stored_numbers(const Proto& tensor, const List& list) {
  if (!tensor.has_raw_data()) return {list.begin(), list.end()};
  std::vector<Stored> stored(tensor.raw_data().size() / sizeof(Stored));
  if (!stored.empty()) {
    std::memcpy(stored.data(), tensor.raw_data().data(), stored.size() * sizeof(Stored));
  }
  if constexpr (std::is_same_v<Number, Stored>) {
    return stored;
  } else {
    return {stored.begin(), stored.end()};
  }
}

std::variant<Integers, Reals> stored_numbers(const Proto& tensor, std::int64_t count) {
  if (tensor.data_location() == Proto::EXTERNAL) throw Unsupported{"numbers in another file"};
  std::variant<Integers, Reals> result;
  switch (tensor.data_type()) {
    case Proto::INT64:
      result = stored_numbers<std::int64_t, std::int64_t>(tensor, tensor.int64_data());
      break;
    case Proto::INT32:
      result = stored_numbers<std::int64_t, std::int32_t>(tensor, tensor.int32_data());
      break;
    case Proto::INT16:
      result = stored_numbers<std::int64_t, std::int16_t>(tensor, tensor.int32_data());
      break;
    case Proto::UINT16:
      result = stored_numbers<std::int64_t, std::uint16_t>(tensor, tensor.int32_data());
      break;
    case Proto::UINT8:
      result = stored_numbers<std::int64_t, std::uint8_t>(tensor, tensor.int32_data());
      break;
    case Proto::INT8:
    case Proto::BOOL:
      result = stored_numbers<std::int64_t, std::int8_t>(tensor, tensor.int32_data());
      break;
    case Proto::FLOAT:
      result = stored_numbers<double, float>(tensor, tensor.float_data());
      break;
    case Proto::DOUBLE:
      result = stored_numbers<double, double>(tensor, tensor.double_data());
      break;
    default:
      throw Unsupported{fmt::format("numbers of the type {}", type_name(tensor.data_type()))};
  }
  const auto size = std::visit([](const auto& list) { return list.size(); }, result);
  if (static_cast<std::int64_t>(size) != count) {
    throw Unsupported{fmt::format("a constant of {} numbers, where its shape has {}", size, count)};
  }
  return result;
}

}  // namespace

std::string type_name(int type) {
  return Proto::DataType_IsValid(type) ? Proto::DataType_Name(static_cast<Proto::DataType>(type))
                                       : fmt::format("number {}", type);
}

std::int64_t count_of(const OnnxDims& dims) {
  std::int64_t count = 1;
  for (const std::int64_t size : dims) {
    if (size < 0) throw Unsupported{"a constant of a negative size"};
    if (__builtin_mul_overflow(count, size, &count) || count > kMostCounted) {
      throw Unsupported{"a constant that is larger than can be counted"};
    }
  }
  return count;
}

std::int64_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto dimensions = static_cast<std::int64_t>(rank);
  if (axis < -dimensions || axis >= dimensions) {
    throw Unsupported{fmt::format("an axis {} of {} dimensions", axis, dimensions)};
  }
  return axis < 0 ? axis + dimensions : axis;
}

OnnxDims broadcast(const OnnxDims& a, const OnnxDims& b) {
  const OnnxDims& longer = a.size() < b.size() ? b : a;
  const OnnxDims& shorter = a.size() < b.size() ? a : b;
  OnnxDims dims = longer;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = dims[dims.size() - 1 - i];
    const std::int64_t other = shorter[shorter.size() - 1 - i];
    if (size != other && size != 1 && other != 1) {
      throw Unsupported{fmt::format("tensors of the shapes {} and {}", a, b)};
    }
    size = size == 1 ? other : size;
  }
  return dims;
}

OnnxDims reshaped(const OnnxDims& dims, const Integers& wanted, bool allow_zero) {
  OnnxDims result = wanted;
  std::optional<std::size_t> rest;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] == 0 && !allow_zero) {
      if (i >= dims.size()) throw Unsupported{"a shape that keeps a size that is not there"};
      result[i] = dims[i];
    } else if (result[i] == -1 && !rest) {
      rest = i;
      result[i] = 1;
    }
  }
  const std::int64_t count = count_of(dims);
  const std::int64_t others = count_of(result);
  if (rest && others > 0) result[*rest] = count / others;
  if (count_of(result) != count) {
    throw Unsupported{fmt::format("a shape {} that does not fit", wanted)};
  }
  return result;
}

std::string why_no_floats(const OnnxConstant& constant) {
  const auto* const* stored = std::get_if<const Proto*>(&constant.data);
  if (stored != nullptr && (*stored)->data_location() == Proto::EXTERNAL) {
    return "its weights are in another file";
  }
  if (!is_real(constant.type)) {
    return fmt::format("its weights are of the type {}", type_name(constant.type));
  }
  return {};
}

std::string why_no_numbers(const OnnxConstant& constant) {
  if (!is_whole(constant.type)) return why_no_floats(constant);
  OnnxConstant real = constant;
  real.type = Proto::FLOAT;
  return why_no_floats(real);
}

namespace {

/// What the numbers of a constant, in the order in which they are stored, stand for.
void apply(const OnnxScales& scales, const OnnxConstant& constant, std::vector<float>& values) {
  OnnxDims dims = constant.dims;
  if (constant.transposed) std::swap(dims[0], dims[1]);
  const bool by_place = scales.scale.size() > 1;
  const auto axis = dims.begin() + (by_place ? scales.axis : 0);
  const auto behind = by_place ? static_cast<std::size_t>(count_of({axis + 1, dims.end()})) : 1;
  const Levels levels{.bits = scales.bits, .is_signed = scales.is_signed};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t at = by_place ? i / behind % scales.scale.size() : 0;
    const auto scale = static_cast<float>(scales.scale[at]);
    const auto zero = static_cast<float>(scales.zero[at]);
    const float whole = scales.of_reals ? std::clamp(std::nearbyint(values[i] / scale) + zero,
                                                     static_cast<float>(levels.least()),
                                                     static_cast<float>(levels.greatest()))
                                        : values[i];
    values[i] = (whole - zero) * scale;
  }
}

}  // namespace

std::vector<float> floats_of(const OnnxConstant& constant) {
  const std::int64_t count = constant.count();
  std::vector<float> values;
  if (const auto* fill = std::get_if<OnnxConstant::Fill>(&constant.data)) {
    return std::vector<float>(static_cast<std::size_t>(count), static_cast<float>(fill->value));
  }
  if (const auto* reals = std::get_if<Reals>(&constant.data)) {
    values.assign(reals->begin(), reals->end());
  } else if (const auto* integers = std::get_if<Integers>(&constant.data)) {
    values.assign(integers->begin(), integers->end());
  } else if (const auto* stored = std::get_if<const Proto*>(&constant.data)) {
    const Proto& tensor = **stored;
    if (tensor.data_type() == Proto::FLOAT) {
      values = stored_numbers<float, float>(tensor, tensor.float_data());
    } else {
      std::visit([&](const auto& list) { values.assign(list.begin(), list.end()); },
                 stored_numbers(tensor, count));
    }
  }
  if (static_cast<std::int64_t>(values.size()) != count) {
    throw Unsupported{fmt::format("a constant '{}' of {} numbers, where its shape has {}",
                                  constant.name, values.size(), count)};
  }
  if (constant.scales) apply(*constant.scales, constant, values);
  if (!constant.transposed) return values;
  const auto rows = static_cast<std::size_t>(constant.dims[0]);
  const auto columns = static_cast<std::size_t>(constant.dims[1]);
  std::vector<float> turned(values.size());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) turned[i * columns + j] = values[j * rows + i];
  }
  return turned;
}

Integers integers_of(const OnnxConstant& constant) {
  const std::int64_t count = constant.count();
  if (constant.transposed) throw Unsupported{"a constant of whole numbers that is transposed"};
  Integers values;
  if (const auto* fill = std::get_if<OnnxConstant::Fill>(&constant.data)) {
    values.assign(static_cast<std::size_t>(count), static_cast<std::int64_t>(fill->value));
  } else if (const auto* integers = std::get_if<Integers>(&constant.data)) {
    values = *integers;
  } else if (const auto* stored = std::get_if<const Proto*>(&constant.data)) {
    auto numbers = stored_numbers(**stored, count);
    if (auto* list = std::get_if<Integers>(&numbers)) values = std::move(*list);
  }
  if (static_cast<std::int64_t>(values.size()) != count) {
    throw Unsupported{fmt::format("a constant '{}' of {} whole numbers, where its shape has {}",
                                  constant.name, values.size(), count)};
  }
  return values;
}

OnnxConstants::OnnxConstants(const onnx::GraphProto& graph) {
  for (const Proto& tensor : graph.initializer()) {
    OnnxConstant constant{.name = tensor.name(),
                          .dims = {tensor.dims().begin(), tensor.dims().end()},
                          .type = tensor.data_type(),
                          .source = &tensor,
                          .label = tensor.name(),
                          .data = &tensor};
    const std::int64_t count = constant.count();  // can be counted
    // What the exporter folded is called "onnx::Add_7".
    if (is_real(constant.type) && !constant.name.starts_with("onnx::")) constant.trained = count;
    set(tensor.name(), std::move(constant));
  }
}

const OnnxConstant* OnnxConstants::find(const std::string& tensor) const {
  const auto it = constants_.find(tensor);
  return it == constants_.end() ? nullptr : &it->second;
}

void OnnxConstants::set(const std::string& tensor, OnnxConstant constant) {
  constants_.insert_or_assign(tensor, std::move(constant));
}

const OnnxConstant& OnnxConstants::input(const Node& node, int i) const {
  if (!has_input(node, i)) throw Unsupported{"too few inputs"};
  return constants_.at(node.input(i));
}

void OnnxConstants::spend(std::int64_t numbers) {
  if (numbers > kMostComputed) {
    throw Unsupported{fmt::format(
        "{} constant numbers, where at most {} are computed with (PyTorch does it before, with "
        "do_constant_folding=True)",
        numbers, kMostComputed)};
  }
  spent_ += numbers + 1;
  if (spent_ > kMostComputedInAll) {
    throw Unsupported{
        fmt::format("more than {} constant numbers to compute with in all", kMostComputedInAll)};
  }
}

OnnxConstants::Numbers OnnxConstants::numbers(const OnnxConstant& constant) {
  const std::int64_t count = constant.count();
  spend(count);
  if (constant.transposed) throw Unsupported{"a constant that is transposed"};
  Numbers result{constant.dims, constant.type, {}};
  if (constant.scales) {
    const std::vector<float> floats = floats_of(constant);
    result.values = Reals{floats.begin(), floats.end()};
    return result;
  }
  if (const auto* stored = std::get_if<const Proto*>(&constant.data)) {
    result.values = stored_numbers(**stored, count);
  } else if (const auto* fill = std::get_if<OnnxConstant::Fill>(&constant.data)) {
    const auto size = static_cast<std::size_t>(count);
    if (is_whole(constant.type)) {
      result.values = Integers(size, static_cast<std::int64_t>(fill->value));
    } else {
      result.values = Reals(size, fill->value);
    }
  } else if (const auto* integers = std::get_if<Integers>(&constant.data)) {
    result.values = *integers;
  } else {
    result.values = std::get<Reals>(constant.data);
  }
  return result;
}

Integers OnnxConstants::integers(const OnnxConstant& constant) {
  Numbers result = numbers(constant);
  if (auto* list = std::get_if<Integers>(&result.values)) return std::move(*list);
  throw Unsupported{"numbers that are not whole"};
}

Reals OnnxConstants::reals(const OnnxConstant& constant) {
  const Numbers result = numbers(constant);
  return std::visit(
      [](const auto& list) {
        return Reals{list.begin(), list.end()};
      },
      result.values);
}

void OnnxConstants::set(const Node& node, Numbers numbers) {
  OnnxConstant constant{.name = node.output(0),
                        .dims = std::move(numbers.dims),
                        .type = numbers.type,
                        .source = &node,
                        .label = node.output(0)};
  if (auto* integers = std::get_if<Integers>(&numbers.values)) {
    constant.data = std::move(*integers);
  } else {
    constant.data = std::get<Reals>(std::move(numbers.values));
  }
  set(node.output(0), std::move(constant));
}

void OnnxConstants::set_view(const Node& node, OnnxDims dims) {
  OnnxConstant constant = input(node, 0);
  if (constant.transposed) throw Unsupported{"a constant that is transposed"};
  if (constant.scales && constant.scales->scale.size() > 1) {
    throw Unsupported{"scales by channel of a constant in other dimensions"};
  }
  spend(constant.is_computed() ? constant.count() : 0);
  constant.dims = std::move(dims);
  set(node.output(0), std::move(constant));
}

}  // namespace papilio
