// What is made of constants by moving their numbers: parts, other orders, other dimensions.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "models/import/layer_list.hpp"
#include "models/import/onnx_constants.hpp"
#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using Integers = std::vector<std::int64_t>;

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
  parts.reserve(static_cast<std::size_t>(node.input_size()));
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

void OnnxConstants::reshape(const Node& node) {
  const Integers wanted =
      has_input(node, 1) ? integers(input(node, 1)) : numbers_of(node, "shape", {});
  set_view(node, reshaped(input(node, 0).dims, wanted, number_of(node, "allowzero", 0) != 0));
}

void OnnxConstants::flatten(const Node& node) {
  const OnnxDims& dims = input(node, 0).dims;
  std::int64_t axis = number_of(node, "axis", 1);
  // The one behind the last may be named.
  if (axis != static_cast<std::int64_t>(dims.size())) axis = axis_of(axis, dims.size());
  set_view(node, {count_of({dims.begin(), dims.begin() + axis}),
                  count_of({dims.begin() + axis, dims.end()})});
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
  const std::size_t rank = constant.dims.size();
  if (rank < 2) return pass_on(node);
  Integers order(rank);
  std::iota(order.rbegin(), order.rend(), 0);
  order = numbers_of(node, "perm", order);
  Integers sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < rank; ++i) {
    if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i)) {
      throw Unsupported{"an order that does not name each axis"};
    }
  }
  if (std::is_sorted(order.begin(), order.end())) return pass_on(node);
  if (rank > 2 || constant.is_computed()) {
    const Numbers from = numbers(constant);
    Integers strides(rank, 1);  // of the input, by the output's axes
    OnnxDims dims(rank);
    for (std::size_t i = 0; i < rank; ++i) {
      const auto axis = static_cast<std::size_t>(order[i]);
      dims[i] = constant.dims[axis];
      strides[i] = count_of({constant.dims.begin() + order[i] + 1, constant.dims.end()});
    }
    return set(node, spread(from, dims, strides));
  }
  std::swap(constant.dims[0], constant.dims[1]);
  constant.transposed = !constant.transposed;
  set(node.output(0), std::move(constant));
}

OnnxConstants::Numbers OnnxConstants::spread(const Numbers& from, const OnnxDims& dims,
                                             const std::vector<std::int64_t>& strides) {
  const std::int64_t count = count_of(dims);
  spend(count);
  Numbers result{dims, from.type, {}};
  result.values = std::visit(
      [&](const auto& values) -> decltype(result.values) {
        std::decay_t<decltype(values)> list;
        OnnxDims place(dims.size(), 0);
        for (std::int64_t i = 0; i < count; ++i) {
          const std::int64_t at =
              std::inner_product(place.begin(), place.end(), strides.begin(), std::int64_t{0});
          list.push_back(values.at(static_cast<std::size_t>(at)));
          for (std::size_t axis = dims.size(); axis-- > 0;) {
            if (++place[axis] < dims[axis]) break;
            place[axis] = 0;
          }
        }
        return list;
      },
      from.values);
  return result;
}

OnnxConstants::Numbers OnnxConstants::repeated(const Numbers& from, const OnnxDims& dims) {
  if (from.dims == dims) return from;
  std::vector<std::int64_t> strides(dims.size(), 0);
  const std::size_t missing = dims.size() - from.dims.size();
  std::int64_t stride = 1;
  for (std::size_t axis = from.dims.size(); axis-- > 0;) {
    if (from.dims[axis] != 1) strides[missing + axis] = stride;
    stride *= from.dims[axis];
  }
  return spread(from, dims, strides);
}

void OnnxConstants::expand(const Node& node) {
  const OnnxConstant& from = input(node, 0);
  const OnnxDims dims = broadcast(from.dims, integers(input(node, 1)));
  if (count_of(dims) == from.count() && !from.transposed) return set_view(node, dims);
  set(node, repeated(numbers(from), dims));
}

void OnnxConstants::scatter(const Node& node) {
  Numbers result = numbers(input(node, 0));
  const OnnxConstant& which = input(node, 1);
  const Integers places = integers(which);
  const Numbers updates = numbers(input(node, 2));
  if (text_of(node, "reduction", "none") != "none" || which.dims.empty() ||
      updates.values.index() != result.values.index()) {
    throw Unsupported{"what it does not put in place"};
  }
  // Each list of indices names a number, or all that lie behind some axes.
  const std::int64_t named = which.dims.back();
  const std::size_t rank = result.dims.size();
  if (named < 1 || named > static_cast<std::int64_t>(rank))
    throw Unsupported{"an index of no axis"};
  const std::int64_t size = count_of({result.dims.begin() + named, result.dims.end()});
  const std::int64_t lists = static_cast<std::int64_t>(places.size()) / named;
  if (count_of(updates.dims) != count_of({lists}) * size)
    throw Unsupported{"numbers that do not fit"};
  std::visit(
      [&](auto& values) {
        const auto& from = std::get<std::decay_t<decltype(values)>>(updates.values);
        for (std::int64_t list = 0; list < lists; ++list) {
          std::int64_t at = 0;
          for (std::int64_t axis = 0; axis < named; ++axis) {
            const std::int64_t along = result.dims[static_cast<std::size_t>(axis)];
            std::int64_t place = places[static_cast<std::size_t>(list * named + axis)];
            if (place < 0) place += along;
            if (place < 0 || place >= along) throw Unsupported{"an index beyond its tensor"};
            at = at * along + place;
          }
          std::copy_n(from.begin() + list * size, size, values.begin() + at * size);
        }
      },
      result.values);
  set(node, std::move(result));
}

void OnnxConstants::triangle(const Node& node) {
  Numbers result = numbers(input(node, 0));
  const std::size_t rank = result.dims.size();
  if (rank < 2) throw Unsupported{"a vector"};
  const Integers shift = has_input(node, 1) ? integers(input(node, 1)) : Integers{0};
  if (shift.size() != 1) throw Unsupported{"several numbers, where one is expected"};
  const bool upper = number_of(node, "upper", 1) != 0;
  const std::int64_t rows = result.dims[rank - 2];
  const std::int64_t columns = result.dims[rank - 1];
  const std::int64_t most = rows + columns;  // beyond which a shift makes no difference
  const std::int64_t behind = std::clamp(shift.front(), -most, most);
  std::visit(
      [&](auto& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
          const auto at = static_cast<std::int64_t>(i);
          const std::int64_t column = at % columns;
          const std::int64_t row = at / columns % rows;
          const bool kept = upper ? column >= row + behind : column <= row + behind;
          if (!kept) values[i] = 0;
        }
      },
      result.values);
  set(node, std::move(result));
}

}  // namespace papilio
