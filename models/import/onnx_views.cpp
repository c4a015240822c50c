#include "models/import/onnx_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/import/onnx_node.hpp"

namespace papilio {
namespace {

using Sides = std::vector<std::pair<std::int64_t, std::int64_t>>;

constexpr std::int64_t kMostPadding = 1'000'000'000;

/// Where a dimension of an aligned tensor is among the axes of its layer.
std::int64_t axis_behind(std::size_t dimension, std::optional<std::size_t> batch) {
  return static_cast<std::int64_t>(dimension) - (batch && *batch < dimension ? 1 : 0);
}

Sides sides_of(const std::vector<std::int64_t>& pads, const std::vector<std::int64_t>& axes,
               std::size_t rank) {
  if (pads.size() != 2 * axes.size()) throw Unsupported{"pads that do not fit"};
  Sides sides(rank, {0, 0});
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t before = pads[i];
    const std::int64_t behind = pads[i + axes.size()];
    if (std::max(std::abs(before / 2), std::abs(behind / 2)) > kMostPadding) {
      throw Unsupported{"pads that are larger than can be counted"};
    }
    sides[static_cast<std::size_t>(axis_of(axes[i], rank))] = {before, behind};
  }
  return sides;
}

/// Whether a border is rows and columns of a picture, which a Conv takes in.
bool is_around_picture(const Sides& sides, const OnnxDims& dims) {
  return dims.size() == kPictureRank && dims[0] == 1 && sides[0] == std::pair{0L, 0L} &&
         sides[1] == std::pair{0L, 0L} &&
         std::all_of(sides.begin(), sides.end(),
                     [](const auto& side) { return std::min(side.first, side.second) >= 0; });
}

PadOp::Mode mode_of(const onnx::NodeProto& node) {
  const std::string mode = text_of(node, "mode", "constant");
  if (mode == "constant") return PadOp::Mode::kConstant;
  if (mode == "reflect") return PadOp::Mode::kReflect;
  if (mode == "edge") return PadOp::Mode::kEdge;
  throw Unsupported{fmt::format("a border of the mode '{}'", mode)};
}

}  // namespace

void OnnxViews::identity(const Node& node) {
  const Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  make(node.output(0), from);
}

void OnnxViews::flatten(const Node& node) {
  const Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const std::int64_t axis = number_of(node, "axis", 1);
  const auto rank = static_cast<std::int64_t>(from.rank());
  const std::int64_t at = axis == rank ? axis : axis_of(axis, from.rank());
  view(node, from,
       {count_of({from.dims.begin(), from.dims.begin() + at}),
        count_of({from.dims.begin() + at, from.dims.end()})});
}

void OnnxViews::reshape(const Node& node) {
  const Tensor from = operand(node);
  const Numbers wanted = node.input_size() > 1 ? integers(node, 1) : numbers_of(node, "shape", {});
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  view(node, from, reshaped(from.dims, wanted, number_of(node, "allowzero", 0) != 0));
}

void OnnxViews::squeeze(const Node& node) {
  const Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  std::set<std::int64_t> goes;
  for (const std::int64_t axis : axes(node, 1)) goes.insert(axis_of(axis, from.rank()));
  const bool all = goes.empty();
  OnnxDims left;
  for (std::size_t i = 0; i < from.rank(); ++i) {
    const bool named = goes.contains(static_cast<std::int64_t>(i));
    if (named && from.dims[i] != 1) throw Unsupported{"a dimension that is not of one"};
    if (!named && !(all && from.dims[i] == 1)) left.push_back(from.dims[i]);
  }
  view(node, from, left);
}

void OnnxViews::unsqueeze(const Node& node) {
  const Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const Numbers list = axes(node, 1);
  const std::size_t rank = from.rank() + list.size();
  if (rank > TensorShape::kMostAxes + 1) throw Unsupported{fmt::format("{} dimensions", rank)};
  std::set<std::int64_t> added;
  for (const std::int64_t axis : list) added.insert(axis_of(axis, rank));
  if (added.size() != list.size()) throw Unsupported{"an axis twice"};
  OnnxDims wanted;
  auto next = from.dims.begin();
  for (std::size_t i = 0; i < rank; ++i) {
    wanted.push_back(added.contains(static_cast<std::int64_t>(i)) ? 1 : *next++);
  }
  view(node, from, wanted);
}

