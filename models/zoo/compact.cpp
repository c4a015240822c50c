#include "models/zoo/compact.hpp"

#include <string>
#include <vector>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

/// Squeezes to few channels by 1×1, then expands by 1×1 and by 3×3 beside each other.
void add_fire(Builder& net, const std::string& prefix, std::int64_t squeeze, std::int64_t expand) {
  net.then(prefix + "squeeze", ConvOp{.out_channels = squeeze, .bias = true});
  const LayerId squeezed = net.then(prefix + "squeeze_activation", ReluOp{});
  net.then(prefix + "expand1x1", ConvOp{.out_channels = expand, .bias = true});
  const LayerId by1x1 = net.then(prefix + "expand1x1_activation", ReluOp{});
  net.go_back_to(squeezed);
  net.then(prefix + "expand3x3",
           ConvOp{.out_channels = expand, .kernel = 3, .padding = 1, .bias = true});
  const LayerId by3x3 = net.then(prefix + "expand3x3_activation", ReluOp{});
  net.join(prefix + "concat", ConcatOp{}, {by1x1, by3x3});
}

/// Widens by 1×1, filters each channel by 3×3, narrows by 1×1.
void add_inverted_residual(Builder& net, const std::string& prefix, std::int64_t expansion,
                           std::int64_t out, std::int64_t stride) {
  const LayerId input = net.last();
  const std::int64_t in = net.channels();
  const std::int64_t wide = in * expansion;
  int part = 0;
  const auto conv_bn_relu6 = [&](const ConvOp& op) {
    const std::string name = prefix + "conv." + std::to_string(part++);
    net.then(name + ".0", op);
    net.then(name + ".1", BatchNormOp{});
    net.then(name + ".2", Relu6Op{});
  };
  if (expansion != 1) conv_bn_relu6({.out_channels = wide});
  conv_bn_relu6(
      {.out_channels = wide, .kernel = 3, .stride = stride, .padding = 1, .groups = wide});
  net.then(prefix + "conv." + std::to_string(part), ConvOp{.out_channels = out});
  net.then(prefix + "conv." + std::to_string(part + 1), BatchNormOp{});
  if (stride == 1 && in == out) net.join(prefix + "add", AddOp{}, {input, net.last()});
}

}  // namespace

Graph squeezenet1_0() {
  Builder net{"squeezenet1_0", "SqueezeNet v1.0 as torchvision has it", {3, 224, 224}};
  const MaxPoolOp pool{.kernel = 3, .stride = 2, .ceil = true};
  net.begin_block("conv1");
  net.then("features.0", ConvOp{.out_channels = 96, .kernel = 7, .stride = 2, .bias = true});
  net.then("features.1", ReluOp{});
  net.then("features.2", pool);
  net.end_block();
  struct Fire {
    int number;  // in torchvision's list; the paper's are counted through
    std::int64_t squeeze;
    std::int64_t expand;
    bool pool{false};
  };
  int number = 1;
  for (const Fire& fire : std::vector<Fire>{{3, 16, 64},
                                            {4, 16, 64},
                                            {5, 32, 128, true},
                                            {7, 32, 128},
                                            {8, 48, 192},
                                            {9, 48, 192},
                                            {10, 64, 256, true},
                                            {12, 64, 256}}) {
    net.begin_block("fire" + std::to_string(++number));
    add_fire(net, "features." + std::to_string(fire.number) + ".", fire.squeeze, fire.expand);
    if (fire.pool) net.then("features." + std::to_string(fire.number + 1), pool);
    net.end_block();
  }
  net.begin_block("head");
  net.then("classifier.1", ConvOp{.out_channels = 1000, .bias = true});
  net.then("classifier.2", ReluOp{});
  net.then("classifier.3", GlobalAvgPoolOp{});
  net.then("flatten", FlattenOp{});
  return net.finish();
}

Graph mobilenet_v2() {
  Builder net{"mobilenet_v2", "MobileNetV2 as torchvision has it", {3, 224, 224}};
  const auto conv_bn_relu6 = [&](int number, const ConvOp& op) {
    const std::string name = "features." + std::to_string(number);
    net.then(name + ".0", op);
    net.then(name + ".1", BatchNormOp{});
    net.then(name + ".2", Relu6Op{});
  };
  conv_bn_relu6(0, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = 1});
  struct Stage {
    std::int64_t expansion;
    std::int64_t channels;
    int blocks;
    std::int64_t stride;
  };
  int number = 0;
  for (const Stage& stage : std::vector<Stage>{{1, 16, 1, 1},
                                               {6, 24, 2, 2},
                                               {6, 32, 3, 2},
                                               {6, 64, 4, 2},
                                               {6, 96, 3, 1},
                                               {6, 160, 3, 2},
                                               {6, 320, 1, 1}}) {
    for (int block = 0; block < stage.blocks; ++block) {
      net.begin_block("IR" + std::to_string(++number));
      add_inverted_residual(net, "features." + std::to_string(number) + ".", stage.expansion,
                            stage.channels, block == 0 ? stage.stride : 1);
      net.end_block();
    }
  }
  net.begin_block("head");
  conv_bn_relu6(18, {.out_channels = 1280});
  net.then("avgpool", GlobalAvgPoolOp{});
  net.then("flatten", FlattenOp{});
  net.then("classifier.1", LinearOp{.out_features = 1000});
  return net.finish();
}

Graph matching_net() {
  Builder net{"matching-net", "The embedding of a matching network", {1, 28, 28}};
  for (int number = 1; number <= 4; ++number) {
    const std::string name = "module" + std::to_string(number);
    net.begin_block(name);
    net.then(name + ".conv", ConvOp{.out_channels = 64, .kernel = 3, .padding = 1, .bias = true});
    net.then(name + ".bn", BatchNormOp{});
    net.then(name + ".relu", ReluOp{});
    net.then(name + ".pool", MaxPoolOp{});
    net.end_block();
  }
  net.begin_block("head");
  net.then("flatten", FlattenOp{});
  return net.finish();
}

}  // namespace papilio
