#include "models/zoo/convnext.hpp"

#include <string>
#include <vector>

#include "models/zoo/builder.hpp"

namespace papilio {
namespace {

constexpr LayerNormOp kConvNextNorm{.epsilon = 1e-6};

/// Normalises each pixel over its channels: they are moved behind the pixels, and back.
void add_channel_norm(Builder& net, const std::string& name) {
  net.then(name + ".permute", TransposeOp{{1, 2, 0}});
  net.then(name, kConvNextNorm);
  net.then(name + ".permute_1", TransposeOp{{2, 0, 1}});
}

/// Filters each channel by 7×7; then mixes the channels of each pixel by two linear layers.
void add_convnext_block(Builder& net, const std::string& prefix) {
  const LayerId input = net.last();
  const std::int64_t channels = net.channels();
  net.then(
      prefix + "block.0",
      ConvOp{
          .out_channels = channels, .kernel = 7, .padding = 3, .groups = channels, .bias = true});
  net.then(prefix + "block.1", TransposeOp{{1, 2, 0}});
  net.then(prefix + "block.2", kConvNextNorm);
  net.then(prefix + "block.3", LinearOp{.out_features = 4 * channels});
  net.then(prefix + "block.4", ActivationOp{ActivationOp::Kind::kGelu});
  net.then(prefix + "block.5", LinearOp{.out_features = channels});
  const LayerId body = net.then(prefix + "block.6", TransposeOp{{2, 0, 1}});
  const LayerId scale = net.join(prefix + "layer_scale",
                                 ParameterOp{.shape = {channels, 1, 1}, .trained = channels}, {});
  net.join(prefix + "mul", MultiplyOp{}, {body, scale});
  net.join(prefix + "add", AddOp{}, {net.last(), input});
}

}  // namespace

Graph convnext_tiny() {
  Builder net{"convnext_tiny", "ConvNeXt-T as torchvision has it", {3, 224, 224}};
  struct Stage {
    std::int64_t channels;
    int blocks;
  };
  int number = 0;
  int part = 0;  // of torchvision's `features`
  for (const Stage& stage : std::vector<Stage>{{96, 3}, {192, 3}, {384, 9}, {768, 3}}) {
    const std::string prefix = "features." + std::to_string(part) + ".";
    if (part == 0) {
      net.then(prefix + "0",
               ConvOp{.out_channels = stage.channels, .kernel = 4, .stride = 4, .bias = true});
      add_channel_norm(net, prefix + "1");
    } else {
      net.begin_block("down" + std::to_string(part / 2));
      add_channel_norm(net, prefix + "0");
      net.then(prefix + "1",
               ConvOp{.out_channels = stage.channels, .kernel = 2, .stride = 2, .bias = true});
    }
    net.end_block();
    for (int block = 0; block < stage.blocks; ++block) {
      net.begin_block("CN" + std::to_string(++number));
      add_convnext_block(
          net, "features." + std::to_string(part + 1) + "." + std::to_string(block) + ".");
      net.end_block();
    }
    part += 2;
  }
  net.begin_block("head");
  net.then("avgpool", GlobalAvgPoolOp{});
  add_channel_norm(net, "classifier.0");
  net.then("classifier.1", FlattenOp{});
  net.then("classifier.2", LinearOp{.out_features = 1000});
  return net.finish();
}

}  // namespace papilio
