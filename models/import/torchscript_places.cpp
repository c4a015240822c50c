#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/import/torchscript_layers.hpp"

// Numbers at other places than before: by their numbers, repeated, turned, summed over as letters
// say.

namespace papilio {

LayerId TorchScriptImporter::indexed(LayerId from, std::int64_t axis,
                                     const std::vector<std::int64_t>& places) {
  const std::int64_t step = places.size() > 1 ? places[1] - places[0] : 1;
  bool even = step >= 1;
  for (std::size_t i = 1; i < places.size(); ++i) even = even && places[i] - places[i - 1] == step;
  if (!even) return layers_.add(IndexOp{.axis = axis, .places = places}, {from});
  const std::int64_t size = layers_.shape(from)[static_cast<std::size_t>(axis)];
  if (step == 1 && places.front() == 0 && places.back() + 1 == size) return from;
  return layers_.add(
      SliceOp{.axis = axis, .begin = places.front(), .end = places.back() + 1, .step = step},
      {from});
}
/// @param axis   of the program's
/// @param places a constant's whole numbers, or truth values of which those that are true count
void TorchScriptImporter::take_places(std::int64_t axis, const at::Tensor& places) {
  const bool chooses = places.scalar_type() == at::kBool;
  if (chooses && places.dim() != 1) throw Unsupported{"a choice of several dimensions"};
  const at::Tensor numbers = (chooses ? places.nonzero() : places).to(at::kLong).reshape({-1});
  const std::int64_t size = sizes(0)[static_cast<std::size_t>(axis)];
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    const auto place = numbers[i].item<std::int64_t>();
    all.push_back(place < 0 ? place + size : place);
  }
  constexpr std::size_t kMostPlaces = std::size_t{1} << 20;
  if (all.empty() || all.size() > kMostPlaces) throw Unsupported{"no places, or too many"};
  const auto [from, along] = with_axis(0, axis);
  const LayerId taken = indexed(from.layer, along, all);
  std::optional<std::int64_t> batch = from.batch;
  if (batch && *batch > axis) *batch += (chooses ? 1 : places.dim()) - 1;
  Sizes to = answer().sizes().vec();
  if (batch) to.erase(to.begin() + *batch);
  if (to.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
  make({shaped(taken, {to.begin(), to.end()}), batch});
}
void TorchScriptImporter::index() {
  std::optional<std::pair<std::int64_t, at::Tensor>> only;
  const auto list = argument(1).toListRef();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].isTensor() || !list[i].toTensor().defined()) continue;
    if (ledger_.has(list[i].toTensor())) throw Unsupported{"places that the network computes"};
    if (only) throw Unsupported{"places of several dimensions"};
    only = {static_cast<std::int64_t>(i), list[i].toTensor()};
  }
  if (!only || !is_of_network(0)) throw Unsupported{"places that the network computes"};
  take_places(only->first, only->second);
}
void TorchScriptImporter::index_select() {
  if (is_of_network(2)) throw Unsupported{"places that the network computes"};
  take_places(axis_of(argument(1).toInt(), sizes(0).size()), argument(2).toTensor());
}
void TorchScriptImporter::gather() {
  if (is_of_network(2)) throw Unsupported{"places that the network computes"};
  const std::int64_t axis = axis_of(argument(1).toInt(), sizes(0).size());
  // The same places everywhere along the other axes.
  at::Tensor places = argument(2).toTensor();
  for (std::int64_t other = 0; other < places.dim(); ++other) {
    if (other == axis) continue;
    const at::Tensor first = places.narrow(other, 0, 1);
    const bool all = places.size(other) == sizes(0)[static_cast<std::size_t>(other)];
    if (!all || !places.eq(first).all().item<bool>()) {
      throw Unsupported{"places that differ along other dimensions"};
    }
    places = first;
  }
  take_places(axis, places.reshape({-1}));
}
void TorchScriptImporter::flip() {
  NetworkTensor from = operand(0);
  for (const std::int64_t named : numbers(1)) {
    const std::int64_t axis = axis_of(named, sizes(0).size());
    if (from.batch == axis) continue;  // of one
    const std::int64_t along = from.batch && *from.batch < axis ? axis - 1 : axis;
    std::vector<std::int64_t> places(
        static_cast<std::size_t>(sizes(0)[static_cast<std::size_t>(axis)]));
    std::iota(places.rbegin(), places.rend(), 0);
    from.layer = indexed(from.layer, along, places);
  }
  make(from);
}
void TorchScriptImporter::repeat() {
  Sizes times = numbers(1);
  Sizes before = sizes(0);
  NetworkTensor from = operand(0);
  if (times.size() < before.size()) times.insert(times.begin(), before.size() - times.size(), 1);
  const auto added = static_cast<std::int64_t>(times.size() - before.size());
  before.insert(before.begin(), static_cast<std::size_t>(added), 1);
  std::optional<std::int64_t> batch = from.batch;
  if (batch) *batch += added;
  if (batch && times[static_cast<std::size_t>(*batch)] != 1) batch.reset();
  // One more axis before each that is repeated.
  Sizes apart;
  Sizes wide;
  for (std::size_t axis = 0; axis < before.size(); ++axis) {
    if (batch == static_cast<std::int64_t>(axis)) continue;
    if (times[axis] < 1) throw Unsupported{"a tensor of nothing"};
    if (times[axis] > 1) {
      apart.push_back(1);
      wide.push_back(times[axis]);
    }
    apart.push_back(before[axis]);
    wide.push_back(before[axis]);
  }
  if (apart.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
  LayerId layer = shaped(from.layer, {apart.begin(), apart.end()});
  if (apart != wide) layer = layers_.add(ExpandOp{{wide.begin(), wide.end()}}, {layer});
  Sizes to = answer().sizes().vec();
  if (batch) to.erase(to.begin() + *batch);
  make({shaped(layer, {to.begin(), to.end()}), batch});
}
void TorchScriptImporter::repeat_interleave() {
  if (!argument(1).isInt()) throw Unsupported{"times that differ"};
  const std::int64_t times = argument(1).toInt();
  const auto repeated_places = [&](std::int64_t size) {
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < size * times; ++i) places.push_back(i / times);
    return places;
  };
  if (!has_argument(2)) {
    const TensorShape all{layers_.shape(operand(0).layer).elements()};
    const LayerId from = shaped(operand(0).layer, all);
    return make({indexed(from, 0, repeated_places(all[0])), std::nullopt});
  }
  const auto [from, axis] = with_axis(0, argument(2).toInt());
  const std::int64_t size = layers_.shape(from.layer)[static_cast<std::size_t>(axis)];
  make({indexed(from.layer, axis, repeated_places(size)), from.batch});
}

