#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

#include "models/import/torchscript_layers.hpp"

// Operations that write into a part of a tensor, as `y[:, 0] = x` does: the tensor is put together
// anew from what was before the part, the part, and what was behind it.

namespace papilio {
namespace {

/// The places of a tensor along one of its axes that a view of it has.
struct Places {
  std::int64_t begin{0};
  std::int64_t count{1};
  std::int64_t step{1};
  std::optional<std::size_t> axis_of_view{};  ///< none: the view has one place, and no axis of it

  [[nodiscard]] std::int64_t end() const { return begin + (count - 1) * step + 1; }
};

/// A tensor's axes that have more than one place, from the one whose places lie farthest apart.
std::vector<std::size_t> axes_by_stride(const at::Tensor& tensor) {
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(tensor.dim()); ++axis) {
    if (tensor.size(static_cast<std::int64_t>(axis)) > 1) axes.push_back(axis);
  }
  std::stable_sort(axes.begin(), axes.end(), [&](std::size_t one, std::size_t other) {
    return tensor.strides()[one] > tensor.strides()[other];
  });
  return axes;
}

/// Which places of a tensor a view has, axis by axis; nothing if it is no slice of it, or if the
/// tensor's numbers do not lie each at a place of its own.
std::optional<std::vector<Places>> places_in(const at::Tensor& base, const at::Tensor& view) {
  if (!base.is_non_overlapping_and_dense()) return std::nullopt;
  std::vector<Places> places(static_cast<std::size_t>(base.dim()));
  const std::vector<std::size_t> axes = axes_by_stride(base);
  std::int64_t rest = view.storage_offset() - base.storage_offset();
  if (rest < 0) return std::nullopt;
  for (const std::size_t axis : axes) {
    const std::int64_t stride = base.strides()[axis];
    places[axis].begin = rest / stride;
    rest %= stride;
  }
  if (rest != 0) return std::nullopt;
  for (std::size_t i = 0; i < static_cast<std::size_t>(view.dim()); ++i) {
    if (view.sizes()[i] == 1) continue;
    const std::int64_t stride = view.strides()[i];
    const auto axis = std::find_if(axes.begin(), axes.end(), [&](std::size_t one) {
      return stride > 0 && stride % base.strides()[one] == 0;
    });
    if (axis == axes.end() || places[*axis].axis_of_view) return std::nullopt;
    Places& along = places[*axis];
    along = {along.begin, view.sizes()[i], stride / base.strides()[*axis], i};
  }
  for (const std::size_t axis : axes) {
    if (places[axis].end() > base.sizes()[axis]) return std::nullopt;
  }
  return places;
}

/// Whether two parts of a tensor have no number in common, as slices tell it.
bool are_apart(const std::vector<Places>& one, const std::vector<Places>& other) {
  for (std::size_t axis = 0; axis < one.size(); ++axis) {
    const Places& a = one[axis];
    const Places& b = other[axis];
    if (a.end() <= b.begin || b.end() <= a.begin) return true;
    if (a.step == b.step && (a.begin - b.begin) % a.step != 0) return true;
  }
  return false;
}

/// Sizes without that of the batch.
TensorShape shape_without(std::vector<std::int64_t> sizes, std::optional<std::int64_t> batch) {
  if (batch) sizes.erase(sizes.begin() + *batch);
  if (sizes.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
  return {sizes.begin(), sizes.end()};
}

/// A layer's places along an axis with some of them replaced.
LayerId with_places_replaced(LayerList& layers, LayerId whole, std::int64_t axis,
                             const Places& places, LayerId part) {
  const TensorShape shape = layers.shape(whole);
  const auto at = static_cast<std::size_t>(axis);
  const auto slice = [&](LayerId from, std::int64_t along, std::int64_t begin, std::int64_t end) {
    return layers.add(SliceOp{.axis = along, .begin = begin, .end = end}, {from});
  };
  if (places.step > 1) {
    // Every step-th place: in rows of as many, the first of each row.
    const std::int64_t length = places.count * places.step;
    LayerId between = slice(whole, axis, places.begin, places.end());
    between = layers.add(PadOp{.axis = axis, .behind = places.step - 1}, {between});
    std::vector<std::int64_t> rows{shape.begin(), shape.end()};
    rows[at] = places.count;
    rows.insert(rows.begin() + axis + 1, places.step);
    if (rows.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
    between = layers.add(ReshapeOp{{rows.begin(), rows.end()}}, {between});
    between = slice(between, axis + 1, 1, places.step);
    rows[at + 1] = 1;
    const LayerId first = layers.add(ReshapeOp{{rows.begin(), rows.end()}}, {part});
    part = layers.add(ConcatOp{.axis = axis + 1}, {first, between});
    TensorShape joined = shape;
    joined[at] = length;
    part = slice(layers.add(ReshapeOp{joined}, {part}), axis, 0, places.end() - places.begin);
  }
  std::vector<LayerId> pieces;
  if (places.begin > 0) pieces.push_back(slice(whole, axis, 0, places.begin));
  pieces.push_back(part);
  if (places.end() < shape[at]) pieces.push_back(slice(whole, axis, places.end(), shape[at]));
  return pieces.size() == 1 ? part : layers.add(ConcatOp{.axis = axis}, pieces);
}

}  // namespace

std::optional<NetworkTensor> TorchScriptLayers::whole_before(const at::Tensor& base,
                                                             const at::Tensor& part,
                                                             const NetworkTensor& what) {
  if (ledger_.has(base)) return known(base);
  // A constant: a sample's axis is any of size 1, best the one that is the part's too.
  const at::Tensor& before = overwritten_base_->second;
  std::optional<std::int64_t> batch;
  for (std::int64_t axis = 0; what.batch && axis < base.dim(); ++axis) {
    if (base.size(axis) != 1) continue;
    const bool same = axis == *what.batch && base.stride(axis) == part.stride(axis);
    if (!batch || same) batch = axis;
  }
  return NetworkTensor{stored(before, shape_without(base.sizes().vec(), batch)), batch};
}

bool TorchScriptLayers::write_part(const at::Tensor& part, const NetworkTensor& what) {
  at::Tensor base = ledger_.base_of(part);
  if (!base.defined() && overwritten_base_) base = overwritten_base_->first;
  if (!base.defined() || base.is_same(part)) return false;
  if (ArchiveTensors::place_of(base) == ArchiveTensors::place_of(part)) return false;
  const auto places = places_in(base, part);
  if (!places) return false;
  const std::optional<NetworkTensor> whole = whole_before(base, part, what);
  // The part with the axes of the whole, in their order.
  std::vector<std::int64_t> order;
  std::vector<std::int64_t> sizes;
  for (const Places& along : *places) {
    if (along.axis_of_view) order.push_back(static_cast<std::int64_t>(*along.axis_of_view));
    sizes.push_back(along.count);
  }
  LayerId piece = what.layer;
  if (!std::is_sorted(order.begin(), order.end())) {
    piece = plain(what, part.sizes().vec());
    for (std::int64_t axis = 0; axis < part.dim(); ++axis) {
      if (part.size(axis) == 1) order.push_back(axis);
    }
    piece = layers_.add(TransposeOp{order}, {piece});
  }
  piece = shaped(piece, shape_without(sizes, whole->batch));
  // From the last axis to the first, each within the places of those before it.
  std::vector<std::pair<std::int64_t, LayerId>> within;
  LayerId inner = whole->layer;
  for (std::size_t axis = 0; axis < places->size(); ++axis) {
    const Places& along = (*places)[axis];
    const auto at = static_cast<std::int64_t>(axis);
    if (whole->batch == at || along.count == base.size(at)) continue;
    within.emplace_back(at, inner);
    inner = layers_.add(SliceOp{.axis = whole->batch && *whole->batch < at ? at - 1 : at,
                                .begin = along.begin,
                                .end = along.end(),
                                .step = along.step},
                        {inner});
  }
  for (auto it = within.rbegin(); it != within.rend(); ++it) {
    const auto [axis, of] = *it;
    piece =
        with_places_replaced(layers_, of, whole->batch && *whole->batch < axis ? axis - 1 : axis,
                             (*places)[static_cast<std::size_t>(axis)], piece);
  }
  ledger_.write(part, what, base, {piece, whole->batch}, [&](const at::Tensor& other) {
    const auto others = places_in(base, other);
    return others && are_apart(*places, *others);
  });
  return true;
}

std::optional<NetworkTensor> TorchScriptLayers::part_of_whole(const at::Tensor& part) {
  const at::Tensor base = ledger_.base_of(part);
  if (!base.defined() || !ledger_.is_current(base)) return std::nullopt;
  const auto places = places_in(base, part);
  if (!places) return std::nullopt;
  const NetworkTensor whole = ledger_.read(base);
  LayerId layer = whole.layer;
  std::vector<std::int64_t> order;  // of the part's axes, as the whole has them
  Sizes sizes;
  for (std::size_t axis = 0; axis < places->size(); ++axis) {
    const Places& along = (*places)[axis];
    const auto at = static_cast<std::int64_t>(axis);
    if (along.axis_of_view) {
      order.push_back(static_cast<std::int64_t>(*along.axis_of_view));
      sizes.push_back(along.count);
    }
    if (whole.batch == at || along.count == base.size(at)) continue;
    layer = layers_.add(SliceOp{.axis = whole.batch && *whole.batch < at ? at - 1 : at,
                                .begin = along.begin,
                                .end = along.end(),
                                .step = along.step},
                        {layer});
  }
  if (!std::is_sorted(order.begin(), order.end())) {
    layer = shaped(layer, {sizes.begin(), sizes.end()});
    std::vector<std::int64_t> back(order.size());
    std::iota(back.begin(), back.end(), 0);
    std::sort(back.begin(), back.end(), [&](std::int64_t one, std::int64_t other) {
      return order[static_cast<std::size_t>(one)] < order[static_cast<std::size_t>(other)];
    });
    layer = layers_.add(TransposeOp{back}, {layer});
  }
  std::optional<std::int64_t> batch;  // an axis of one, best that of the whole
  for (std::int64_t axis = 0; axis < part.dim(); ++axis) {
    if (part.size(axis) == 1 && (!batch || axis == whole.batch)) batch = axis;
  }
  return NetworkTensor{shaped(layer, shape_without(part.sizes().vec(), batch)), batch};
}

NetworkTensor TorchScriptImporter::expanded(const NetworkTensor& from, Sizes before,
                                            const Sizes& to) {
  const auto added =
      static_cast<std::int64_t>(to.size()) - static_cast<std::int64_t>(before.size());
  std::optional<std::int64_t> batch = from.batch;
  if (added >= 0) {
    before.insert(before.begin(), static_cast<std::size_t>(added), 1);
  } else {  // leading axes of size 1 too many
    before.erase(before.begin(), before.begin() - added);
  }
  if (batch) *batch += added;
  if (batch && (*batch < 0 || to[static_cast<std::size_t>(*batch)] != 1)) batch.reset();
  const LayerId same = shaped(from.layer, shape_without(before, batch));
  const TensorShape shape = shape_without(to, batch);
  return {layers_.shape(same) == shape ? same : layers_.add(ExpandOp{shape}, {same}), batch};
}
void TorchScriptImporter::expand() {
  make(expanded(operand(0), sizes(0), answer().sizes().vec()));
}
void TorchScriptImporter::written(const c10::IValue& value) {
  const at::Tensor& to = answer();
  const bool is_number = value.isScalar() || (value.isTensor() && !ledger_.has(value.toTensor()) &&
                                              value.toTensor().dim() == 0 &&
                                              archive_.name_of(value.toTensor()).empty());
  if (is_number && is_of_network(0)) {
    const double number =
        value.isTensor() ? value.toTensor().item<double>() : value.toScalar().toDouble();
    if (std::isfinite(number)) return unary(ClampOp{.least = number, .most = number});
  }
  if (!value.isTensor() || !ledger_.has(value.toTensor())) {
    // One sample's numbers, which lie where those of the tensor do that they replace.
    const at::Tensor numbers =
        value.isTensor() ? value.toTensor() : kept(at::scalar_tensor(value.toScalar(), at::kFloat));
    const std::optional<std::int64_t> batch =
        is_of_network(0) ? operand(0).batch : std::optional<std::int64_t>{};
    Sizes all = numbers.sizes().vec();
    all.insert(all.begin(), to.sizes().size() - std::min(to.sizes().size(), all.size()), 1);
    return make(
        expanded({stored(numbers, shape_without(all, batch)), batch}, all, to.sizes().vec()));
  }
  const at::Tensor& from = value.toTensor();
  if (!to.is_floating_point() && from.is_floating_point()) {
    throw Unsupported{"a rounding to whole numbers"};
  }
  make(expanded(known(from), from.sizes().vec(), to.sizes().vec()));
}
void TorchScriptImporter::copied() {
  // `y[:, 0] += 1` writes the part over itself in the end.
  if (is_of_network(0) && argument(1).isTensor() &&
      ArchiveTensors::place_of(argument(1).toTensor()) ==
          ArchiveTensors::place_of(argument(0).toTensor())) {
    return;
  }
  written(argument(1));
}
void TorchScriptImporter::zeroed() {
  written(c10::IValue{0.0});
}

}  // namespace papilio
