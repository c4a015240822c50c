#include "models/zoo/resnet.hpp"

#include <array>
#include <string>
#include <utility>

namespace papilio {
namespace {

/// Where the two descriptions of ResNet-50 differ.
struct Variant {
  std::string name;
  std::string title;
  bool stride_on_first_conv{false};  ///< else on the 3×3 convolution
  std::int64_t classes{1000};
  bool softmax{false};
};

constexpr std::int64_t kExpansion = 4;  // output channels of a bottleneck block over its width

LayerId add_conv_bn(Graph& graph, const std::string& conv, const std::string& norm, ConvOp op,
                    LayerId input) {
  return graph.add(norm, BatchNormOp{}, {graph.add(conv, op, {input})});
}

/// One bottleneck block: 1×1, 3×3, 1×1, and a projection where the shape changes.
LayerId add_bottleneck(Graph& graph, const std::string& prefix, LayerId input, std::int64_t width,
                       std::int64_t stride, const Variant& variant) {
  const std::int64_t stride1 = variant.stride_on_first_conv ? stride : 1;
  const std::int64_t stride2 = variant.stride_on_first_conv ? 1 : stride;
  const std::int64_t out = width * kExpansion;
  LayerId x = add_conv_bn(graph, prefix + "conv1", prefix + "bn1",
                          {.out_channels = width, .stride = stride1}, input);
  x = graph.add(prefix + "relu1", ReluOp{}, {x});
  x = add_conv_bn(graph, prefix + "conv2", prefix + "bn2",
                  {.out_channels = width, .kernel = 3, .stride = stride2, .padding = 1}, x);
  x = graph.add(prefix + "relu2", ReluOp{}, {x});
  x = add_conv_bn(graph, prefix + "conv3", prefix + "bn3", {.out_channels = out}, x);
  LayerId shortcut = input;
  if (stride != 1 || graph.layer(input).shape.channels != out) {
    shortcut = add_conv_bn(graph, prefix + "downsample.0", prefix + "downsample.1",
                           {.out_channels = out, .stride = stride}, input);
  }
  x = graph.add(prefix + "add", AddOp{}, {x, shortcut});
  return graph.add(prefix + "relu3", ReluOp{}, {x});
}

Graph build_resnet50(const Variant& variant) {
  constexpr std::array<int, 4> kBlocksPerStage{3, 4, 6, 3};
  constexpr std::int64_t kFirstWidth = 64;
  Graph graph{variant.name, variant.title};
  LayerId x = graph.add("input", InputOp{{3, 224, 224}}, {});
  x = add_conv_bn(graph, "conv1", "bn1",
                  {.out_channels = kFirstWidth, .kernel = 7, .stride = 2, .padding = 3}, x);
  x = graph.add("relu", ReluOp{}, {x});
  x = graph.add("maxpool", MaxPoolOp{.kernel = 3, .stride = 2, .padding = 1}, {x});
  int block_number = 0;
  for (std::size_t stage = 0; stage < kBlocksPerStage.size(); ++stage) {
    for (int block = 0; block < kBlocksPerStage[stage]; ++block) {
      const std::string prefix =
          "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
      graph.begin_block("RB" + std::to_string(++block_number));
      x = add_bottleneck(graph, prefix, x, kFirstWidth << stage, stage > 0 && block == 0 ? 2 : 1,
                         variant);
      graph.end_block();
    }
  }
  graph.begin_block("head");
  x = graph.add("avgpool", GlobalAvgPoolOp{}, {x});
  x = graph.add("flatten", FlattenOp{}, {x});
  x = graph.add("fc", LinearOp{.out_features = variant.classes}, {x});
  if (variant.softmax) graph.add("softmax", SoftmaxOp{}, {x});
  return graph;
}

}  // namespace

Graph resnet50() {
  return build_resnet50({.name = "resnet50", .title = "ResNet-50 as torchvision has it"});
}

Graph resnet50_paper() {
  return build_resnet50({.name = "resnet50-paper",
                         .title = "ResNet-50 as the butterfly paper draws it",
                         .stride_on_first_conv = true,
                         .classes = 100,
                         .softmax = true});
}

}  // namespace papilio
