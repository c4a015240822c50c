#include <ATen/ATen.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "models/import/torchscript_layers.hpp"

// Attention that LibTorch computes as one operation, spelled out: products, scales and a softmax.

namespace papilio {

/// softmax(q / √d · kᵀ + mask), of queries, keys and perhaps a mask.
LayerId TorchScriptImporter::shares_of(LayerId queries, LayerId keys,
                                       const std::optional<AttentionMask>& mask) {
  const TensorShape shape = layers_.shape(queries);
  const std::size_t rank = shape.rank();
  std::vector<std::int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[rank - 1], order[rank - 2]);
  const LayerId scaled = layers_.add(
      ScaleOp{.factor = 1 / std::sqrt(static_cast<double>(shape[rank - 1]))}, {queries});
  LayerId scores = layers_.add(MatMulOp{}, {scaled, layers_.add(TransposeOp{order}, {keys})});
  if (mask && mask->kind == AttentionMask::Kind::kAdded) {
    scores = layers_.add(AddOp{}, {scores, mask->layer});
  } else if (mask) {
    const std::vector<std::int64_t> ones(rank, 1);
    const LayerId nothing = stored(kept(at::full({}, -std::numeric_limits<double>::infinity())),
                                   {ones.begin(), ones.end()});
    const bool hides = mask->kind == AttentionMask::Kind::kHides;
    scores =
        layers_.add(SelectOp{}, {mask->layer, hides ? nothing : scores, hides ? scores : nothing});
  }
  return layers_.add(SoftmaxOp{.axis = static_cast<std::int64_t>(rank) - 1}, {scores});
}

/// Of queries, keys, values and a mask, as LibTorch 1.13 computes it: softmax(q / √d · kᵀ + mask)
/// · v (aten/src/ATen/native/transformers/attention.cpp, _scaled_dot_product_attention_math).
void TorchScriptImporter::attention() {
  if (has_argument(4) && real(4) != 0) throw Unsupported{"dropout"};
  const bool causal = has_argument(6) && argument(6).isBool() && argument(6).toBool();
  // The batch, if it comes first, is no axis of the layers; where all three have it.
  const auto leads = [&](std::size_t input) {
    return is_of_network(input) && operand(input).batch == 0 && sizes(input).size() > 2;
  };
  const bool first = leads(0) && leads(1) && leads(2);
  const auto layer = [&](std::size_t input) { return first ? batched(input) : plain(input); };
  const LayerId queries = layer(0);
  const LayerId keys = layer(1);
  const LayerId values = layer(2);
  const TensorShape shape = layers_.shape(queries);
  const std::size_t rank = shape.rank();
  std::optional<AttentionMask> more;
  const auto constant = [&](const at::Tensor& mask) {
    Sizes all = mask.sizes().vec();
    if (all.size() > rank) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(rank));
    all.insert(all.begin(), rank - all.size(), 1);
    return AttentionMask{stored(mask, {all.begin(), all.end()}), AttentionMask::Kind::kAdded};
  };
  if (causal) {
    if (has_argument(3)) throw Unsupported{"two masks"};
    const std::int64_t places = shape[rank - 2];
    const std::int64_t seen = layers_.shape(keys)[rank - 2];
    more = constant(additive_mask(at::ones({places, seen}, at::kBool).tril().logical_not()));
  } else if (has_argument(3) && !is_of_network(3)) {
    const at::Tensor mask = argument(3).toTensor();
    if (first && mask.dim() > static_cast<std::int64_t>(rank) && mask.size(0) != 1) {
      throw Unsupported{"a mask of several samples"};
    }
    const bool selects = mask.scalar_type() == at::kBool;  // true: a place takes part
    more = constant(selects ? additive_mask(mask.logical_not()) : mask);
  } else if (has_argument(3)) {
    const bool selects = argument(3).toTensor().scalar_type() == at::kBool;
    Sizes mask = sizes(3);
    const bool has_batch = first && mask.size() == rank + 1 && mask.front() == 1;
    if (has_batch) mask.erase(mask.begin());
    mask.insert(mask.begin(), rank - mask.size(), 1);
    more = AttentionMask{shaped(operand(3).layer, {mask.begin(), mask.end()}),
                         selects ? AttentionMask::Kind::kShows : AttentionMask::Kind::kAdded};
  }
  const std::optional<std::int64_t> batch = first ? std::optional<std::int64_t>{0} : std::nullopt;
  const LayerId shares = shares_of(queries, keys, more);
  make(0, {layers_.add(MatMulOp{}, {shares, values}), batch});
  if (outputs_->size() > 1 && (*outputs_)[1].isTensor() && (*outputs_)[1].toTensor().defined()) {
    make(1, {shares, batch});
  }
}

