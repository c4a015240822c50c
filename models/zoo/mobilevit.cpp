#include "models/zoo/mobilevit.hpp"

#include <cmath>
#include <string>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

const ActivationOp kSilu{ActivationOp::Kind::kSilu};

void add_conv_norm(Builder& net, const std::string& name, const ConvOp& op, bool active = true) {
  net.then(name + ".conv", op);
  net.then(name + ".norm", BatchNormOp{});
  if (active) net.then(name + ".act", kSilu);
}

/// Widens four times, filters each channel, narrows.
void add_inverted_residual(Builder& net, const std::string& name, std::int64_t out,
                           std::int64_t stride) {
  constexpr std::int64_t kExpansion = 4;
  const LayerId input = net.last();
  const std::int64_t in = net.channels();
  const std::int64_t wide = kExpansion * in;
  add_conv_norm(net, name + ".expand", {.out_channels = wide});
  add_conv_norm(
      net, name + ".filter",
      {.out_channels = wide, .kernel = 3, .stride = stride, .padding = 1, .groups = wide});
  add_conv_norm(net, name + ".narrow", {.out_channels = out}, false);
  if (stride == 1 && in == out) net.join(name + ".add", AddOp{}, {input, net.last()});
}

/// Sequences of `places`, one for each position in a patch.
struct Patches {
  std::int64_t positions{4};
  std::int64_t places{0};
  std::int64_t features{0};
};

/// Attention of four heads and a feed-forward part, each behind a norm and beside a skip.
void add_transformer_layer(Builder& net, const std::string& name, const Patches& of) {
  constexpr std::int64_t kHeads = 4;
  const std::int64_t own = of.features / kHeads;
  const LayerId input = net.last();
  net.then(name + ".norm1", LayerNormOp{});
  net.then(name + ".qkv", LinearOp{.out_features = 3 * of.features});
  net.then(name + ".heads", ReshapeOp{{of.positions, of.places, 3 * kHeads, own}});
  const LayerId all = net.then(name + ".heads_first", TransposeOp{{0, 2, 1, 3}});
  const auto part = [&](const char* what, std::int64_t index) {
    return net.join(name + what,
                    SliceOp{.axis = 1, .begin = index * kHeads, .end = (index + 1) * kHeads},
                    {all});
  };
  const LayerId query = part(".query", 0);
  part(".key", 1);
  const LayerId key = net.then(name + ".key_transposed", TransposeOp{{0, 1, 3, 2}});
  const LayerId value = part(".value", 2);
  net.join(name + ".scores", MatMulOp{}, {query, key});
  net.then(name + ".scaled", ScaleOp{.factor = 1 / std::sqrt(static_cast<double>(own))});
  const LayerId shares = net.then(name + ".softmax", SoftmaxOp{.axis = 3});
  net.join(name + ".taken", MatMulOp{}, {shares, value});
  net.then(name + ".places_first", TransposeOp{{0, 2, 1, 3}});
  net.then(name + ".joined", ReshapeOp{{of.positions, of.places, of.features}});
  net.then(name + ".proj", LinearOp{.out_features = of.features});
  const LayerId attended = net.join(name + ".add1", AddOp{}, {input, net.last()});
  net.then(name + ".norm2", LayerNormOp{});
  net.then(name + ".fc1", LinearOp{.out_features = 2 * of.features});
  net.then(name + ".act", kSilu);
  net.then(name + ".fc2", LinearOp{.out_features = of.features});
  net.join(name + ".add2", AddOp{}, {attended, net.last()});
}

/// A convolution, transformers over patches of 2×2, and a convolution of both together.
void add_vit_block(Builder& net, const std::string& name, std::int64_t features,
                   std::int64_t layers) {
  const LayerId input = net.last();
  const std::int64_t channels = net.channels();
  const std::int64_t rows = net.shape().height() / 2;
  const std::int64_t columns = net.shape().width() / 2;
  add_conv_norm(net, name + ".near", {.out_channels = channels, .kernel = 3, .padding = 1});
  net.then(name + ".wide", ConvOp{.out_channels = features});
  // A pixel's position in its patch comes first, then the patch, then the features.
  net.then(name + ".split", ReshapeOp{{features, rows, 2, columns, 2}});
  net.then(name + ".unfold", TransposeOp{{2, 4, 1, 3, 0}});
  const Patches patches{.places = rows * columns, .features = features};
  net.then(name + ".patches", ReshapeOp{{patches.positions, patches.places, features}});
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    std::string own = name + ".layer";
    own += std::to_string(layer);
    add_transformer_layer(net, own, patches);
  }
  net.then(name + ".norm", LayerNormOp{});
  net.then(name + ".places", ReshapeOp{{2, 2, rows, columns, features}});
  net.then(name + ".fold", TransposeOp{{4, 2, 0, 3, 1}});
  net.then(name + ".picture", ReshapeOp{{features, 2 * rows, 2 * columns}});
  add_conv_norm(net, name + ".narrow", {.out_channels = channels});
  net.join(name + ".concat", ConcatOp{}, {input, net.last()});
  add_conv_norm(net, name + ".fuse", {.out_channels = channels, .kernel = 3, .padding = 1});
}

}  // namespace

Graph mobilevit_like() {
  Builder net{"mobilevit-like", "A network after MobileViT-S", {3, 256, 256}};
  add_conv_norm(net, "stem", {.out_channels = 16, .kernel = 3, .stride = 2, .padding = 1});
  net.end_block();
  int number = 0;
  const auto inverted = [&](std::int64_t out, std::int64_t stride) {
    std::string block{"MV"};
    block += std::to_string(++number);
    net.begin_block(block);
    add_inverted_residual(net, block, out, stride);
    net.end_block();
  };
  const auto vit = [&](const std::string& block, std::int64_t features, std::int64_t layers) {
    net.begin_block(block);
    add_vit_block(net, block, features, layers);
    net.end_block();
  };
  inverted(32, 1);
  inverted(64, 2);
  inverted(64, 1);
  inverted(64, 1);
  inverted(96, 2);
  vit("ViT1", 144, 2);
  inverted(128, 2);
  vit("ViT2", 192, 4);
  inverted(160, 2);
  vit("ViT3", 240, 3);
  net.begin_block("head");
  add_conv_norm(net, "head", {.out_channels = 640});
  net.then("head.pool", GlobalAvgPoolOp{});
  net.then("head.flatten", FlattenOp{});
  net.then("head.fc", LinearOp{.out_features = 1000});
  Graph graph = net.finish();
  graph.add_note(
      "Like MobileViT-S (Mehta and Rastegari 2022), not the same: its counts are its own.");
  return graph;
}

}  // namespace papilio
