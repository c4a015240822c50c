#include "models/zoo/generators.hpp"

#include <string>
#include <vector>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

constexpr double kSlope = 0.2;  // of both generators' leaky activations

/// Names of a U-Net's modules, each of which lies inside the one before.
/// @param depth 0 is the outermost
std::string unet_prefix(std::size_t depth) {
  std::string prefix = "model.model.";
  for (std::size_t i = 0; i < depth; ++i) prefix += i == 0 ? "1.model." : "3.model.";
  return prefix;
}

/// Halves height and width by a 4×4 convolution.
void add_unet_down(Builder& net, std::int64_t channels, const std::string& name) {
  net.then(name, ConvOp{.out_channels = channels, .kernel = 4, .stride = 2, .padding = 1});
}

/// Doubles height and width.
void add_doubling(Builder& net, ConvTransposeOp op, const std::string& name) {
  op.stride = 2;
  op.height = 2 * net.shape().height();
  op.width = 2 * net.shape().width();
  net.then(name, op);
}

/// Two layers over a part of the input.
LayerId add_chair_part(Builder& net, const std::string& name, std::int64_t begin,
                       std::int64_t end) {
  net.join(name, SliceOp{.axis = 0, .begin = begin, .end = end}, {0});
  for (const char* layer : {".fc1", ".fc2"}) {
    net.then(name + layer, LinearOp{.out_features = 512});
    net.then(name + layer + ".relu", ActivationOp{ActivationOp::Kind::kLeakyRelu, kSlope});
  }
  return net.last();
}

}  // namespace

Graph pix2pix_unet() {
  Builder net{"pix2pix-unet", "Pix2pix's generator of 256x256 pictures", {3, 256, 256}};
  const std::vector<std::int64_t> channels{64, 128, 256, 512, 512, 512, 512, 512};
  const std::size_t innermost = channels.size() - 1;
  std::vector<LayerId> skipped;  // read again on the way up
  net.begin_block("down1");
  add_unet_down(net, channels.front(), unet_prefix(0) + "0");
  for (std::size_t depth = 1; depth <= innermost; ++depth) {
    const std::string prefix = unet_prefix(depth);
    // The code computes it in place: what is skipped is what the activation gives.
    skipped.push_back(net.then(prefix + "0", ActivationOp{ActivationOp::Kind::kLeakyRelu, kSlope}));
    net.end_block();
    net.begin_block("down" + std::to_string(depth + 1));
    add_unet_down(net, channels[depth], prefix + "1");
    if (depth != innermost) net.then(prefix + "2", BatchNormOp{});
  }
  for (std::size_t depth = innermost; depth > 0; --depth) {
    net.end_block();
    net.begin_block("up" + std::to_string(depth + 1));
    const std::string prefix = unet_prefix(depth);
    const int number = depth == innermost ? 2 : 4;
    net.then(prefix + std::to_string(number), ReluOp{});
    add_doubling(net, {.out_channels = channels[depth - 1], .kernel = 4, .padding = 1},
                 prefix + std::to_string(number + 1));
    net.then(prefix + std::to_string(number + 2), BatchNormOp{});
    net.join(prefix + "cat", ConcatOp{}, {skipped[depth - 1], net.last()});
  }
  net.end_block();
  net.begin_block("up1");
  net.then(unet_prefix(0) + "2", ReluOp{});
  add_doubling(net, {.out_channels = 3, .kernel = 4, .padding = 1, .bias = true},
               unet_prefix(0) + "3");
  net.then(unet_prefix(0) + "4", ActivationOp{ActivationOp::Kind::kTanh});
  return net.finish();
}

Graph chair_generator_like() {
  constexpr std::int64_t kChairs = 809;
  constexpr std::int64_t kView = kChairs + 4;
  constexpr std::int64_t kTransformation = kView + 12;
  Builder net{"chair-generator-like", "A generator of pictures of chairs", {kTransformation}};
  net.begin_block("parts");
  const LayerId chair = add_chair_part(net, "chair", 0, kChairs);
  const LayerId view = add_chair_part(net, "view", kChairs, kView);
  const LayerId transformation = add_chair_part(net, "transformation", kView, kTransformation);
  net.join("concat", ConcatOp{}, {chair, view, transformation});
  net.end_block();
  const auto relu = [&](const std::string& name) {
    net.then(name + ".relu", ActivationOp{ActivationOp::Kind::kLeakyRelu, kSlope});
  };
  int number = 2;
  for (const std::int64_t features : {1024, 1024, 256 * 8 * 8}) {
    const std::string name = "fc" + std::to_string(++number);
    net.begin_block(name);
    net.then(name + ".linear", LinearOp{.out_features = features});
    relu(name);
    if (number == 5) net.then("picture", ReshapeOp{{256, 8, 8}});
    net.end_block();
  }
  number = 0;
  for (const std::int64_t channels : {256, 92, 48, 3}) {
    const std::string name = "uconv" + std::to_string(++number);
    net.begin_block(name);
    add_doubling(net, {.out_channels = channels, .kernel = 5, .padding = 2, .bias = true},
                 name + ".conv");
    if (number == 4) break;
    relu(name);
    net.end_block();
  }
  Graph graph = net.finish();
  graph.add_note("Like Dosovitskiy et al. 2015, not the same: its counts are its own.");
  return graph;
}

}  // namespace papilio
