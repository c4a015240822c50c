#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Proto = onnx::TensorProto;

/// What lies before, along and behind an axis.
struct Around {
  std::int64_t outer;
  std::int64_t along;
  std::int64_t inner;
};
Around around(const OnnxDims& dims, std::int64_t axis) {
  const auto at = dims.begin() + axis;
  return {count_of({dims.begin(), at}), *at, count_of({at + 1, dims.end()})};
}

std::int64_t apply(const std::string& operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  if (operation == "Div" && b == 0) throw Unsupported{"a division by 0"};
  if (operation == "Add") {
    overflows = __builtin_add_overflow(a, b, &result);
  } else if (operation == "Sub") {
    overflows = __builtin_sub_overflow(a, b, &result);
  } else if (operation == "Mul") {
    overflows = __builtin_mul_overflow(a, b, &result);
  } else if (b == -1) {  // the one quotient that can overflow
    overflows = __builtin_sub_overflow(0, a, &result);
  } else {
    result = a / b;
  }
  if (overflows) throw Unsupported{"numbers beyond 64 bits"};
  return result;
}
double apply(const std::string& operation, double a, double b) {
  if (operation == "Add") return a + b;
  if (operation == "Sub") return a - b;
  return operation == "Mul" ? a * b : a / b;
}

/// Axes of a Squeeze or Unsqueeze: an attribute, since version 13 an input.
std::optional<Integers> axes_of(const onnx::NodeProto& node, OnnxConstants& constants) {
  if (has_input(node, 1)) {
    const OnnxConstant* axes = constants.find(node.input(1));
    if (axes == nullptr) throw Unsupported{"axes that are known in the run only"};
    return constants.integers(*axes);
  }
  if (find_attribute(node, "axes") == nullptr) return std::nullopt;
  return numbers_of(node, "axes", {});
}

}  // namespace

const std::map<std::string, OnnxConstants::Fold>& OnnxConstants::folds() {
  static const std::map<std::string, Fold> kFolds{
      {"Constant", &OnnxConstants::constant},
      {"ConstantOfShape", &OnnxConstants::constant_of_shape},
      {"Gather", &OnnxConstants::gather},
      {"Slice", &OnnxConstants::slice},
      {"Concat", &OnnxConstants::concat},
      {"Cast", &OnnxConstants::cast},
      {"Reshape", &OnnxConstants::reshape},
      {"Squeeze", &OnnxConstants::squeeze},
      {"Unsqueeze", &OnnxConstants::unsqueeze},
      {"Transpose", &OnnxConstants::transpose},
      {"Add", &OnnxConstants::arithmetic},
      {"Sub", &OnnxConstants::arithmetic},
      {"Mul", &OnnxConstants::arithmetic},
      {"Div", &OnnxConstants::arithmetic},
      {"Identity", &OnnxConstants::pass_on}};
  return kFolds;
}

bool OnnxConstants::knows(const std::string& operation) {
  return operation == "Shape" || operation == "Size" || folds().contains(operation);
}

bool OnnxConstants::fold(const Node& node, const DimsOf& dims_of) {
  const std::string& operation = node.op_type();
  if (operation == "Shape" || operation == "Size") {
    if (!has_input(node, 0)) throw Unsupported{"no input"};
    const OnnxConstant* constant = find(node.input(0));
    const std::optional<OnnxDims> dims =
        constant != nullptr ? std::optional{constant->dims} : dims_of(node.input(0));
    if (!dims) return false;
    if (operation == "Size") {
      set(node, {{}, Proto::INT64, Integers{count_of(*dims)}});
      return true;
    }
    const auto rank = static_cast<std::int64_t>(dims->size());
    const auto bound = [&](const char* name, std::int64_t otherwise) {  // since version 15
      const std::int64_t at = number_of(node, name, otherwise);
      return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
    };
    const std::int64_t begin = bound("start", 0);
    const std::int64_t end = std::max(begin, bound("end", rank));
    set(node, {{end - begin}, Proto::INT64, Integers{dims->begin() + begin, dims->begin() + end}});
    return true;
  }
  const auto known = folds().find(operation);
  if (known == folds().end()) return false;
  for (const std::string& name : node.input()) {
    if (!name.empty() && find(name) == nullptr) return false;
  }
  if (operation != "Constant" && !has_input(node, 0)) throw Unsupported{"no input"};
  (this->*known->second)(node);
  return true;
}

