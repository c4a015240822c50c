#include "models/zoo/plain.hpp"

#include <string>
#include <vector>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

/// The layers of torchvision's `features`, which are numbered through.
class Features {
 public:
  explicit Features(Builder& net) : net_{net} {}

  void conv_relu(const ConvOp& op) {
    add(op);
    add(ReluOp{});
  }
  void pool(const MaxPoolOp& op) { add(op); }

 private:
  void add(const LayerOp& op) { net_.then("features." + std::to_string(number_++), op); }

  Builder& net_;
  int number_{0};
};

/// Three linear layers, numbered as in torchvision, whose dropouts count but are left out.
void add_classifier(Builder& net, const std::vector<int>& linear_numbers) {
  net.begin_block("fc6");
  net.then("flatten", FlattenOp{});
  const std::vector<std::int64_t> features{4096, 4096, 1000};
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (i > 0) net.begin_block("fc" + std::to_string(6 + i));
    net.then("classifier." + std::to_string(linear_numbers[i]),
             LinearOp{.out_features = features[i]});
    if (i + 1 == features.size()) break;
    net.then("classifier." + std::to_string(linear_numbers[i] + 1), ReluOp{});
    net.end_block();
  }
}

}  // namespace

Graph alexnet() {
  Builder net{"alexnet", "AlexNet as torchvision has it", {3, 224, 224}};
  Features features{net};
  const MaxPoolOp pool{.kernel = 3, .stride = 2};
  const std::vector<ConvOp> convolutions{
      {.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2, .bias = true},
      {.out_channels = 192, .kernel = 5, .padding = 2, .bias = true},
      {.out_channels = 384, .kernel = 3, .padding = 1, .bias = true},
      {.out_channels = 256, .kernel = 3, .padding = 1, .bias = true},
      {.out_channels = 256, .kernel = 3, .padding = 1, .bias = true}};
  for (std::size_t i = 0; i < convolutions.size(); ++i) {
    net.begin_block("conv" + std::to_string(i + 1));
    features.conv_relu(convolutions[i]);
    if (i == 0 || i == 1 || i == 4) features.pool(pool);
    net.end_block();
  }
  add_classifier(net, {1, 4, 6});
  return net.finish();
}

namespace {

/// A convolution with its activation, named by number as in Caffe.
void conv_relu(Builder& net, int number, const ConvOp& op) {
  const std::string text = std::to_string(number);
  net.begin_block("conv" + text);
  net.then("conv" + text, op);
  net.then("relu" + text, ReluOp{});
}

/// Linear layers from a number on, with activations between them.
void add_linears(Builder& net, int number, const std::vector<std::int64_t>& features) {
  net.begin_block("fc" + std::to_string(number));
  net.then("flatten", FlattenOp{});
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::string text = std::to_string(number + static_cast<int>(i));
    net.begin_block("fc" + text);
    net.then("fc" + text, LinearOp{.out_features = features[i]});
    if (i + 1 == features.size()) break;
    net.then("relu" + text, ReluOp{});
    net.end_block();
  }
}

}  // namespace

Graph alexnet_2012() {
  Builder net{"alexnet-2012", "AlexNet as published in 2012", {3, 224, 224}};
  constexpr double kSquares = 5e-4;  // α · n
  const LocalNormOp norm{.size = 5, .factor = kSquares, .exponent = 0.75, .offset = 2};
  const MaxPoolOp pool{.kernel = 3, .stride = 2};
  const std::vector<ConvOp> convolutions{
      {.out_channels = 96, .kernel = 11, .stride = 4, .padding = 2, .bias = true},
      {.out_channels = 256, .kernel = 5, .padding = 2, .groups = 2, .bias = true},
      {.out_channels = 384, .kernel = 3, .padding = 1, .bias = true},
      {.out_channels = 384, .kernel = 3, .padding = 1, .groups = 2, .bias = true},
      {.out_channels = 256, .kernel = 3, .padding = 1, .groups = 2, .bias = true}};
  int number = 0;
  for (const ConvOp& convolution : convolutions) {
    conv_relu(net, ++number, convolution);
    if (number <= 2) net.then("norm" + std::to_string(number), norm);
    if (number <= 2 || number == 5) net.then("pool" + std::to_string(number), pool);
    net.end_block();
  }
  add_linears(net, 6, {4096, 4096, 1000});
  return net.finish();
}

