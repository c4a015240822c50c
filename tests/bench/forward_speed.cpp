// How fast an imported network is, whole and as two halves, beside the archive that it was made of,
// frozen and optimised by LibTorch: in one process, in turns. Prints medians and the quotients of
// each turn's times. Run by hand for docs/performance.md:
//   forward_speed ARCHIVE INPUT THREADS TURNS [CUT...]
// INPUT is the first input's shape with the batch ("1x3x224x224").

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "models/import/torchscript.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

double milliseconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

std::vector<std::int64_t> sizes_of(const std::string& text) {
  std::vector<std::int64_t> sizes;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('x', at), text.size());
    sizes.push_back(std::stoll(text.substr(at, end - at)));
    at = end + 1;
  }
  return sizes;
}

/// Cuts to time: those named, or five spread over all.
std::vector<Cut> chosen_cuts(const Graph& graph, const std::vector<std::string>& names) {
  const std::vector<Cut> all = graph.cuts();
  std::vector<Cut> chosen;
  for (const Cut& cut : all) {
    if (std::find(names.begin(), names.end(), cut.name) != names.end()) chosen.push_back(cut);
  }
  if (!names.empty() || all.empty()) return chosen;
  constexpr std::size_t kSpread = 5;
  for (std::size_t i = 0; i < kSpread; ++i) {
    chosen.push_back(all[(i + 1) * all.size() / (kSpread + 1)]);
  }
  return chosen;
}

void compare(const std::string& archive, const std::vector<std::int64_t>& sizes, int turns,
             const std::vector<std::string>& cuts) {
  const at::NoGradGuard no_gradients;
  TensorShape shape(sizes.begin() + 1, sizes.end());
  const std::vector<NamedInput> inputs{{.name = {}, .shape = shape}};
  const ImportedNetwork imported = import_torchscript(archive, inputs, "network");
  Network network{imported.graph};
  network.load(imported.weights, archive);
  const Network packed = network.folded().packed();
  torch::jit::Module module = torch::jit::load(archive);
  module.eval();
  torch::jit::Module frozen = torch::jit::freeze(module);
  torch::jit::Module optimised = torch::jit::optimize_for_inference(frozen);

  const std::int64_t below =
      std::get<InputOp>(imported.graph.layer(imported.graph.inputs().front()).op).below;
  const at::Tensor x = below > 0 ? at::randint(below, sizes, at::kLong) : at::randn(sizes);
  const at::Tensor whole = packed.forward(x);
  fmt::print("greatest difference: {:.2g} of {:.3g}\n",
             (whole - optimised.forward({x}).toTensor()).abs().max().item<double>(),
             whole.abs().max().item<double>());
  struct Way {
    std::string name;
    std::function<at::Tensor()> run;
    std::vector<double> quotients;
    std::vector<double> times;
  };
  std::vector<Way> ways;
  ways.push_back({"whole", [&] { return packed.forward(x); }, {}, {}});
  for (const Cut& cut : chosen_cuts(packed.graph(), cuts)) {
    ways.push_back({"halves at " + cut.name,
                    [&packed, &x, cut] { return packed.suffix(packed.prefix(x, cut), cut); },
                    {},
                    {}});
    if (!at::equal(ways.back().run(), whole)) fmt::print("{} differs\n", ways.back().name);
  }
  optimised.forward({x});
  for (int turn = 0; turn < turns; ++turn) {
    for (Way& way : ways) {
      way.times.push_back(milliseconds_of([&] { way.run(); }));
      const double reference = milliseconds_of([&] { optimised.forward({x}); });
      way.quotients.push_back(way.times.back() / reference);
    }
  }
  for (Way& way : ways) {
    fmt::print("{:32} {:9.3f} ms, quotient {:.3f}\n", way.name, median(way.times).value,
               median(way.quotients).value);
  }
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  if (argc < 5) return EXIT_FAILURE;
  papilio::start_tensor_runtime("cpu", std::atoi(argv[3]));
  papilio::compare(argv[1], papilio::sizes_of(argv[2]), std::atoi(argv[4]),
                   {argv + 5, argv + argc});
}
