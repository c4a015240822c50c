#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "models/app/command.hpp"
#include "models/app/import_report.hpp"
#include "models/app/models.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/import/import.hpp"
#include "models/networks/network_file.hpp"
#include "models/weights/state_dict.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"

namespace papilio {
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

/// Takes a word away from the end of a text; whether it was there.
bool take_end(std::string& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.resize(text.size() - end.size());
  return true;
}

/// "3x224x224", "ids=128:int", "35xNx64", "3x32x32:alone": the sizes of an input.
NamedInput input_by_text(const std::string& words, const char* option) {
  NamedInput input;
  std::string sizes = words;
  if (const std::size_t equals = words.rfind('='); equals != std::string::npos) {
    input.name = words.substr(0, equals);
    sizes = words.substr(equals + 1);
  }
  input.alone = take_end(sizes, ":alone");
  input.whole = take_end(sizes, ":int");
  std::vector<std::int64_t> axes;
  bool fits = !sizes.empty();
  for (std::size_t begin = 0; fits && begin <= sizes.size();) {
    const std::size_t end = std::min(sizes.find('x', begin), sizes.size());
    const std::string_view one = std::string_view{sizes}.substr(begin, end - begin);
    if (one == "N") {
      input.batch = axes.size();
    } else {
      std::int64_t size = 0;
      const auto [rest, error] = std::from_chars(one.data(), one.data() + one.size(), size);
      constexpr std::int64_t kMost = 1'000'000'000;
      fits = error == std::errc{} && rest == one.data() + one.size() && size >= 1 && size <= kMost;
      axes.push_back(size);
    }
    begin = end + 1;
  }
  if (!fits || axes.size() > TensorShape::kMostAxes) {
    throw ConfigError{
        fmt::format("papilio import: error: --{} must be sizes, as 3x224x224, or NAME=SIZES, as "
                    "ids=128:int, "
                    "not '{}'",
                    option, words)};
  }
  input.shape = {axes.begin(), axes.end()};
  return input;
}

}  // namespace

void import_command(const Words& words) {
  CommandLine line = import_line();
  VerbOptions options{line, "import"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  if (!line.has("file")) options.fail("expected a TorchScript archive or an ONNX file");
  ImportRequest request{.file = own_or_shipped(line.all("file").front()),
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
  request.opaque.any = line.has("opaque");
  if (const std::string output = options.text_of("opaque-output"); !output.empty()) {
    const NamedInput sizes = input_by_text(output, "opaque-output");
    if (!sizes.name.empty() || sizes.whole || sizes.batch != 0) {
      options.fail("--opaque-output must be sizes, as 300x6");
    }
    request.opaque.output = sizes.shape;
  }
  for (const std::string& input : line.all("input"))
    request.inputs.push_back(input_by_text(input, "input"));
  catch_interrupts();
  const ImportedNetwork network = import_network(request);
  const Graph& graph = network.graph;
  OutputFolder folder{fs::path{line.get<std::string>("output")} / "models"};
  folder.add(name + ".yaml",
             fmt::format("# Made by 'papilio import'; do not edit.\n{}", graph_file(graph)));
  if (!network.weights.empty()) folder.add(name + ".pt", state_dict_file(network.weights));
  if (!network.opaque.empty()) {
    folder.add(name + ".opaque", opaque_file_of(network, request.file));
  }
  folder.commit();
  if (fs::path{line.get<std::string>("output")} == kOwnProfiles) {
    tell_shadowed(ProfileLibrary{profile_folders({})}, {name});
  }
  if (line.has("quiet")) return;
  print(import_report(graph, folder.path() / (name + ".yaml")), format, line.is_wide());
}

}  // namespace papilio