Graph overfeat() {
  Builder net{"overfeat", "OverFeat, the fast model", {3, 231, 231}};
  const std::vector<ConvOp> convolutions{
      {.out_channels = 96, .kernel = 11, .stride = 4, .bias = true},
      {.out_channels = 256, .kernel = 5, .bias = true},
      {.out_channels = 512, .kernel = 3, .padding = 1, .bias = true},
      {.out_channels = 1024, .kernel = 3, .padding = 1, .bias = true},
      {.out_channels = 1024, .kernel = 3, .padding = 1, .bias = true}};
  int number = 0;
  for (const ConvOp& convolution : convolutions) {
    conv_relu(net, ++number, convolution);
    if (number <= 2 || number == 5) net.then("pool" + std::to_string(number), MaxPoolOp{});
    net.end_block();
  }
  add_linears(net, 6, {3072, 4096, 1000});
  return net.finish();
}

Graph nin() {
  Builder net{"nin", "Network in Network for ImageNet", {3, 224, 224}};
  struct Stage {
    std::string conv;
    ConvOp op;
    std::vector<std::string> one_by_ones;
    std::vector<int> relus;  // which are numbered through, but for a 4
    std::string pool;
  };
  std::vector<Stage> stages;
  stages.push_back({"conv1",
                    {.out_channels = 96, .kernel = 11, .stride = 4, .bias = true},
                    {"cccp1", "cccp2"},
                    {0, 1, 2},
                    "pool0"});
  stages.push_back({"conv2",
                    {.out_channels = 256, .kernel = 5, .padding = 2, .bias = true},
                    {"cccp3", "cccp4"},
                    {3, 5, 6},
                    "pool2"});
  stages.push_back({"conv3",
                    {.out_channels = 384, .kernel = 3, .padding = 1, .bias = true},
                    {"cccp5", "cccp6"},
                    {7, 8, 9},
                    "pool3"});
  stages.push_back({"conv4-1024",
                    {.out_channels = 1024, .kernel = 3, .padding = 1, .bias = true},
                    {"cccp7-1024", "cccp8-1024"},
                    {10, 11, 12},
                    "pool4"});
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Stage& stage = stages[i];
    const bool last = i + 1 == stages.size();
    net.begin_block("mlpconv" + std::to_string(i + 1));
    net.then(stage.conv, stage.op);
    net.then("relu" + std::to_string(stage.relus[0]), ReluOp{});
    for (std::size_t k = 0; k < stage.one_by_ones.size(); ++k) {
      const bool classifies = last && k + 1 == stage.one_by_ones.size();
      net.then(stage.one_by_ones[k],
               ConvOp{.out_channels = classifies ? 1000 : stage.op.out_channels, .bias = true});
      net.then("relu" + std::to_string(stage.relus[k + 1]), ReluOp{});
    }
    if (last) break;
    net.then(stage.pool, MaxPoolOp{.kernel = 3, .stride = 2, .ceil = true});
    net.end_block();
  }
  net.then(stages.back().pool, GlobalAvgPoolOp{});
  net.then("flatten", FlattenOp{});
  return net.finish();
}

Graph vgg16() {
  Builder net{"vgg16", "VGG-16 as torchvision has it", {3, 224, 224}};
  Features features{net};
  struct Stage {
    int convolutions;
    std::int64_t channels;
  };
  int number = 0;
  for (const Stage& stage : std::vector<Stage>{{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}}) {
    net.begin_block("conv" + std::to_string(++number));
    for (int i = 0; i < stage.convolutions; ++i) {
      features.conv_relu({.out_channels = stage.channels, .kernel = 3, .padding = 1, .bias = true});
    }
    features.pool({});
    net.end_block();
  }
  add_classifier(net, {0, 3, 6});
  return net.finish();
}

}  // namespace papilio
