#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "models/app/command.hpp"
#include "models/app/models.hpp"
#include "models/app/options.hpp"
#include "models/import/import.hpp"
#include "models/networks/network_file.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// A file's name as scenarios and folders can have it: lower case, nothing but [a-z0-9._-].
std::string tame_name(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool tame = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (!tame) c = '-';
  }
  return name;
}

Document report_of(const Graph& graph, const fs::path& file) {
  Table cuts{.columns = {{"block", true},
                         {"tensor", false, Table::Type::kText},
                         {"bytes at 8 bits"},
                         {"GMAC before"},
                         {"%"}}};
  constexpr double kGiga = 1e9;
  const auto total = static_cast<double>(graph.macs());
  for (const Cut& cut : graph.block_cuts()) {
    const auto before = static_cast<double>(graph.macs(0, cut.after + 1));
    cuts.rows.push_back(
        {cut.name,
         fmt::format("{}x{}x{}", cut.shape.channels(), cut.shape.height(), cut.shape.width()),
         cut.shape.bytes(8), decimals(before / kGiga, 3),
         decimals(total > 0 ? before / total * 100 : 0, 1)});
  }
  std::vector<std::string> paragraphs{fmt::format(
      "{} layers, {} parameters, {:.3f} GMAC an image; {} cuts, {} of them at the end of a block. "
      "In {}.",
      graph.layers().size(), graph.parameters(), total / kGiga, graph.cuts().size(),
      graph.block_cuts().size(), file.string())};
  for (const std::string& note : graph.notes()) paragraphs.push_back(note);
  return {.title = graph.name(),
          .paragraphs = std::move(paragraphs),
          .sections = {{.title = "Cuts at the end of a block", .table = std::move(cuts)}}};
}

}  // namespace

void import_command(const Words& words) {
  CommandLine line{
      "import FILE [options]",
      "Makes a network of a TorchScript archive, as torch.jit.trace(model.eval(), "
      "picture).save(FILE)\n"
      "writes it, or of an ONNX file (*.onnx): its layers with shapes and MACs, and "
      "the places where\n"
      "it can be cut. Scenarios and all verbs know it by its name when they are "
      "given --profiles DIR.\n"
      "Such a file can be a program: it is read where it can write nothing and reach nobody, in "
      "bounded\n"
      "time and memory.",
      {"papilio import densenet121.pt --input 3x224x224", "papilio import densenet121.onnx",
       "papilio models show densenet121 --profiles results/profiles",
       "papilio profile --model densenet121 --profiles results/profiles"}};
  line.add_positional("file");
  const ImportRequest usual;
  VerbOptions options{line, "import"};
  options.text("input", "", "CxHxW",
               "size of the network's input (default: what the ONNX file says, else 3x224x224)");
  options.text("name", "", "NAME", "what to call it (default: the file's name)");
  line.add_options()("output,o",
                     po::value<std::string>()->default_value("results/profiles")->value_name("DIR"),
                     "folder of profiles: the network goes to DIR/models/NAME.yaml");
  options.text("format", "md", "FORMAT", "of what is printed: md, csv, json, latex or html");
  line.add_options()("no-check",
                     "do not run the file's own network on random pictures beside the one made of "
                     "it");
  options.real("time-limit", usual.seconds, "120", "SECONDS that reading and checking may take");
  options.real("memory-limit", usual.memory_gib, "8", "GiB of memory that they may take");
  line.add_options()("trust",
                     "the file is your own: let it do what it likes; for systems that cannot "
                     "confine it");
  line.add_options()("quiet,q", "print nothing but errors");
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  if (!line.has("file")) options.fail("expected a TorchScript archive or an ONNX file");
  ImportRequest request{.file = line.all("file").front(),
                        .name = options.text_of("name"),
                        .check = !line.has("no-check"),
                        .seconds = options.real_of("time-limit", 1e-3, 1e6),
                        .memory_gib = options.real_of("memory-limit", 1e-3, 1e6),
                        .trusted = line.has("trust"),
                        .stop_requested = interrupted};
  std::string& name = request.name;
  if (name.empty()) name = tame_name(request.file.stem().string());
  if (name != tame_name(name) || name.empty() || name.front() == '.') {
    options.fail(fmt::format("--name '{}': expected lower-case letters, digits, and . _ -", name));
  }
  if (find_model(name)) {
    options.fail(fmt::format("the zoo has a network '{}'; choose another --name", name));
  }
  if (const std::string text = options.text_of("input"); !text.empty()) {
    request.input = shape_by_text("import", text);
  }
  catch_interrupts();
  const Graph graph = import_network(request);
  OutputFolder folder{fs::path{line.get<std::string>("output")} / "models"};
  folder.add(name + ".yaml",
             fmt::format("# Made by 'papilio import'; do not edit.\n{}", graph_file(graph)));
  folder.commit();
  if (line.has("quiet")) return;
  print(report_of(graph, folder.path() / (name + ".yaml")), format);
}

}  // namespace papilio
