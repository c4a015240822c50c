#include "models/zoo/resnet.hpp"

#include <string>
#include <vector>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

/// Where the residual networks for ImageNet differ.
struct Variant {
  std::string name;
  std::string title;
  std::vector<int> blocks_per_stage;
  bool bottleneck{true};            ///< three convolutions a block, else two
  bool stride_on_first_conv{true};  ///< of a bottleneck, else on the 3×3 convolution
  std::int64_t width{64};           ///< of the stem and the first stage
  std::int64_t side{224};           ///< of the input
  std::int64_t classes{1000};
  bool softmax{false};
};

constexpr std::int64_t kExpansion = 4;  // output channels of a bottleneck block over its width

void add_conv_bn(Builder& net, const std::string& conv, const std::string& norm, const ConvOp& op) {
  net.then(conv, op);
  net.then(norm, BatchNormOp{});
}

/// 1×1, 3×3, 1×1.
void add_bottleneck(Builder& net, const std::string& prefix, std::int64_t width,
                    std::int64_t stride, bool stride_on_first_conv) {
  const std::int64_t stride1 = stride_on_first_conv ? stride : 1;
  const std::int64_t stride2 = stride_on_first_conv ? 1 : stride;
  add_conv_bn(net, prefix + "conv1", prefix + "bn1", {.out_channels = width, .stride = stride1});
  net.then(prefix + "relu1", ReluOp{});
  add_conv_bn(net, prefix + "conv2", prefix + "bn2",
              {.out_channels = width, .kernel = 3, .stride = stride2, .padding = 1});
  net.then(prefix + "relu2", ReluOp{});
  add_conv_bn(net, prefix + "conv3", prefix + "bn3", {.out_channels = width * kExpansion});
}

/// 3×3, 3×3.
void add_basic(Builder& net, const std::string& prefix, std::int64_t width, std::int64_t stride) {
  add_conv_bn(net, prefix + "conv1", prefix + "bn1",
              {.out_channels = width, .kernel = 3, .stride = stride, .padding = 1});
  net.then(prefix + "relu1", ReluOp{});
  add_conv_bn(net, prefix + "conv2", prefix + "bn2",
              {.out_channels = width, .kernel = 3, .padding = 1});
}

/// Prefix of a block's layers, and "RBn" as its label.
std::string begin_residual_block(Builder& net, std::size_t stage, int block, int& number) {
  net.begin_block("RB" + std::to_string(++number));
  return "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
}

/// Adds the shortcut's output to the last layer's, and ends the block.
void end_residual_block(Builder& net, const std::string& prefix, LayerId body, LayerId shortcut,
                        const std::string& relu) {
  net.join(prefix + "add", AddOp{}, {body, shortcut});
  net.then(prefix + relu, ReluOp{});
  net.end_block();
}

Graph build_resnet(const Variant& variant) {
  Builder net{variant.name, variant.title, {3, variant.side, variant.side}};
  add_conv_bn(net, "conv1", "bn1",
              {.out_channels = variant.width, .kernel = 7, .stride = 2, .padding = 3});
  net.then("relu", ReluOp{});
  net.then("maxpool", MaxPoolOp{.kernel = 3, .stride = 2, .padding = 1});
  int number = 0;
  for (std::size_t stage = 0; stage < variant.blocks_per_stage.size(); ++stage) {
    const std::int64_t width = variant.width << stage;
    const std::int64_t out = variant.bottleneck ? width * kExpansion : width;
    for (int block = 0; block < variant.blocks_per_stage[stage]; ++block) {
      const std::string prefix = begin_residual_block(net, stage, block, number);
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const LayerId input = net.last();
      const bool projects = stride != 1 || net.channels() != out;
      if (variant.bottleneck) {
        add_bottleneck(net, prefix, width, stride, variant.stride_on_first_conv);
      } else {
        add_basic(net, prefix, width, stride);
      }
      const LayerId body = net.last();
      net.go_back_to(input);
      if (projects) {
        add_conv_bn(net, prefix + "downsample.0", prefix + "downsample.1",
                    {.out_channels = out, .stride = stride});
      }
      end_residual_block(net, prefix, body, net.last(), variant.bottleneck ? "relu3" : "relu2");
    }
  }
  net.begin_block("head");
  net.then("avgpool", GlobalAvgPoolOp{});
  net.then("flatten", FlattenOp{});
  net.then("fc", LinearOp{.out_features = variant.classes});
  if (variant.softmax) net.then("softmax", SoftmaxOp{});
  return net.finish();
}

Graph build_cifar_resnet(const std::string& name, const std::string& title, int blocks_per_stage) {
  Builder net{name, title, {3, 32, 32}};
  add_conv_bn(net, "conv1", "bn1", {.out_channels = 16, .kernel = 3, .padding = 1});
  net.then("relu", ReluOp{});
  int number = 0;
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const std::int64_t width = std::int64_t{16} << stage;
    for (int block = 0; block < blocks_per_stage; ++block) {
      const std::string prefix = begin_residual_block(net, stage, block, number);
      const LayerId input = net.last();
      const bool reduces = stage > 0 && block == 0;
      add_basic(net, prefix, width, reduces ? 2 : 1);
      const LayerId body = net.last();
      net.go_back_to(input);
      if (reduces) {
        net.then(prefix + "shortcut", ZeroPadShortcutOp{.channels = width, .stride = 2});
      }
      end_residual_block(net, prefix, body, net.last(), "relu2");
    }
  }
  net.begin_block("head");
  net.then("avgpool", GlobalAvgPoolOp{});
  net.then("flatten", FlattenOp{});
  net.then("linear", LinearOp{.out_features = 10});
  return net.finish();
}

}  // namespace

Graph resnet18() {
  return build_resnet({.name = "resnet18",
                       .title = "ResNet-18 as torchvision has it",
                       .blocks_per_stage = {2, 2, 2, 2},
                       .bottleneck = false});
}

Graph resnet34() {
  return build_resnet({.name = "resnet34",
                       .title = "ResNet-34 as torchvision has it",
                       .blocks_per_stage = {3, 4, 6, 3},
                       .bottleneck = false});
}

Graph resnet50() {
  return build_resnet({.name = "resnet50",
                       .title = "ResNet-50 as torchvision has it",
                       .blocks_per_stage = {3, 4, 6, 3},
                       .stride_on_first_conv = false});
}

Graph resnet101() {
  return build_resnet({.name = "resnet101",
                       .title = "ResNet-101 as torchvision has it",
                       .blocks_per_stage = {3, 4, 23, 3},
                       .stride_on_first_conv = false});
}

Graph resnet50_paper() {
  return build_resnet({.name = "resnet50-paper",
                       .title = "ResNet-50 as the butterfly paper draws it",
                       .blocks_per_stage = {3, 4, 6, 3},
                       .classes = 100,
                       .softmax = true});
}

Graph resnet50_narrow() {
  return build_resnet({.name = "resnet50-narrow",
                       .title = "ResNet-50 of a quarter of the width, for 64x64 pictures",
                       .blocks_per_stage = {3, 4, 6, 3},
                       .width = 16,
                       .side = 64,
                       .classes = 101});
}

Graph resnet20_cifar10() {
  return build_cifar_resnet("resnet20-cifar10", "ResNet-20 for CIFAR-10", 3);
}

Graph resnet56_cifar10() {
  return build_cifar_resnet("resnet56-cifar10", "ResNet-56 for CIFAR-10", 9);
}

}  // namespace papilio