/// A mask to add to scores, of one that says which places are hidden.
const at::Tensor& TorchScriptImporter::additive_mask(const at::Tensor& hidden) {
  if (hidden.all(-1).any().item<bool>()) {
    throw Unsupported{"a mask that hides all places from one"};
  }
  return kept(
      at::zeros(hidden.sizes()).masked_fill(hidden, -std::numeric_limits<double>::infinity()));
}

/// The mask of LibTorch's own attention as a layer that is added to the scores: what is not 0 in it
/// is hidden (aten/src/ATen/native/transformers/attention.cpp, masked_softmax).
/// @param rank of the scores: heads, places, places, perhaps the samples before them
std::optional<TorchScriptImporter::AttentionMask> TorchScriptImporter::native_mask(
    const NativeAttention& of, std::size_t rank) {
  if (!has_argument(of.mask)) return std::nullopt;
  constexpr std::int64_t kOfPlaces = 0;  // a row for each place; else a row for each sample
  if (!has_argument(of.mask_type)) throw Unsupported{"a mask of no known kind"};
  const Sizes all = sizes(of.mask);
  if (all.size() != 2) throw Unsupported{"a mask of each head"};
  Sizes shape(rank, 1);
  shape[rank - 1] = all[1];
  if (argument(of.mask_type).toInt() == kOfPlaces) {
    shape[rank - 2] = all[0];
  } else if (all[0] != 1) {
    constexpr std::size_t kWithSamples = 4;
    if (rank < kWithSamples) throw Unsupported{"a mask of several samples"};
    shape[0] = all[0];
  }
  const TensorShape to{shape.begin(), shape.end()};
  if (is_of_network(of.mask)) {
    return AttentionMask{shaped(operand(of.mask).layer, to), AttentionMask::Kind::kHides};
  }
  const at::Tensor hidden = argument(of.mask).toTensor().to(at::kBool);
  return AttentionMask{stored(additive_mask(hidden), to), AttentionMask::Kind::kAdded};
}

/// Attention of a sequence to itself, as nn.MultiheadAttention's.
/// @param from places and features, perhaps samples before them
TorchScriptImporter::Attended TorchScriptImporter::attend(LayerId from, const NativeAttention& of) {
  const TensorShape in = layers_.shape(from);
  const std::size_t lead = in.rank() - 2;
  const std::int64_t places = in[lead];
  const std::int64_t features = in[lead + 1];
  const std::int64_t heads = argument(of.heads).toInt();
  if (heads < 1 || features % heads != 0) throw Unsupported{"heads that do not fit"};
  const LayerId projected =
      add_weighted(LinearOp{.out_features = 3 * features}, from,
                   weights({{of.weights, "weight"}, {of.weights + 1, "bias"}}));
  Sizes apart{in.begin(), in.begin() + lead};
  const Sizes samples = apart;
  apart.insert(apart.end(), {places, 3, heads, features / heads});
  // Queries, keys and values first, then samples, heads and places.
  const auto axis = static_cast<std::int64_t>(lead);
  std::vector<std::int64_t> order{axis + 1};
  if (lead > 0) order.push_back(0);
  order.insert(order.end(), {axis + 2, axis, axis + 3});
  const LayerId by_head = layers_.add(
      TransposeOp{order}, {layers_.add(ReshapeOp{{apart.begin(), apart.end()}}, {projected})});
  Sizes one = samples;
  one.insert(one.end(), {heads, places, features / heads});
  const auto part = [&](std::int64_t i) {
    const LayerId slice = layers_.add(SliceOp{.axis = 0, .begin = i, .end = i + 1}, {by_head});
    return layers_.add(ReshapeOp{{one.begin(), one.end()}}, {slice});
  };
  const LayerId queries = part(0);
  const LayerId keys = part(1);
  const LayerId shares = shares_of(queries, keys, native_mask(of, one.size()));
  const LayerId seen = layers_.add(MatMulOp{}, {shares, part(2)});
  std::vector<std::int64_t> back(one.size());
  std::iota(back.begin(), back.end(), 0);
  std::swap(back[lead], back[lead + 1]);
  const LayerId joined = shaped(layers_.add(TransposeOp{back}, {seen}), in);
  return {add_weighted(LinearOp{.out_features = features}, joined,
                       weights({{of.weights + 2, "weight"}, {of.weights + 3, "bias"}})),
          shares};
}