void TorchScriptImporter::pixel_shuffle() {
  const LayerId from = batched(0);
  const TensorShape in = layers_.shape(from);
  const std::int64_t side = argument(1).toInt();
  if (in.rank() != 3) throw Unsupported{"other than pictures"};
  const std::int64_t channels = in[0] / (side * side);
  const LayerId apart = layers_.add(ReshapeOp{{channels, side, side, in[1], in[2]}}, {from});
  const LayerId turned = layers_.add(TransposeOp{{0, 3, 1, 4, 2}}, {apart});
  make({layers_.add(ReshapeOp{{channels, in[1] * side, in[2] * side}}, {turned}), 0});
}
void TorchScriptImporter::pixel_unshuffle() {
  const LayerId from = batched(0);
  const TensorShape in = layers_.shape(from);
  const std::int64_t side = argument(1).toInt();
  if (in.rank() != 3) throw Unsupported{"other than pictures"};
  const std::int64_t rows = in[1] / side;
  const std::int64_t columns = in[2] / side;
  const LayerId apart = layers_.add(ReshapeOp{{in[0], rows, side, columns, side}}, {from});
  const LayerId turned = layers_.add(TransposeOp{{0, 2, 4, 1, 3}}, {apart});
  make({layers_.add(ReshapeOp{{in[0] * side * side, rows, columns}}, {turned}), 0});
}
void TorchScriptImporter::channel_shuffle() {
  const LayerId from = batched(0);
  const TensorShape in = layers_.shape(from);
  const std::int64_t groups = argument(1).toInt();
  const LayerId apart =
      layers_.add(ReshapeOp{{groups, in[0] / groups, in.elements() / in[0]}}, {from});
  make({shaped(layers_.add(TransposeOp{{1, 0, 2}}, {apart}), in), 0});
}