void OnnxConstants::constant(const Node& node) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    const std::string& name = attribute.name();
    if (name == "value") {
      const Proto& tensor = attribute.t();
      OnnxConstant constant{.name = tensor.name().empty() ? node.output(0) : tensor.name(),
                            .dims = {tensor.dims().begin(), tensor.dims().end()},
                            .type = tensor.data_type(),
                            .source = &tensor,
                            .data = &tensor};
      static_cast<void>(constant.count());  // can be counted
      set(node.output(0), std::move(constant));
      return;
    }
    const auto reals = [&] { return Reals{attribute.floats().begin(), attribute.floats().end()}; };
    if (name == "value_int") {
      return set(node, {{}, Proto::INT64, Integers{attribute.i()}});
    }
    if (name == "value_ints") {
      spend(attribute.ints_size());
      return set(node, {{attribute.ints_size()},
                        Proto::INT64,
                        Integers{attribute.ints().begin(), attribute.ints().end()}});
    }
    if (name == "value_float") {
      return set(node, {{}, Proto::FLOAT, Reals{static_cast<double>(attribute.f())}});
    }
    if (name == "value_floats") {
      spend(attribute.floats_size());
      return set(node, {{attribute.floats_size()}, Proto::FLOAT, reals()});
    }
  }
  throw Unsupported{"no number"};
}

void OnnxConstants::constant_of_shape(const Node& node) {
  OnnxConstant constant{.name = node.output(0),
                        .dims = integers(input(node, 0)),
                        .type = Proto::FLOAT,
                        .source = &node,
                        .data = OnnxConstant::Fill{}};
  if (const onnx::AttributeProto* value = find_attribute(node, "value")) {
    constant.type = value->t().data_type();
    const OnnxConstant one{.dims = {1}, .type = constant.type, .data = &value->t()};
    constant.data = OnnxConstant::Fill{reals(one).front()};
  }
  filled_ += constant.count();
  static_cast<void>(count_of({filled_}));  // is within bounds
  set(node.output(0), std::move(constant));
}

OnnxConstants::Numbers OnnxConstants::take(const Numbers& from, std::int64_t axis,
                                           const Integers& list) {
  const Around sizes = around(from.dims, axis);
  Numbers result{from.dims, from.type, {}};
  result.dims[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(list.size());
  spend(count_of(result.dims));
  result.values = std::visit(
      [&](const auto& values) -> decltype(result.values) {
        std::decay_t<decltype(values)> taken;
        for (std::int64_t outer = 0; outer < sizes.outer; ++outer) {
          for (const std::int64_t at : list) {
            const auto begin = values.begin() + (outer * sizes.along + at) * sizes.inner;
            taken.insert(taken.end(), begin, begin + sizes.inner);
          }
        }
        return taken;
      },
      from.values);
  return result;
}

void OnnxConstants::gather(const Node& node) {
  const Numbers from = numbers(input(node, 0));
  const OnnxConstant& which = input(node, 1);
  const std::int64_t axis = axis_of(number_of(node, "axis", 0), from.dims.size());
  const std::int64_t along = from.dims[static_cast<std::size_t>(axis)];
  Integers list = integers(which);
  for (std::int64_t& at : list) {
    if (at < 0) at += along;
    if (at < 0 || at >= along) throw Unsupported{"an index beyond its tensor"};
  }
  Numbers result = take(from, axis, list);
  const auto place = result.dims.begin() + axis;
  result.dims.insert(result.dims.erase(place), which.dims.begin(), which.dims.end());
  set(node, std::move(result));
}

void OnnxConstants::slice(const Node& node) {
  const bool inputs = has_input(node, 1);  // since version 10
  const Integers starts = inputs ? integers(input(node, 1)) : numbers_of(node, "starts", {});
  const Integers ends = inputs ? integers(input(node, 2)) : numbers_of(node, "ends", {});
  Integers axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  Integers steps(starts.size(), 1);
  if (inputs && has_input(node, 3)) axes = integers(input(node, 3));
  if (!inputs) axes = numbers_of(node, "axes", axes);
  if (inputs && has_input(node, 4)) steps = integers(input(node, 4));
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    throw Unsupported{"bounds that do not fit together"};
  }
  Numbers result = numbers(input(node, 0));
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::int64_t axis = axis_of(axes[i], result.dims.size());
    const std::int64_t along = result.dims[static_cast<std::size_t>(axis)];
    const std::int64_t step = steps[i];
    if (step == 0) throw Unsupported{"a step of 0"};
    // Bounds may lie far outside; backwards, the last is before the first entry.
    const std::int64_t low = step > 0 ? 0 : -1;
    const std::int64_t high = step > 0 ? along : along - 1;
    const auto bound = [&](std::int64_t at) {
      return std::clamp(at < 0 ? at + along : at, low, high);
    };
    const std::int64_t end = bound(ends[i]);
    Integers list;
    for (std::int64_t at = bound(starts[i]); step > 0 ? at < end : at > end;) {
      list.push_back(at);
      if (__builtin_add_overflow(at, step, &at)) break;
    }
    result = take(result, axis, list);
  }
  set(node, std::move(result));
}

