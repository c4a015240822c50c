#include "models/zoo/detectors.hpp"

#include <string>
#include <vector>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

/// From the best 300 regions on (section 3.3): non-maximum suppression, then of each region 7 × 7
/// places of 512 channels through two linear layers of 4,096, to scores of 21 classes and a box for
/// each.
OpaqueOp regions_and_classes() {
  constexpr std::int64_t kRegions = 300;
  constexpr std::int64_t kClasses = 21;  // PASCAL VOC's 20, and none of them
  constexpr std::int64_t kPooled = std::int64_t{512} * 7 * 7;
  constexpr std::int64_t kHidden = 4096;
  constexpr std::int64_t kOutputs = kClasses + 4 * kClasses;
  // 102,760,448 + 16,777,216 + 430,080 products a region.
  constexpr std::int64_t kMacs = kPooled * kHidden + kHidden * kHidden + kHidden * kOutputs;
  constexpr std::int64_t kBiases = kHidden + kHidden + kOutputs;
  return {.shape = {kRegions, kOutputs},
          .what = "non-maximum suppression, RoI pooling of 300 regions, fc6, fc7, scores and boxes",
          .macs = kRegions * kMacs,
          .parameters = kMacs + kBiases};
}

}  // namespace

Graph faster_rcnn_vgg16() {
  Builder net{"faster-rcnn-vgg16", "Faster R-CNN with VGG-16", {3, 600, 1000}};
  struct Stage {
    int convolutions;
    std::int64_t channels;
  };
  int number = 0;
  for (const Stage& stage : std::vector<Stage>{{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}}) {
    const std::string text = std::to_string(++number);
    net.begin_block("conv" + text);
    for (int i = 1; i <= stage.convolutions; ++i) {
      const std::string of = text + "_" + std::to_string(i);
      net.then("conv" + of,
               ConvOp{.out_channels = stage.channels, .kernel = 3, .padding = 1, .bias = true});
      net.then("relu" + of, ReluOp{});
    }
    // Of the last, each place is asked for nine anchors. Caffe's windows hang over the edge.
    if (number < 5) net.then("pool" + text, MaxPoolOp{.ceil = true});
    net.end_block();
  }
  const LayerId features = net.last();
  constexpr std::int64_t kAnchors = 9;
  net.begin_block("rpn");
  net.then("rpn_conv", ConvOp{.out_channels = 512, .kernel = 3, .padding = 1, .bias = true});
  const LayerId looked_at = net.then("rpn_relu", ReluOp{});
  const LayerId scores =
      net.then("rpn_cls_score", ConvOp{.out_channels = 2 * kAnchors, .bias = true});
  net.go_back_to(looked_at);
  const LayerId boxes =
      net.then("rpn_bbox_pred", ConvOp{.out_channels = 4 * kAnchors, .bias = true});
  net.begin_block("head");
  net.join("detection", regions_and_classes(), {features, scores, boxes});
  Graph graph = net.finish();
  graph.add_note(opaque_note(graph));
  return graph;
}

}  // namespace papilio