OnnxTensor OnnxViews::transposed(const Tensor& from, const Numbers& order) {
  std::vector<bool> named(from.rank(), false);
  if (order.size() != from.rank()) throw Unsupported{"an order that does not name each axis"};
  Tensor to = from;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axis_of(order[i], from.rank()));
    if (named[axis]) throw Unsupported{"an order that does not name each axis"};
    named[axis] = true;
    to.dims[i] = from.dims[axis];
  }
  // Axes of size 1 may go where they like.
  Numbers longer;
  std::copy_if(order.begin(), order.end(), std::back_inserter(longer), [&](std::int64_t axis) {
    return from.dims[static_cast<std::size_t>(axis_of(axis, from.rank()))] != 1;
  });
  if (std::is_sorted(longer.begin(), longer.end())) return to;
  const OnnxAligned sample = sample_of(from, {});
  TransposeOp op;
  for (const std::int64_t axis : order) {
    const auto at = static_cast<std::size_t>(axis_of(axis, from.rank()));
    if (sample.batch != at) op.order.push_back(axis_behind(at, sample.batch));
  }
  to.layer = push(op, sample.layers);
  return to;
}

void OnnxViews::transpose(const Node& node) {
  const Tensor from = operand(node);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  Numbers order(from.rank());
  std::iota(order.rbegin(), order.rend(), 0);
  order = numbers_of(node, "perm", order);
  for (std::int64_t& axis : order) axis = axis_of(axis, from.rank());
  make(node.output(0), transposed(from, order));
}

OnnxTensor OnnxViews::part_of(const Tensor& from, std::size_t axis, std::int64_t begin,
                              std::int64_t end, std::int64_t step) {
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  if (begin < 0 || begin >= end || end > from.dims[axis]) {
    throw Unsupported{"a part without a number"};
  }
  if (begin == 0 && step == 1 && end == from.dims[axis]) return from;
  const OnnxAligned sample = sample_of(from, {axis});
  Tensor to = from;
  to.layer = push(
      SliceOp{.axis = axis_behind(axis, sample.batch), .begin = begin, .end = end, .step = step},
      sample.layers);
  to.dims[axis] = (end - begin - 1) / step + 1;
  return to;
}

void OnnxViews::slice(const Node& node) {
  Tensor from = operand(node);
  const bool inputs = has_input(node, 1);  // since version 10
  const Numbers starts = inputs ? integers(node, 1) : numbers_of(node, "starts", {});
  const Numbers ends = inputs ? integers(node, 2) : numbers_of(node, "ends", {});
  Numbers axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  Numbers steps(starts.size(), 1);
  if (inputs && has_input(node, 3)) axes = integers(node, 3);
  if (!inputs) axes = numbers_of(node, "axes", axes);
  if (inputs && has_input(node, 4)) steps = integers(node, 4);
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    throw Unsupported{"bounds that do not fit together"};
  }
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axis_of(axes[i], from.rank()));
    const std::int64_t along = from.dims[axis];
    const auto bound = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + along : at, 0, along);
    };
    if (steps[i] < 1) throw Unsupported{"steps backwards"};
    from = part_of(from, axis, bound(starts[i]), bound(ends[i]), std::min(steps[i], along));
  }
  make(node.output(0), from);
}

void OnnxViews::split(const Node& node) {
  const Tensor from = operand(node);
  const auto outputs = static_cast<std::int64_t>(node.output_size());
  Numbers sizes = has_input(node, 1) ? integers(node, 1) : numbers_of(node, "split", {});
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const auto axis = static_cast<std::size_t>(axis_of(number_of(node, "axis", 0), from.rank()));
  const std::int64_t along = from.dims[axis];
  if (sizes.empty()) {
    if (number_of(node, "num_outputs", outputs) != outputs) {
      throw Unsupported{"another number of outputs"};
    }
    const std::int64_t size = (along + outputs - 1) / outputs;  // the last is smaller
    sizes.assign(static_cast<std::size_t>(outputs), size);
    sizes.back() = along - size * (outputs - 1);
  }
  if (static_cast<std::int64_t>(sizes.size()) != outputs) {
    throw Unsupported{"another number of outputs"};
  }
  std::int64_t begin = 0;
  for (int i = 0; i < node.output_size(); ++i) {
    const std::int64_t size = sizes[static_cast<std::size_t>(i)];
    if (size < 1 || size > along - begin) throw Unsupported{"parts that are not the whole"};
    if (is_read(node, i)) make(node.output(i), part_of(from, axis, begin, begin + size));
    begin += size;
  }
  if (begin != along) throw Unsupported{"parts that are not the whole"};
}