void TorchScriptImporter::product_with_vector() {
  // A vector counts as a matrix of one row, or behind the product of one column.
  Sizes first = sizes(0);
  Sizes second = sizes(1);
  if (first.size() == 1) first.insert(first.begin(), 1);
  if (second.size() == 1) second.push_back(1);
  const std::size_t rank = std::max(first.size(), second.size());
  first.insert(first.begin(), rank - first.size(), 1);
  second.insert(second.begin(), rank - second.size(), 1);
  const auto layer = [&](std::size_t input, const Sizes& all) {
    const TensorShape shape{all.begin(), all.end()};
    return is_of_network(input) ? shaped(operand(input).layer, shape)
                                : stored(argument(input).toTensor(), shape);
  };
  const LayerId left = layer(0, first);
  const LayerId product = layers_.add(MatMulOp{}, {left, layer(1, second)});
  const Sizes to = answer().sizes().vec();
  make({shaped(product, {to.begin(), to.end()}), std::nullopt});
}
void TorchScriptImporter::outer() {
  const auto layer = [&](std::size_t input, const TensorShape& shape) {
    return is_of_network(input) ? shaped(operand(input).layer, shape)
                                : stored(argument(input).toTensor(), shape);
  };
  const LayerId rows = layer(0, {sizes(0).front(), 1});
  const LayerId columns = layer(1, {1, sizes(1).front()});
  make({layers_.add(MatMulOp{}, {rows, columns}), std::nullopt});
}

namespace {

/// The letters of a tensor's axes, as einsum's equations have them.
struct Letters {
  std::string first;
  std::string second;
  std::string result;
};

Letters letters_of(std::string equation) {
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const std::size_t arrow = equation.find("->");
  const std::string operands = equation.substr(0, arrow);
  const std::size_t comma = operands.find(',');
  if (comma == std::string::npos || operands.find(',', comma + 1) != std::string::npos) {
    throw Unsupported{"other than two tensors"};
  }
  Letters letters{operands.substr(0, comma), operands.substr(comma + 1), {}};
  const std::string both = letters.first + letters.second;
  if (both.find('.') != std::string::npos) throw Unsupported{"'...'"};
  if (arrow != std::string::npos) {
    letters.result = equation.substr(arrow + 2);
  } else {  // what comes once, in the alphabet's order
    for (const char letter : std::set<char>{both.begin(), both.end()}) {
      if (std::count(both.begin(), both.end(), letter) == 1) letters.result += letter;
    }
  }
  for (const std::string& one : {letters.first, letters.second, letters.result}) {
    if (std::set<char>{one.begin(), one.end()}.size() != one.size()) {
      throw Unsupported{"a letter that comes twice"};
    }
  }
  return letters;
}

bool has(const std::string& letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

}  // namespace

/// Products over letters that two tensors share, summed over those that the result lacks: axes in
/// another order, a matrix product, and axes in the result's order.
void TorchScriptImporter::einsum() {
  Letters letters = letters_of(argument(0).toStringRef());
  const std::vector<at::Tensor> tensors = argument(1).toTensorVector();
  if (tensors.size() != 2) throw Unsupported{"other than two tensors"};
  std::map<char, std::int64_t> size;
  const auto measure = [&](const std::string& of, const at::Tensor& tensor) {
    if (of.size() != static_cast<std::size_t>(tensor.dim())) throw Unsupported{"other dimensions"};
    for (std::size_t i = 0; i < of.size(); ++i) {
      std::int64_t& known = size.emplace(of[i], tensor.sizes()[i]).first->second;
      if (known != tensor.sizes()[i]) throw Unsupported{"dimensions of 1 that are repeated"};
    }
  };
  measure(letters.first, tensors[0]);
  measure(letters.second, tensors[1]);
  // A batch that both have, or the other's constant lacks, is no axis of the layers.
  const auto batch_letter = [&](const std::string& of, const at::Tensor& tensor) {
    const auto batch = ledger_.has(tensor) ? known(tensor).batch : std::optional<std::int64_t>{};
    return batch ? of[static_cast<std::size_t>(*batch)] : '\0';
  };
  char batch = '\0';
  const char of_first = batch_letter(letters.first, tensors[0]);
  const char of_second = batch_letter(letters.second, tensors[1]);
  if (of_first == of_second ||
      (of_second == '\0' && !ledger_.has(tensors[1]) && !has(letters.second, of_first))) {
    batch = of_first;
  } else if (of_first == '\0' && !ledger_.has(tensors[0]) && !has(letters.first, of_second)) {
    batch = of_second;
  }
  if (!has(letters.result, batch)) batch = '\0';
  std::optional<std::int64_t> batch_axis;
  if (batch != '\0') batch_axis = static_cast<std::int64_t>(letters.result.find(batch));
  for (std::string* one : {&letters.first, &letters.second, &letters.result}) {
    one->erase(std::remove(one->begin(), one->end(), batch), one->end());
  }
  const auto shape_of = [&](const std::string& of) {
    std::vector<std::int64_t> sizes;
    for (const char letter : of) sizes.push_back(size.at(letter));
    if (sizes.size() > TensorShape::kMostAxes) throw Unsupported{"many dimensions"};
    return TensorShape{sizes.begin(), sizes.end()};
  };
  const auto ordered = [&](LayerId layer, const std::string& from, const std::string& to) {
    std::vector<std::int64_t> order;
    for (const char letter : to) order.push_back(static_cast<std::int64_t>(from.find(letter)));
    if (std::is_sorted(order.begin(), order.end())) return layer;
    return layers_.add(TransposeOp{order}, {layer});
  };
  // An operand whose letters that come nowhere else are summed up.
  const auto operand_of = [&](std::string& of, const std::string& other, const at::Tensor& tensor) {
    const TensorShape shape = shape_of(of);
    LayerId layer =
        ledger_.has(tensor) ? shaped(known(tensor).layer, shape) : stored(tensor, shape);
    ReduceOp sum{.kind = ReduceOp::Kind::kSum, .axes = {}, .keep = false};
    std::string left;
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (has(other, of[i]) || has(letters.result, of[i])) {
        left += of[i];
      } else {
        sum.axes.push_back(static_cast<std::int64_t>(i));
      }
    }
    of = left;
    return sum.axes.empty() ? layer : layers_.add(sum, {layer});
  };
  const LayerId first = operand_of(letters.first, letters.second, tensors[0]);
  const LayerId second = operand_of(letters.second, letters.first, tensors[1]);
  std::string common;   // of both and the result
  std::string rows;     // of the first
  std::string summed;   // of both
  std::string columns;  // of the second
  for (const char letter : letters.first) {
    (!has(letters.second, letter) ? rows : has(letters.result, letter) ? common : summed) += letter;
  }
  for (const char letter : letters.second) {
    if (!has(letters.first, letter)) columns += letter;
  }
  const auto elements = [&](const std::string& of) { return shape_of(of).elements(); };
  const auto matrix = [&](LayerId layer, const std::string& of_rows,
                          const std::string& of_columns) {
    std::vector<std::int64_t> sizes{elements(of_rows), elements(of_columns)};
    if (!common.empty()) sizes.insert(sizes.begin(), elements(common));
    return shaped(layer, {sizes.begin(), sizes.end()});
  };
  const LayerId left = matrix(ordered(first, letters.first, common + rows + summed), rows, summed);
  const LayerId right =
      matrix(ordered(second, letters.second, common + summed + columns), summed, columns);
  const std::string made = common + rows + columns;
  const LayerId product = shaped(layers_.add(MatMulOp{}, {left, right}), shape_of(made));
  make({ordered(product, made, letters.result), batch_axis});
}