void OnnxConstants::concat(const Node& node) {
  Numbers result = numbers(input(node, 0));
  const std::int64_t axis = axis_of(number_of(node, "axis", 1), result.dims.size());
  std::vector<Numbers> parts;
  for (int i = 0; i < node.input_size(); ++i) parts.push_back(numbers(input(node, i)));
  std::int64_t along = 0;
  for (const Numbers& part : parts) {
    OnnxDims other = part.dims;
    if (other.size() != result.dims.size() || part.values.index() != result.values.index()) {
      throw Unsupported{"constants that do not fit together"};
    }
    const auto at = static_cast<std::size_t>(axis);
    along += other[at];
    other[at] = result.dims[at];
    if (other != result.dims) throw Unsupported{"constants that do not fit together"};
  }
  const std::int64_t outer = around(result.dims, axis).outer;
  result.dims[static_cast<std::size_t>(axis)] = along;
  spend(count_of(result.dims));
  std::visit(
      [&](auto& values) {
        using List = std::decay_t<decltype(values)>;
        values.clear();
        for (std::int64_t row = 0; row < outer; ++row) {
          for (const Numbers& part : parts) {
            const auto& from = std::get<List>(part.values);
            const auto size = static_cast<std::int64_t>(from.size()) / outer;
            values.insert(values.end(), from.begin() + row * size, from.begin() + (row + 1) * size);
          }
        }
      },
      result.values);
  set(node, std::move(result));
}

void OnnxConstants::cast(const Node& node) {
  const OnnxConstant& from = input(node, 0);
  const std::int64_t to = number_of(node, "to", 0);
  if (to == from.type) return pass_on(node);
  Numbers result = numbers(from);
  if (to == Proto::FLOAT || to == Proto::DOUBLE) {
    result.values = reals(from);
  } else if (to == Proto::INT64 || to == Proto::INT32) {
    if (const auto* reals = std::get_if<Reals>(&result.values)) {
      Integers whole;
      constexpr double kMost = 9e15;  // which a double counts to
      for (const double value : *reals) {
        if (!(std::abs(value) < kMost)) throw Unsupported{"numbers beyond 64 bits"};
        whole.push_back(static_cast<std::int64_t>(value));
      }
      result.values = std::move(whole);
    }
  } else {
    throw Unsupported{fmt::format("the type {}", type_name(static_cast<int>(to)))};
  }
  result.type = static_cast<int>(to);
  set(node, std::move(result));
}

void OnnxConstants::reshape(const Node& node) {
  const Integers wanted =
      has_input(node, 1) ? integers(input(node, 1)) : numbers_of(node, "shape", {});
  set_view(node, reshaped(input(node, 0).dims, wanted, number_of(node, "allowzero", 0) != 0));
}