void OnnxViews::concat(const Node& node) {
  std::vector<OnnxOperand> operands;
  std::size_t rank = 0;
  bool known = true;
  for (int i = 0; i < node.input_size(); ++i) {
    known = known && (find_constant(node, i) != nullptr || operand(node, i).layer != kNoLayer);
  }
  if (!known) throw FollowsUnknown{};
  for (int i = 0; i < node.input_size(); ++i) {
    operands.push_back(any_operand(node, i));
    rank = operands.back().rank();
  }
  if (operands.empty()) throw Unsupported{"too few inputs"};
  const auto axis = static_cast<std::size_t>(axis_of(number_of(node, "axis", 1), rank));
  OnnxDims dims = operands.front().dims;
  std::int64_t along = 0;
  for (const OnnxOperand& one : operands) {
    if (one.rank() != rank) throw Unsupported{"tensors of different dimensions"};
    along = count_of({along + one.dims[axis]});  // is within bounds
  }
  if (operands.size() == 1) return identity(node);
  const OnnxAligned sample = align(operands, {axis});
  dims[axis] = along;
  const LayerId id = push(ConcatOp{axis_behind(axis, sample.batch)}, sample.layers);
  make(node.output(0), {id, dims, {}, operands.front().tensor.type});
}

Sides OnnxViews::pads(const Node& node, std::size_t rank) {
  const Numbers list = has_input(node, 1)                        ? integers(node, 1)
                       : find_attribute(node, "pads") != nullptr ? numbers_of(node, "pads", {})
                                                                 : numbers_of(node, "paddings", {});
  Numbers axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (has_input(node, 3)) axes = integers(node, 3);
  if (std::all_of(list.begin(), list.end(), [](std::int64_t one) { return one == 0; })) {
    return Sides(rank, {0, 0});
  }
  return sides_of(list, axes, rank);
}

void OnnxViews::pad(const Node& node) {
  Tensor from = operand(node);
  const PadOp::Mode mode = mode_of(node);
  const double value = scalar(node, 2, real_of(node, "value", 0));
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const Sides sides = pads(node, from.rank());
  const bool zeros = mode == PadOp::Mode::kConstant && value == 0;
  if (zeros && is_around_picture(sides, from.dims)) {
    from.border = {sides[2].first, sides[3].first, sides[2].second, sides[3].second};
    return make(node.output(0), from);
  }
  for (std::size_t axis = 0; axis < sides.size(); ++axis) {
    const auto [before, behind] = sides[axis];
    if (before == 0 && behind == 0) continue;
    const std::int64_t cut = std::max<std::int64_t>(-before, 0);
    if (mode != PadOp::Mode::kConstant && std::min(before, behind) < 0) {
      throw Unsupported{"a mirrored border that is cut off"};
    }
    from = part_of(from, axis, cut, from.dims[axis] - std::max<std::int64_t>(-behind, 0));
    if (std::max(before, behind) <= 0) continue;
    const OnnxAligned sample = sample_of(from, {axis});
    const PadOp op{.axis = axis_behind(axis, sample.batch),
                   .before = std::max<std::int64_t>(before, 0),
                   .behind = std::max<std::int64_t>(behind, 0),
                   .mode = mode,
                   .value = value};
    from.layer = push(op, sample.layers);
    from.dims[axis] += op.before + op.behind;
  }
  make(node.output(0), from);
}

void OnnxViews::repeat(const Node& node, const Tensor& from, const OnnxDims& wanted) {
  if (count_of(wanted) == count_of(from.dims)) return view(node, from, wanted);
  Tensor longer = from;
  longer.dims.insert(longer.dims.begin(), wanted.size() - from.rank(), 1);
  std::set<std::size_t> kept;  // axes that become longer
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (longer.dims[i] != wanted[i]) kept.insert(i);
  }
  if (wanted.size() > TensorShape::kMostAxes + 1) throw Unsupported{"many dimensions"};
  if (kept.contains(0) && batch_ > 1) throw Unsupported{"a batch of several"};
  const OnnxAligned sample = sample_of(longer, kept);
  const OnnxDims to = sample_dims(wanted, sample.batch);
  if (to.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
  const LayerId id = push(ExpandOp{{to.begin(), to.end()}}, sample.layers);
  make(node.output(0), {id, wanted, {}, from.type});
}

OnnxTensor OnnxViews::tensor_of(const OnnxOperand& from) {
  if (from.constant == nullptr) return from.tensor;
  const OnnxAligned sample = align({from}, {});
  return {sample.layers.front(), from.dims, {}, from.constant->type};
}

void OnnxViews::expand(const Node& node) {
  const Numbers wanted = integers(node, 1);
  const Tensor from = tensor_of(any_operand(node, 0));
  repeat(node, from, broadcast(from.dims, wanted));
}