/// The sequence that LibTorch's own attention takes: the batch comes first.
NetworkTensor TorchScriptImporter::sequence() {
  constexpr std::size_t kAxes = 3;
  const Sizes all = sizes(0);
  if (all.size() != kAxes) throw Unsupported{"a sequence without a batch"};
  if (all.front() == 1) return {batched(0), 0};
  return {plain(0), std::nullopt};
}

void TorchScriptImporter::native_attention() {
  const at::Tensor& queries = argument(0).toTensor();
  const auto is_same = [&](std::size_t input) {
    return argument(input).toTensor().is_same(queries);
  };
  if (!is_same(1) || !is_same(2)) {
    throw Unsupported{
        "keys or values of another tensor than the queries; trace the model without "
        "torch.no_grad()"};
  }
  constexpr NativeAttention kArguments{.heads = 4, .weights = 5, .mask = 9, .mask_type = 12};
  constexpr std::size_t kNeedsShares = 10;
  const NetworkTensor from = sequence();
  const Attended attended = attend(from.layer, kArguments);
  make(0, {attended.output, from.batch});
  if (!argument(kNeedsShares).toBool()) return;
  LayerId shares = attended.shares;
  if (argument(kNeedsShares + 1).toBool()) {  // their mean over the heads
    const auto heads = static_cast<std::int64_t>(layers_.shape(shares).rank()) - 3;
    shares = layers_.add(ReduceOp{.kind = ReduceOp::Kind::kMean, .axes = {heads}}, {shares});
  }
  make(1, {shares, from.batch});
}

/// nn.TransformerEncoderLayer in evaluation (aten/src/ATen/native/transformers/transformer.cpp).
void TorchScriptImporter::encoder_layer() {
  constexpr NativeAttention kArguments{.heads = 2, .weights = 3, .mask = 18, .mask_type = 19};
  constexpr std::size_t kGelu = 7;
  constexpr std::size_t kNormFirst = 8;
  constexpr std::size_t kEpsilon = 9;
  constexpr std::size_t kNorms = 10;   // scale and shift of the first, then of the second
  constexpr std::size_t kLinear = 14;  // weight and bias of the first, then of the second
  const bool first = argument(kNormFirst).toBool();
  const auto pair = [&](std::size_t at) { return weights({{at, "weight"}, {at + 1, "bias"}}); };
  const auto norm = [&](LayerId of, std::size_t at) {
    return add_weighted(LayerNormOp{.axes = 1, .epsilon = real(kEpsilon)}, of, pair(at));
  };
  const auto linear = [&](LayerId of, std::size_t at) {
    return add_weighted(LinearOp{.out_features = weight(at).size(0)}, of, pair(at));
  };
  const NetworkTensor from = sequence();
  const LayerId attended = attend(first ? norm(from.layer, kNorms) : from.layer, kArguments).output;
  LayerId x = layers_.add(AddOp{}, {attended, from.layer});
  if (!first) x = norm(x, kNorms);
  LayerId y = linear(first ? norm(x, kNorms + 2) : x, kLinear);
  y = argument(kGelu).toBool() ? layers_.add(ActivationOp{ActivationOp::Kind::kGelu}, {y})
                               : layers_.add(ReluOp{}, {y});
  x = layers_.add(AddOp{}, {linear(y, kLinear + 2), x});
  if (!first) x = norm(x, kNorms + 2);
  make({x, from.batch});
}

}  // namespace papilio
