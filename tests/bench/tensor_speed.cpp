// How fast a network from a graph is beside the same network written with LibTorch's own modules,
// and what a unit, its quantiser and the raw codec add; in one process, in turns. Prints medians
// and their ratios. Run by hand: tensor_speed [THREADS] [ROUNDS]

#include <fmt/format.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdlib>

#include "models/codec/payload.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/quantizer.hpp"
#include "models/tensor/runtime.hpp"
#include "models/zoo/resnet.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

namespace nn = torch::nn;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                       std::int64_t stride) {
  return nn::Conv2d{
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false)};
}

/// A bottleneck block as torchvision writes it, its ReLUs in place.
struct BlockImpl : nn::Module {
  BlockImpl(std::int64_t in, std::int64_t width, std::int64_t stride)
      : body{register_module(
            "body",
            nn::Sequential{convolution(in, width, 1, 1), nn::BatchNorm2d{width},
                           nn::ReLU{nn::ReLUOptions{true}}, convolution(width, width, 3, stride),
                           nn::BatchNorm2d{width}, nn::ReLU{nn::ReLUOptions{true}},
                           convolution(width, 4 * width, 1, 1), nn::BatchNorm2d{4 * width}})} {
    if (stride != 1 || in != 4 * width) {
      shortcut = register_module("shortcut", nn::Sequential{convolution(in, 4 * width, 1, stride),
                                                            nn::BatchNorm2d{4 * width}});
    }
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = body->forward(x);
    y += shortcut.is_empty() ? x : shortcut->forward(x);
    return y.relu_();
  }
  nn::Sequential body;
  nn::Sequential shortcut{nullptr};
};
TORCH_MODULE(Block);

nn::Sequential bare_resnet50() {
  nn::Sequential net{convolution(3, 64, 7, 2), nn::BatchNorm2d{64}, nn::ReLU{nn::ReLUOptions{true}},
                     nn::MaxPool2d{nn::MaxPool2dOptions{3}.stride(2).padding(1)}};
  std::int64_t in = 64;
  constexpr int kBlocks[]{3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    const std::int64_t width = std::int64_t{64} << stage;
    for (int block = 0; block < kBlocks[stage]; ++block) {
      net->push_back(Block{in, width, stage > 0 && block == 0 ? 2 : 1});
      in = 4 * width;
    }
  }
  net->push_back(nn::AdaptiveAvgPool2d{1});
  net->push_back(nn::Flatten{});
  net->push_back(nn::Linear{2048, 1000});
  net->eval();
  return net;
}

template <class Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void run(int threads, int rounds) {
  start_tensor_runtime("cpu", threads);
  const torch::NoGradGuard no_grad;
  const at::Tensor image = at::randn({1, 3, 224, 224});
  nn::Sequential bare = bare_resnet50();
  Network network{resnet50()};
  network.initialize(1);
  const Network folded = network.folded();
  const Graph graph = resnet50();
  const ButterflyGraph unit = insert_butterfly(graph, *graph.find_cut("RB1"), 1);
  Network with_unit{unit.graph};
  with_unit.initialize(1);
  const Network split = with_unit.folded();
  const LayerId before = *unit.graph.find_layer("RB1.reduction.conv") - 1;
  const at::Tensor block = split.run(image, 0, before);
  const auto codec = make_codec("raw");

  std::vector<double> times[4];
  for (int round = -3; round < rounds; ++round) {
    const double one[]{
        seconds([&] { bare->forward(image); }),
        seconds([&] { static_cast<void>(network.forward(image)); }),
        seconds([&] { static_cast<void>(folded.forward(image)); }), seconds([&] {
          const at::Tensor features = split.run(block, before, unit.cut.after);
          static_cast<void>(encode_payload(*codec, quantize(features.squeeze(0), 8)));
        })};
    if (round < 0) continue;  // warms up
    for (std::size_t i = 0; i < 4; ++i) times[i].push_back(one[i]);
  }
  const char* names[]{"LibTorch's modules", "from the graph", "from the graph, folded",
                      "reduction, quantiser, raw codec after RB1, D_r 1"};
  const double bare_s = median(times[0]).value;
  fmt::print("ResNet-50, 224x224, one image, {} threads, median of {}\n", threads, rounds);
  for (std::size_t i = 0; i < 4; ++i) {
    fmt::print("{:50} {:8.2f} ms {:7.3f}\n", names[i], median(times[i]).value * 1e3,
               median(times[i]).value / bare_s);
  }
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  papilio::run(argc > 1 ? std::atoi(argv[1]) : 2, argc > 2 ? std::atoi(argv[2]) : 30);
}
