// Imports the models that tests/bench/onnx_cases.py wrote, each in a process of its own, computes
// their first output, and prints what came of each: how far the output is from ONNX's own, or why
// the model is refused. Run by hand for docs/models/networks.md: onnx_cases FOLDER

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "models/import/onnx.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"
#include "tests/support/tensor_file.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::read_tensor;

/// The greatest difference by the reference's greatest value, or by 1.
double difference(const at::Tensor& found, const at::Tensor& reference) {
  const at::Tensor a = found.flatten().to(at::kDouble);
  const at::Tensor b = reference.flatten().to(at::kDouble);
  const double scale = std::max(1.0, b.abs().max().item<double>());
  return (a - b).abs().max().item<double>() / scale;
}

std::string result_of(const fs::path& folder) {
  const OnnxNetwork imported = import_onnx(folder / "model.onnx", std::nullopt, "case");
  const Graph& graph = imported.graph;
  if (const std::vector<LayerId> opaque = graph.opaque_layers(); !opaque.empty()) {
    return "opaque\t" + std::get<OpaqueOp>(graph.layer(opaque.front()).op).what;
  }
  Network network{graph};
  try {
    network.load(imported.weights, "case");
  } catch (const ConfigError&) {
    return "priced alone\t" + imported.why_not_run;
  }
  const std::vector<LayerId> inputs = graph.inputs();
  Network::Tensors given;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor read = read_tensor(folder / fmt::format("input{}.npy", i));
    const TensorShape& shape = graph.layer(inputs[i]).shape;
    std::vector<std::int64_t> sizes{read.numel() / std::max<std::int64_t>(shape.elements(), 1)};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    given.emplace(inputs[i], read.reshape(sizes));
  }
  const at::Tensor output = network.run(given, graph.layers().size() - 1);
  const at::Tensor expected = read_tensor(folder / "output.npy");
  if (output.numel() != expected.numel()) {
    return fmt::format("wrong\t{} numbers, not {}", output.numel(), expected.numel());
  }
  const double off = difference(output, expected);
  return fmt::format("{}\t{:.1e}", off <= 1e-5 ? "equal" : "wrong", off);
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

/// Prints the case's line; a crash is told by the parent.
void print_case(const fs::path& folder) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    start_tensor_runtime("cpu", 1);
    std::string result;
    try {
      result = result_of(folder);
    } catch (const std::exception& error) {
      result = "refused\t" + one_line(error.what());
    }
    fmt::print("{}\t{}\n", folder.filename().string(), result);
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fmt::print("{}\taborted\tstatus {}\n", folder.filename().string(), status);
  }
}

int run(const fs::path& folder) {
  std::vector<fs::path> cases;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  for (const fs::path& one : cases) print_case(one);
  return 0;
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: onnx_cases FOLDER\n");
    return 2;
  }
  return papilio::run(argv[1]);
}
