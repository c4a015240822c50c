#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "models/import/torchscript_layers.hpp"

// Operations that make no numbers: the same ones in other forms, parts of them, several together.

namespace papilio {

void TorchScriptImporter::pass_on() {
  make(operand(0));
}
void TorchScriptImporter::dropout() {
  if (argument(2).toBool() && real(1) != 0) {
    throw Unsupported{"training switched on; trace the model in evaluation: model.eval()"};
  }
  pass_on();
}
void TorchScriptImporter::to_type() {
  const at::Tensor& before = argument(0).toTensor();
  if (answer().scalar_type() == at::kBool && before.scalar_type() != at::kBool) {
    throw Unsupported{"truth values of numbers"};
  }
  const bool was_whole = !before.is_floating_point();
  if (!answer().is_floating_point() && !was_whole) {
    throw Unsupported{"a rounding to whole numbers"};
  }
  pass_on();
}
void TorchScriptImporter::flatten() {
  const NetworkTensor from = operand(0);
  const Sizes all = answer().sizes().vec();
  if (all.size() == 2 && all[0] == 1 && from.batch == 0) {
    return make({layers_.add(FlattenOp{}, {from.layer}), 0});
  }
  make_reshaped(from);
}
void TorchScriptImporter::reshape() {
  flatten();
}
void TorchScriptImporter::transpose() {
  const std::size_t rank = sizes(0).size();
  std::vector<std::int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  const bool by_name = inputs_->size() > 1;  // t() says none
  if (rank > 1) {
    std::swap(order[static_cast<std::size_t>(axis_of(by_name ? argument(1).toInt() : 0, rank))],
              order[static_cast<std::size_t>(axis_of(by_name ? argument(2).toInt() : 1, rank))]);
  }
  permute_by(order);
}
void TorchScriptImporter::permute() {
  std::vector<std::int64_t> order = numbers(1);
  for (std::int64_t& axis : order) axis = axis_of(axis, sizes(0).size());
  permute_by(order);
}
void TorchScriptImporter::permute_by(const std::vector<std::int64_t>& order) {
  const NetworkTensor from = operand(0);
  std::optional<std::int64_t> batch;
  std::vector<std::int64_t> of_sample;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (from.batch == order[i]) {
      batch = static_cast<std::int64_t>(i);
    } else {
      of_sample.push_back(from.batch && *from.batch < order[i] ? order[i] - 1 : order[i]);
    }
  }
  if (std::is_sorted(of_sample.begin(), of_sample.end())) return make({from.layer, batch});
  make({layers_.add(TransposeOp{of_sample}, {from.layer}), batch});
}
void TorchScriptImporter::select() {
  const std::size_t rank = sizes(0).size();
  const std::int64_t axis = axis_of(argument(1).toInt(), rank);
  if (operand(0).batch == axis) return make({operand(0).layer, std::nullopt});
  const auto [from, along] = with_axis(0, axis);
  const std::int64_t size = sizes(0)[static_cast<std::size_t>(axis)];
  const std::int64_t at =
      argument(2).toInt() < 0 ? argument(2).toInt() + size : argument(2).toInt();
  const LayerId one = layers_.add(SliceOp{.axis = along, .begin = at, .end = at + 1}, {from.layer});
  std::optional<std::int64_t> batch = from.batch;
  if (batch && *batch > axis) batch = *batch - 1;
  Sizes to = answer().sizes().vec();
  if (batch) to.erase(to.begin() + *batch);
  make({shaped(one, {to.begin(), to.end()}), batch});
}
void TorchScriptImporter::slice() {
  const std::int64_t axis = axis_of(argument(1).toInt(), sizes(0).size());
  const std::int64_t size = sizes(0)[static_cast<std::size_t>(axis)];
  const std::int64_t left = answer().size(axis);
  if (left == size) return make_reshaped(operand(0));
  const auto [from, along] = with_axis(0, axis);
  std::int64_t begin = has_argument(2) ? argument(2).toInt() : 0;
  if (begin < 0) begin = std::max<std::int64_t>(begin + size, 0);
  const std::int64_t step = argument(4).toInt();
  if (left == 0) throw Unsupported{"a slice of nothing"};
  make({layers_.add(
            SliceOp{
                .axis = along, .begin = begin, .end = begin + (left - 1) * step + 1, .step = step},
            {from.layer}),
        from.batch});
}
void TorchScriptImporter::narrow() {
  const std::int64_t axis = axis_of(argument(1).toInt(), sizes(0).size());
  const auto [from, along] = with_axis(0, axis);
  std::int64_t begin = argument(2).toInt();
  if (begin < 0) begin += sizes(0)[static_cast<std::size_t>(axis)];
  make({layers_.add(SliceOp{.axis = along, .begin = begin, .end = begin + argument(3).toInt()},
                    {from.layer}),
        from.batch});
}
/// One slice for each tensor of the list that an operation gives.
/// @param ends        of the slices along the program's axis
/// @param drops_axis  which is of size 1 in each
void TorchScriptImporter::slices(std::int64_t axis, const std::vector<std::int64_t>& ends,
                                 bool drops_axis) {
  const std::vector<at::Tensor> parts = outputs_->front().toTensorVector();
  const auto [from, along] = with_axis(0, axis);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    LayerId part =
        ends.size() == 1
            ? from.layer
            : layers_.add(SliceOp{.axis = along, .begin = begin, .end = ends[i]}, {from.layer});
    begin = ends[i];
    std::optional<std::int64_t> batch = from.batch;
    if (drops_axis && batch && *batch > axis) batch = *batch - 1;
    Sizes to = parts[i].sizes().vec();
    if (batch) to.erase(to.begin() + *batch);
    part = shaped(part, {to.begin(), to.end()});
    ledger_.make(parts[i], {part, batch});
  }
}
void TorchScriptImporter::split() {
  // Of pieces of one size, the last perhaps smaller; or of a list of sizes.
  if (!argument(1).isInt()) return split_with_sizes();
  const std::int64_t axis = axis_of(argument(2).toInt(), sizes(0).size());
  std::vector<std::int64_t> ends;
  for (const at::Tensor& part : outputs_->front().toTensorVector()) {
    ends.push_back((ends.empty() ? 0 : ends.back()) + part.size(axis));
  }
  slices(axis, ends, false);
}
void TorchScriptImporter::split_with_sizes() {
  const std::int64_t axis = axis_of(argument(2).toInt(), sizes(0).size());
  std::vector<std::int64_t> ends = numbers(1);
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  slices(axis, ends, false);
}
void TorchScriptImporter::chunk() {
  split();
}
void TorchScriptImporter::unbind() {
  const std::int64_t axis = axis_of(argument(1).toInt(), sizes(0).size());
  std::vector<std::int64_t> ends(outputs_->front().toTensorVector().size());
  std::iota(ends.begin(), ends.end(), 1);
  slices(axis, ends, true);
}
void TorchScriptImporter::concat() {
  join(argument(1).toInt(), false);
}
void TorchScriptImporter::stack() {
  join(argument(1).toInt(), true);
}
void TorchScriptImporter::join(std::int64_t named, bool is_new) {
  const std::vector<at::Tensor> parts = argument(0).toTensorVector();
  const std::int64_t axis = axis_of(named, static_cast<std::size_t>(answer().dim()));
  // The batch must be the same axis in all, and not the one along which they lie.
  std::optional<std::int64_t> batch;
  bool alike = !is_new;
  bool first = true;
  for (const at::Tensor& part : parts) {
    if (!ledger_.has(part)) continue;
    const std::optional<std::int64_t> here = known(part).batch;
    alike = alike && here && (first || here == batch);
    batch = here;
    first = false;
  }
  for (const at::Tensor& part : parts) {  // a constant's sample is the same for all
    alike = alike && batch && (ledger_.has(part) || part.size(*batch) == 1);
  }
  if (!alike || batch == axis) batch.reset();
  std::vector<LayerId> layers;
  for (const at::Tensor& part : parts) {
    Sizes all = part.sizes().vec();
    if (is_new) all.insert(all.begin() + axis, 1);
    if (batch) all.erase(all.begin() + *batch);
    if (all.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
    const TensorShape shape{all.begin(), all.end()};
    layers.push_back(ledger_.has(part) ? shaped(known(part).layer, shape) : stored(part, shape));
  }
  if (layers.size() == 1) return make({layers.front(), batch});  // the first of DenseNet's
  const std::int64_t along = batch && *batch < axis ? axis - 1 : axis;
  make({layers_.add(ConcatOp{.axis = along}, layers), batch});
}
void TorchScriptImporter::roll() {
  const Sizes by = numbers(1);
  const Sizes axes = numbers(2);
  if (by.size() != axes.size()) throw Unsupported{"no dimensions"};
  NetworkTensor from = operand(0);
  for (std::size_t i = 0; i < by.size(); ++i) {
    const std::int64_t axis = axis_of(axes[i], sizes(0).size());
    if (from.batch == axis) continue;  // of one
    const std::int64_t along = from.batch && *from.batch < axis ? axis - 1 : axis;
    const std::int64_t size = sizes(0)[static_cast<std::size_t>(axis)];
    const std::int64_t first = ((-by[i] % size) + size) % size;  // which becomes the first
    if (first == 0) continue;
    const LayerId head =
        layers_.add(SliceOp{.axis = along, .begin = first, .end = size}, {from.layer});
    const LayerId tail =
        layers_.add(SliceOp{.axis = along, .begin = 0, .end = first}, {from.layer});
    from.layer = layers_.add(ConcatOp{.axis = along}, {head, tail});
  }
  make(from);
}
void TorchScriptImporter::pad() {
  const std::string mode = argument(2).toStringRef();
  if (mode == "constant") return pad_of(PadOp::Mode::kConstant, has_argument(3) ? real(3) : 0);
  if (mode == "reflect") return pad_of(PadOp::Mode::kReflect, 0);
  if (mode == "replicate") return pad_of(PadOp::Mode::kEdge, 0);
  throw Unsupported{fmt::format("mode '{}'", mode)};
}
void TorchScriptImporter::constant_pad() {
  pad_of(PadOp::Mode::kConstant, real(2));
}
void TorchScriptImporter::pad_of(PadOp::Mode mode, double value) {
  constexpr double kMostOfFloats = 3.4e38;  // which stands for infinity
  const Sizes around = numbers(1);
  const std::size_t rank = sizes(0).size();
  NetworkTensor from = operand(0);
  for (std::size_t i = 0; i + 1 < around.size(); i += 2) {
    if (around[i] == 0 && around[i + 1] == 0) continue;
    const auto axis = static_cast<std::int64_t>(rank - 1 - i / 2);
    if (from.batch == axis) throw Unsupported{"more samples"};
    const std::int64_t along = from.batch && *from.batch < axis ? axis - 1 : axis;
    const std::int64_t before = around[i];
    const std::int64_t behind = around[i + 1];
    const std::int64_t size = layers_.shape(from.layer)[static_cast<std::size_t>(along)];
    if (before < 0 || behind < 0) {  // less, not more
      from.layer = layers_.add(SliceOp{.axis = along,
                                       .begin = std::max<std::int64_t>(-before, 0),
                                       .end = size - std::max<std::int64_t>(-behind, 0)},
                               {from.layer});
    }
    if (before > 0 || behind > 0) {
      from.layer = layers_.add(PadOp{.axis = along,
                                     .before = std::max<std::int64_t>(before, 0),
                                     .behind = std::max<std::int64_t>(behind, 0),
                                     .mode = mode,
                                     .value = std::clamp(value, -kMostOfFloats, kMostOfFloats)},
                               {from.layer});
    }
  }
  make(from);
}

}  // namespace papilio