void OnnxViews::tile(const Node& node) {
  const Numbers times = integers(node, 1);
  const Tensor from = tensor_of(any_operand(node, 0));
  if (times.size() != from.rank()) throw Unsupported{"repeats that do not fit"};
  OnnxDims wanted = from.dims;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] == 1) continue;
    if (from.dims[i] != 1) throw Unsupported{"an axis that is repeated as a whole"};
    wanted[i] = times[i];
  }
  repeat(node, from, wanted);
}

void OnnxViews::embed(const Node& node, const OnnxConstant& table) {
  const Tensor names = operand(node, 1);
  if (names.layer == kNoLayer) throw FollowsUnknown{};
  if (table.dims.size() != 2 || axis_of(number_of(node, "axis", 0), 2) != 0) {
    throw Unsupported{"a table that is not of rows"};
  }
  if (!is_whole_type(names.type)) throw Unsupported{"rows that are not named by whole numbers"};
  const EmbeddingOp op{
      .entries = table.dims[0], .features = table.dims[1], .weight_bits = table.weight_bits()};
  const LayerId id =
      add_computed(op, names.layer, module_of(node, table.label),
                   fmt::format("table {} {} {}", table.label, table.source, table.transposed));
  keep_part(id, "weight", table.dims, why_no_floats(table), [&] { return floats_of(table); });
  OnnxDims dims = names.dims;
  dims.push_back(op.features);
  make(node.output(0), {id, dims, {}, table.type});
}

void OnnxViews::gather(const Node& node) {
  if (const OnnxConstant* table = find_constant(node, 0)) return embed(node, *table);
  const Tensor from = operand(node);
  const OnnxConstant& which = constant(node, 1, "an index that is known in the run only");
  Numbers list = constants_.integers(which);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  const auto axis = static_cast<std::size_t>(axis_of(number_of(node, "axis", 0), from.rank()));
  const std::int64_t along = from.dims[axis];
  for (std::int64_t& at : list) {
    if (at < 0) at += along;
    if (at < 0 || at >= along) throw Unsupported{"an index beyond its tensor"};
  }
  if (list.empty() || which.dims.size() > 1) throw Unsupported{"an index that is no list"};
  const std::int64_t step = list.size() > 1 ? list[1] - list[0] : 1;
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (step < 1 || list[i] - list[i - 1] != step) {
      throw Unsupported{"an index that is no range"};
    }
  }
  Tensor to = part_of(from, axis, list.front(), list.back() + 1, step);
  OnnxDims dims = to.dims;
  if (which.dims.empty()) dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  view(node, to, dims);
}

std::int64_t OnnxViews::block(const Node& node, const Tensor& from, std::int64_t parts) {
  constexpr std::int64_t kMost = 1 << 20;
  const std::int64_t size = number_of(node, "blocksize", 0);
  if (from.layer == kNoLayer) throw FollowsUnknown{};
  if (from.rank() != kPictureRank) throw Unsupported{"other than a picture"};
  const bool fits = size >= 1 && size <= kMost &&
                    (parts == 0 ? from.dims[2] % size == 0 && from.dims[3] % size == 0
                                : from.dims[1] % (size * size) == 0);
  if (!fits) throw Unsupported{"blocks that do not fit"};
  return size;
}

void OnnxViews::depth_to_space(const Node& node) {
  Tensor from = operand(node);
  const std::int64_t size = block(node, from, 1);
  const std::int64_t channels = from.dims[1] / (size * size);
  const std::int64_t height = from.dims[2];
  const std::int64_t width = from.dims[3];
  const std::int64_t batch = from.dims[0];
  const bool by_column = text_of(node, "mode", "DCR") == "CRD";
  if (by_column) {
    from.dims = {batch, channels, size, size, height, width};
    from = transposed(from, {0, 1, 4, 2, 5, 3});
  } else {
    from.dims = {batch, size, size, channels, height, width};
    from = transposed(from, {0, 3, 4, 1, 5, 2});
  }
  view(node, from, {batch, channels, height * size, width * size});
}

void OnnxViews::space_to_depth(const Node& node) {
  Tensor from = operand(node);
  const std::int64_t size = block(node, from, 0);
  const OnnxDims in = from.dims;
  from.dims = {in[0], in[1], in[2] / size, size, in[3] / size, size};
  from = transposed(from, {0, 3, 5, 1, 2, 4});
  view(node, from, {in[0], in[1] * size * size, in[2] / size, in[3] / size});
}

}  // namespace papilio