void OnnxConstants::squeeze(const Node& node) {
  OnnxDims dims = input(node, 0).dims;
  const std::optional<Integers> axes = axes_of(node, *this);
  std::vector<bool> goes(dims.size(), false);
  if (axes) {
    for (const std::int64_t axis : *axes) {
      goes[static_cast<std::size_t>(axis_of(axis, dims.size()))] = true;
    }
  }
  OnnxDims left;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (!axes) goes[i] = dims[i] == 1;
    if (!goes[i]) left.push_back(dims[i]);
    if (goes[i] && dims[i] != 1) throw Unsupported{"a dimension that is not of one"};
  }
  set_view(node, std::move(left));
}

void OnnxConstants::unsqueeze(const Node& node) {
  const OnnxDims& dims = input(node, 0).dims;
  const Integers axes = axes_of(node, *this).value_or(Integers{});
  constexpr std::size_t kMostDimensions = 64;
  const std::size_t rank = dims.size() + axes.size();
  if (rank > kMostDimensions) throw Unsupported{fmt::format("{} dimensions", rank)};
  std::vector<bool> is_new(rank, false);
  for (const std::int64_t axis : axes) {
    const auto at = static_cast<std::size_t>(axis_of(axis, rank));
    if (is_new[at]) throw Unsupported{"an axis twice"};
    is_new[at] = true;
  }
  OnnxDims result;
  auto next = dims.begin();
  for (std::size_t i = 0; i < rank; ++i) result.push_back(is_new[i] ? 1 : *next++);
  set_view(node, std::move(result));
}

void OnnxConstants::transpose(const Node& node) {
  OnnxConstant constant = input(node, 0);
  if (constant.dims.size() < 2) return pass_on(node);
  const Integers order = numbers_of(node, "perm", {1, 0});
  if (constant.dims.size() != 2 || order != Integers{1, 0}) {
    throw Unsupported{"a constant of more than rows and columns"};
  }
  if (constant.is_computed()) {
    Numbers result = numbers(constant);
    const std::int64_t rows = constant.dims[0];
    const std::int64_t columns = constant.dims[1];
    std::visit(
        [&](auto& values) {
          const auto from = values;
          auto to = values.begin();
          for (std::int64_t j = 0; j < columns; ++j) {
            for (std::int64_t i = 0; i < rows; ++i) {
              *to++ = from[static_cast<std::size_t>(i * columns + j)];
            }
          }
        },
        result.values);
    std::swap(result.dims[0], result.dims[1]);
    return set(node, std::move(result));
  }
  std::swap(constant.dims[0], constant.dims[1]);
  constant.transposed = !constant.transposed;
  set(node.output(0), std::move(constant));
}

void OnnxConstants::arithmetic(const Node& node) {
  const Numbers a = numbers(input(node, 0));
  const Numbers b = numbers(input(node, 1));
  if (a.values.index() != b.values.index()) throw Unsupported{"numbers of two types"};
  const bool one_a = count_of(a.dims) == 1;
  const bool one_b = count_of(b.dims) == 1;
  if (!one_a && !one_b && a.dims != b.dims) {
    throw Unsupported{"constants of two shapes"};
  }
  // Of two that are one number each, the shape with more dimensions.
  const bool like_b = one_a && (!one_b || b.dims.size() > a.dims.size());
  Numbers result{like_b ? b.dims : a.dims, a.type, {}};
  spend(count_of(result.dims));
  result.values = std::visit(
      [&](const auto& left) -> decltype(result.values) {
        using List = std::decay_t<decltype(left)>;
        const auto& right = std::get<List>(b.values);
        List list;
        for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
          if (left.empty() || right.empty()) break;
          list.push_back(apply(node.op_type(), left[one_a ? 0 : i], right[one_b ? 0 : i]));
        }
        return list;
      },
      a.values);
  set(node, std::move(result));
}

void OnnxConstants::pass_on(const Node& node) {
  OnnxConstant constant = input(node, 0);
  spend(constant.is_computed() ? constant.count() : 0);
  set(node.output(0), std::move(constant));
}

}  // namespace papilio