void TorchScriptImporter::move_axes() {
  const Sizes from = numbers(1);
  const Sizes to = numbers(2);
  const std::size_t rank = sizes(0).size();
  std::vector<std::int64_t> order(rank, -1);
  std::vector<bool> moved(rank, false);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t axis = axis_of(from[i], rank);
    moved[static_cast<std::size_t>(axis)] = true;
    order[static_cast<std::size_t>(axis_of(to.at(i), rank))] = axis;
  }
  std::size_t next = 0;
  for (std::int64_t& axis : order) {
    if (axis >= 0) continue;
    while (moved[next]) ++next;
    axis = static_cast<std::int64_t>(next++);
  }
  permute_by(order);
}
void TorchScriptImporter::turn_axes() {
  std::vector<std::int64_t> order(sizes(0).size());
  std::iota(order.rbegin(), order.rend(), 0);
  permute_by(order);
}

/// A sequence counts as a picture of one row.
void TorchScriptImporter::resize_sequence_linear() {
  const bool corners = argument(2).toBool();
  resize_sequence(corners ? ResizeOp::Method::kBilinearCorners : ResizeOp::Method::kBilinear, 3);
}
void TorchScriptImporter::resize_sequence(ResizeOp::Method method, std::size_t scales) {
  const LayerId from = batched(0);
  const TensorShape in = layers_.shape(from);
  const std::int64_t width = answer().size(2);
  if (!has_argument(1) && has_argument(scales)) {
    const double factor = argument(scales).toDoubleVector().at(0);
    if (static_cast<double>(in[1]) * factor != static_cast<double>(width)) {
      throw Unsupported{"a factor of no whole size"};
    }
  }
  const LayerId row = layers_.add(ReshapeOp{{in[0], 1, in[1]}}, {from});
  const LayerId resized =
      layers_.add(ResizeOp{.height = 1, .width = width, .method = method}, {row});
  make({layers_.add(ReshapeOp{{in[0], width}}, {resized}), 0});
}

}  // namespace papilio
