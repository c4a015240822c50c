// Imports the networks that tests/bench/families.py wrote, and prints a table of them: parameters
// beside PyTorch's, and how far the whole network and both halves at five cuts are from what
// PyTorch answered. Run by hand for docs/models/networks.md: families FOLDER

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "models/import/onnx.hpp"
#include "models/import/opaque_part.hpp"
#include "models/import/opaque_plan.hpp"
#include "models/import/torchscript.hpp"
#include "models/tensor/network.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/npy.hpp"
#include "tests/support/tensor_file.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::read_tensor;

struct Family {
  std::string name;
  TensorShape shape;
  std::int64_t parameters{0};
};

std::vector<Family> read_families(const fs::path& file) {
  std::vector<Family> families;
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);  // the header
  while (std::getline(in, line)) {
    std::istringstream row{line};
    Family family;
    std::string shape;
    std::string parameters;
    std::getline(row, family.name, ',');
    std::getline(row, shape, ',');
    std::getline(row, parameters);
    family.parameters = std::stoll(parameters);
    std::vector<std::int64_t> sizes;
    std::istringstream all{shape};
    for (std::string size; std::getline(all, size, 'x');) sizes.push_back(std::stoll(size));
    family.shape = {sizes.begin(), sizes.end()};
    families.push_back(std::move(family));
  }
  return families;
}

/// The greatest difference by the reference's greatest value.
double difference(const at::Tensor& found, const at::Tensor& reference) {
  if (found.numel() != reference.numel()) return std::numeric_limits<double>::infinity();
  const at::Tensor flat = reference.flatten();
  return ((found.flatten() - flat).abs().max() / flat.abs().max()).item<double>();
}

/// Five of a network's cuts, evenly spread, or all where there are fewer.
std::vector<Cut> five_of(const Graph& graph) {
  std::vector<Cut> cuts = graph.cuts();
  std::erase_if(cuts, [](const Cut& cut) { return cut.of_inputs; });
  constexpr std::size_t kCuts = 5;
  if (cuts.size() <= kCuts) return cuts;
  std::vector<Cut> some;
  for (std::size_t i = 0; i < kCuts; ++i) some.push_back(cuts[i * (cuts.size() - 1) / (kCuts - 1)]);
  return some;
}

std::string result_of(const ImportedNetwork& imported, const Family& family,
                      const fs::path& folder) {
  const Graph& graph = imported.graph;
  Network network{graph};
  network.load(imported.weights, family.name);
  const std::string archive = bytes_of_file(folder / (family.name + ".pt"));
  std::optional<OpaqueProgram> program;
  if (!imported.opaque.empty()) {
    program.emplace(archive, plan_of_bytes(imported.opaque));
    network.set_opaque([&](const Layer&, const std::vector<at::Tensor>& operands) {
      return program->run(operands);
    });
  }
  const at::Tensor input = read_tensor(folder / (family.name + "-input.npy"));
  const at::Tensor answer = read_tensor(folder / (family.name + "-output.npy"));
  const double whole = difference(network.forward(input), answer);
  double halves = 0;
  const std::vector<Cut> cuts = five_of(graph);
  for (const Cut& cut : cuts) {
    halves = std::max(halves, difference(network.suffix(network.prefix(input, cut), cut), answer));
  }
  return fmt::format("{} | {:+} | {} | {:.1e} | {:.1e} at {}", graph.parameters(),
                     graph.parameters() - family.parameters, graph.layers().size(), whole, halves,
                     cuts.size());
}

/// How far layers with weights are from those of the same name and shape in the archive's network,
/// by the greatest of these, and how many there are.
std::string beside_archive(const OnnxNetwork& imported, const Family& family,
                           const fs::path& folder) {
  const ImportedNetwork archive =
      import_torchscript(folder / (family.name + ".pt"), {{.shape = family.shape}}, family.name);
  Network ours{imported.graph};
  ours.load(imported.weights, family.name);
  Network theirs{archive.graph};
  theirs.load(archive.weights, family.name);
  const at::Tensor input = read_tensor(folder / (family.name + "-input.npy"));
  double most = 0;
  int compared = 0;
  for (LayerId id = 0; id < imported.graph.layers().size(); ++id) {
    const Layer& layer = imported.graph.layer(id);
    const auto same = archive.graph.find_layer(layer.name);
    const bool is_opaque = std::holds_alternative<OpaqueOp>(layer.op);
    if (layer.parameters == 0 || is_opaque || !same ||
        archive.graph.layer(*same).shape != layer.shape) {
      continue;
    }
    most = std::max(
        most, difference(ours.output_of(id, {{0, input}}), theirs.output_of(*same, {{0, input}})));
    ++compared;
  }
  return fmt::format("{:.1e} at {} layers", most, compared);
}

/// Of a network whose opaque layer nothing computes: what is in that, and how far the rest was
/// compared.
std::string priced(const fs::path& file, const OnnxNetwork& imported, const Family& family) {
  const Graph& graph = imported.graph;
  const Layer& opaque = graph.layer(graph.opaque_layers().front());
  return fmt::format("{} | {:+} | {} | priced: {}, {} parameters | {} beside the archive's",
                     graph.parameters(), graph.parameters() - family.parameters,
                     graph.layers().size(), std::get<OpaqueOp>(opaque.op).what, opaque.parameters,
                     beside_archive(imported, family, file.parent_path()));
}

std::string imported(const std::string& format, const Family& family, const fs::path& folder) {
  const fs::path file = folder / fmt::format("{}.{}", family.name, format);
  if (!fs::exists(file)) return "PyTorch's exporter refuses it | | | |";
  try {
    if (format == "onnx") {
      // Detectors' files do not say how many boxes they give.
      const std::vector<std::int64_t> sizes =
          read_npy(folder / (family.name + "-output.npy")).shape;
      const OpaqueRequest request{.any = false, .output = TensorShape{sizes.begin(), sizes.end()}};
      const OnnxNetwork network = import_onnx(file, family.shape, family.name, request);
      if (!network.graph.opaque_layers().empty()) return priced(file, network, family);
      return result_of({.graph = network.graph, .weights = network.weights}, family, folder);
    }
    const ImportedNetwork network =
        import_torchscript(file, {{.shape = family.shape}}, family.name);
    return result_of(network, family, folder);
  } catch (const std::exception& error) {
    std::string why = error.what();
    std::replace(why.begin(), why.end(), '\n', ' ');
    constexpr std::size_t kMost = 160;
    return why.substr(0, kMost) + " | | | |";
  }
}

int run(const fs::path& folder) {
  start_tensor_runtime("cpu", 1);
  fmt::print(
      "| family | format | parameters | beside PyTorch's | layers | whole | halves, worst |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const Family& family : read_families(folder / "families.csv")) {
    for (const char* format : {"pt", "onnx"}) {
      fmt::print("| {} | {} | {} |\n", family.name, format, imported(format, family, folder));
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: families FOLDER\n");
    return 2;
  }
  return papilio::run(argv[1]);
}
