#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/networks/network_file.hpp"
#include "sim/app/catalogue.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/foreign/foreign_profile.hpp"
#include "sim/foreign/layer_match.hpp"
#include "sim/foreign/plain_text.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr const char* kTakenPrecision = "fp32";  // where none is stated
constexpr double kToMilli = 1e3;
constexpr int kMilliDecimals = 4;

[[noreturn]] void refuse_import(const std::string& message) {
  throw ConfigError{"papilio import-profile: error: " + message};
}

/// What the words of the verb ask for, checked.
struct ImportRequest {
  std::string file;
  std::string device;
  std::optional<std::string> precision;  ///< none: not stated
  std::optional<double> power_w;
  std::optional<EntryMap> map;
  std::optional<ForeignTool> tool;
  bool allow_untimed{false};  ///< layers that multiply may stand at 0 s
  fs::path folder;
};

/// The user's folders and the one that is written to, before those that are searched anyhow.
ProfileLibrary library_with(const CommandLine& line, const fs::path& written) {
  std::vector<fs::path> folders;
  for (const std::string& folder : line.all("profiles")) folders.emplace_back(folder);
  if (ProfileLibrary::problem_with(written).empty()) folders.push_back(written);
  return ProfileLibrary{profile_folders(std::move(folders))};
}

void require_device(const ProfileLibrary& library, const ImportRequest& request) {
  const bool tame = std::all_of(request.device.begin(), request.device.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (!tame || request.device.empty() || request.device.front() == '.') {
    refuse_import(fmt::format("--device '{}': expected lower-case letters, digits, and . _ -",
                              request.device));
  }
  const std::vector<std::string> known = library.names("devices");
  if (std::find(known.begin(), known.end(), request.device) != known.end()) return;
  const std::string nearest = nearest_name(request.device, known);
  refuse_import(fmt::format(
      "unknown device '{}'; {}describe it: write {} with the line 'title: …', and what is known of "
      "it as in profiles/devices",
      request.device, nearest.empty() ? "" : fmt::format("did you mean '{}'? If not, ", nearest),
      (request.folder / "devices" / (request.device + ".yaml")).string()));
}

ImportRequest import_request(const CommandLine& line) {
  for (const char* needed : {"model", "device"}) {
    if (!line.has(needed)) {
      refuse_import(fmt::format("--{} NAME is missing; see 'papilio {}s list'", needed, needed));
    }
  }
  const std::vector<std::string> files = line.all("file");
  if (files.size() != 1) {
    refuse_import(fmt::format("expected one file, got {}; see 'papilio import-profile --help'",
                              files.size()));
  }
  ImportRequest request{.file = files.front(),
                        .device = line.get<std::string>("device"),
                        .precision = {},
                        .power_w = {},
                        .map = {},
                        .tool = {},
                        .allow_untimed = line.get<bool>("allow-untimed"),
                        .folder = line.get<std::string>("output")};
  if (line.has("precision")) {
    const std::vector<std::string> precisions{"fp32", "fp16", "bf16", "int8"};
    const auto stated = line.get<std::string>("precision");
    if (std::find(precisions.begin(), precisions.end(), stated) == precisions.end()) {
      refuse_import(fmt::format("unknown --precision '{}'{}", stated,
                                suggestion(shortened(stated), precisions)));
    }
    request.precision = stated;
  }
  if (line.has("power-w")) {
    constexpr double kLeast = 1e-6;
    constexpr double kMost = 1e6;
    const auto watts = line.get<double>("power-w");
    if (!(watts >= kLeast && watts <= kMost)) {
      refuse_import(fmt::format("--power-w must be {:g} to {:g}", kLeast, kMost));
    }
    request.power_w = watts;
  }
  if (line.has("format")) request.tool = foreign_tool_by_name(line.get<std::string>("format"));
  if (line.has("map")) request.map = load_entry_map(line.get<std::string>("map"));
  return request;
}

double share_of(double part, double all) {
  return all > 0 ? part / all : 0;
}

std::vector<std::size_t> longest_first(const ForeignProfile& profile,
                                       std::vector<std::size_t> entries) {
  std::stable_sort(entries.begin(), entries.end(), [&](std::size_t a, std::size_t b) {
    return profile.entries[a].latency.value > profile.entries[b].latency.value;
  });
  return entries;
}

/// "0.012 ms (1.2 %) of 3 entries belong to no layer and are not in the table: a, b, c."
std::string remainder_sentence(const ForeignProfile& profile, const LayerMatch& match) {
  if (match.unmapped.empty()) return "All of its time belongs to layers.";
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> names;
  for (const std::size_t entry : longest_first(profile, match.unmapped)) {
    if (names.size() < kNamed) names.push_back(shortened(profile.entries[entry].name));
  }
  const std::size_t others = match.unmapped.size() - names.size();
  return fmt::format("{} ms ({:.1f} %) of {} {} no layer and are not in the table: {}{}.",
                     decimals(match.unmapped_s * kToMilli, kMilliDecimals).text(),
                     100 * share_of(match.unmapped_s, profile.total_s()), match.unmapped.size(),
                     match.unmapped.size() == 1 ? "entry belong to" : "entries belong to",
                     fmt::join(names, ", "), others > 0 ? fmt::format(" and {} more", others) : "");
}

bool has_fused_entry(const LayerMatch& match) {
  return std::any_of(match.sources.begin(), match.sources.end(), [](const auto& sources) {
    return std::any_of(sources.begin(), sources.end(),
                       [](const LayerMatch::Source& source) { return source.elsewhere; });
  });
}

LayerProfile table_of(const ImportRequest& request, const Graph& graph,
                      const ForeignProfile& profile, const LayerMatch& match) {
  LayerProfile table{
      .device = request.device,
      .model = graph.name(),
      .precision = request.precision.value_or(kTakenPrecision),
      .provenance = {"measured", std::string{kImportedProfile},
                     fmt::format("{}, by {}", profile.file, title_of(profile.tool))}};
  table.note =
      fmt::format("Times are {}. {}", profile.statistic, remainder_sentence(profile, match));
  if (const std::size_t untimed = match.untimed(graph).size(); untimed > 0) {
    table.note += fmt::format(" Without an entry, at 0 s: {} of {} layers.", untimed,
                              graph.layers().size() - 1);
  }
  if (const std::size_t unpriced = match.unpriced(graph).size(); unpriced > 0) {
    table.note += fmt::format(" {} of these {}, which --allow-untimed let pass.", unpriced,
                              unpriced == 1 ? "multiplies" : "multiply");
  }
  if (!request.precision) {
    table.note += fmt::format(" Precision not stated; taken as {}.", kTakenPrecision);
  }
  if (has_fused_entry(match)) {
    table.note += " A fused entry's time is all at the first layer of it that multiplies.";
  }
  for (const std::string& caution : profile.cautions) table.note += " " + caution;
  if (request.power_w) {
    table.note += fmt::format(
        " Energies are the latencies at {} W, which was stated, not measured.", *request.power_w);
  }
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Estimate& latency = match.latencies[id];
    LayerProfile::Row row{.layer = graph.layer(id).name,
                          .latency_s = latency.value,
                          .energy_j = {},
                          .interval_s = latency.half_width};
    if (request.power_w) row.energy_j = *request.power_w * row.latency_s;
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Refuses what no table may hold, and could not be loaded from it.
void require_readable(const LayerProfile& table, const std::string& file) {
  const auto require = [&](const LayerProfile::Row& row, std::string_view key, double value,
                           const NumberRange& range) {
    if (value >= range.min && value <= range.max) return;
    throw ConfigError{fmt::format("{}: error: layer '{}': {}: expected {:g} to {:g}, got {:g}",
                                  file, row.layer, key, range.min, range.max, value)};
  };
  for (const LayerProfile::Row& row : table.rows) {
    require(row, "latency_s", row.latency_s, kLayerLatency);
    require(row, "interval_s", row.interval_s.value_or(0), kLayerLatency);
    require(row, "energy_j", row.energy_j.value_or(0), kLayerEnergy);
  }
}

/// Writes the table, but never over one that something else measured or published.
fs::path write_import(const fs::path& folder, LayerProfile table, const Bibliography& bibliography,
                      const Graph& graph) {
  OutputFolder out{folder / "layers" / table.device};
  fs::path file = out.path() / (table.model + ".yaml");
  if (fs::exists(file)) {
    const ProfileLibrary there{{folder}};
    const LayerProfile old = load_layer_profile(there, bibliography, table.device, graph);
    if (old.provenance.kind != "predicted" && old.provenance.source != kImportedProfile) {
      refuse_import(
          fmt::format("{} is {}, which an import does not replace; choose another folder with -o",
                      file.string(), to_string(old.provenance)));
    }
  }
  out.add(table.model + ".yaml",
          "# Made by 'papilio import-profile'; do not edit.\n" +
              write_fields([&](FieldVisitor& visitor) { describe_layer_profile(visitor, table); }));
  out.commit();
  return file;
}

TableCell milliseconds(double seconds) {
  return decimals(seconds * kToMilli, kMilliDecimals);
}

/// The entries that a layer's time is of, and how they came to it.
std::string sources_text(const ForeignProfile& profile,
                         const std::vector<LayerMatch::Source>& sources) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> texts;
  for (const LayerMatch::Source& source : sources) {
    if (texts.size() == kMost) break;
    const MeasuredEntry& entry = profile.entries[source.entry];
    texts.push_back(
        fmt::format("{}{}{}{}", source.elsewhere ? "part of " : "", shortened(entry.name),
                    entry.scope.empty() ? "" : fmt::format(" in {}", shortened(entry.scope)),
                    source.by == MatchBy::kMap     ? " (by the map)"
                    : source.by == MatchBy::kOrder ? " (by order)"
                                                   : ""));
  }
  if (sources.size() > kMost) texts.push_back(fmt::format("{} more", sources.size() - kMost));
  return fmt::format("{}", fmt::join(texts, "; "));
}

Section layers_section(const Graph& graph, const ForeignProfile& profile, const LayerMatch& match) {
  const bool intervals =
      std::any_of(match.latencies.begin(), match.latencies.end(),
                  [](const Estimate& latency) { return latency.half_width.has_value(); });
  Table table{.columns = {{"layer", true}, {"ms"}}};
  if (intervals) table.columns.push_back({"± ms"});
  table.columns.push_back({"%"});
  table.columns.push_back({"from", true});
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    if (match.sources[id].empty()) continue;
    const Estimate& latency = match.latencies[id];
    Table::Row row{graph.layer(id).name, milliseconds(latency.value)};
    if (intervals) {
      row.push_back(latency.half_width ? milliseconds(*latency.half_width) : none());
    }
    row.push_back(decimals(100 * share_of(latency.value, profile.total_s()), 1));
    row.push_back(sources_text(profile, match.sources[id]));
    table.rows.push_back(std::move(row));
  }
  return {.title = "Layers", .table = std::move(table)};
}

Section unmapped_section(const ForeignProfile& profile, const LayerMatch& match) {
  constexpr std::size_t kMost = 50;
  Table table{.columns = {{"entry", true}, {"ms"}, {"%"}}};
  for (const std::size_t index : longest_first(profile, match.unmapped)) {
    if (table.rows.size() == kMost) break;
    const MeasuredEntry& entry = profile.entries[index];
    table.rows.push_back(
        {entry.scope.empty() ? entry.name : fmt::format("{} in {}", entry.name, entry.scope),
         milliseconds(entry.latency.value),
         decimals(100 * share_of(entry.latency.value, profile.total_s()), 1)});
  }
  Section section{.title = "Entries of no layer", .table = std::move(table)};
  if (match.unmapped.size() > kMost) {
    section.remarks.push_back(fmt::format("And {} more.", match.unmapped.size() - kMost));
  }
  return section;
}

Section untimed_section(const Graph& graph, const std::vector<LayerId>& untimed) {
  Table table{.columns = {{"layer", true}, {"kind", true}, {"MMAC"}}};
  constexpr double kMega = 1e6;
  for (const LayerId id : untimed) {
    const Layer& layer = graph.layer(id);
    table.rows.push_back({layer.name, std::string{kind_name(layer.op)},
                          decimals(static_cast<double>(layer.macs) / kMega, 3)});
  }
  return {.title = "Layers without an entry, at 0 s", .table = std::move(table)};
}

Section totals_section(const ForeignProfile& profile, const LayerMatch& match) {
  const double total_s = profile.total_s();
  const auto row = [&](const char* what, double seconds) {
    return Table::Row{what, milliseconds(seconds), decimals(100 * share_of(seconds, total_s), 1)};
  };
  Table table{.columns = {{"", true}, {"ms"}, {"%"}}};
  table.rows = {row("layers", match.mapped_s), row("entries of no layer", match.unmapped_s),
                row("all entries", total_s)};
  if (profile.whole) table.rows.push_back(row("whole runs", profile.whole->value));
  return {.title = "Totals", .table = std::move(table), .remarks = profile.cautions};
}

Document import_report(const ImportRequest& request, const Graph& graph,
                       const ForeignProfile& profile, const LayerMatch& match) {
  Document document{
      .title = fmt::format("{} on {}", graph.name(), request.device),
      .paragraphs = {fmt::format(
          "From {}, by {}: {}; {}, {}.", profile.file, title_of(profile.tool), profile.statistic,
          request.precision ? *request.precision
                            : fmt::format("precision not stated, taken as {}", kTakenPrecision),
          request.power_w ? fmt::format("{} W as stated", *request.power_w) : "without energies")},
      .sections = {layers_section(graph, profile, match)}};
  if (!match.unmapped.empty()) document.sections.push_back(unmapped_section(profile, match));
  if (const std::vector<LayerId> untimed = match.untimed(graph); !untimed.empty()) {
    document.sections.push_back(untimed_section(graph, untimed));
  }
  document.sections.push_back(totals_section(profile, match));
  return document;
}

}  // namespace

void import_profile_command(const Words& words) {
  CommandLine line{
      "import-profile FILE --model NAME --device NAME [options]",
      "Makes a layer table of the times that another tool measured on a device: ONNX Runtime's\n"
      "profiling JSON, trtexec --exportProfile, TensorFlow Lite's benchmark_model CSV, or\n"
      "torch.profiler's trace. Writes DIR/layers/DEVICE/MODEL.yaml, and says which entry of the "
      "file\n"
      "is which layer. What belongs to no layer is not in the table, but told. If that is more "
      "than\n"
      "half of the time, nothing is written.",
      {"papilio import-profile trace.json --model resnet20-cifar10 --device jetson-tx2",
       "papilio import-profile trace.json --model resnet20-cifar10 --device jetson-tx2 \\\n"
       "    --map map.csv --precision fp16 --power-w 5 -o my-profiles"}};
  line.add_positional("file");
  line.add_options()("model", po::value<std::string>()->value_name("NAME"),
                     "network ('papilio models list')");
  line.add_options()("device", po::value<std::string>()->value_name("NAME"),
                     "device that it was measured on ('papilio devices list')");
  line.add_options()("format", po::value<std::string>()->value_name("TOOL"),
                     "ort, tensorrt, tflite or torch (default: by what the file holds)");
  line.add_options()("map", po::value<std::string>()->value_name("FILE"),
                     "CSV of the columns measured,layer: which entry is which layer (layer empty: "
                     "none); goes before names");
  line.add_options()("precision", po::value<std::string>()->value_name("TYPE"),
                     "that layers were computed in, which no file tells: fp32, fp16, bf16 or int8 "
                     "(default: taken as fp32, which the table's note says)");
  line.add_options()("allow-untimed", po::bool_switch(),
                     "write the table though layers that multiply have no entry, at 0 s");
  line.add_options()("power-w", po::value<double>()->value_name("W"),
                     "power while it computes, from which energies follow (default: no energies)");
  add_profiles_option(line);
  line.add_options()("output,o",
                     po::value<std::string>()->default_value(kOwnProfiles)->value_name("DIR"),
                     "folder of profiles (every command finds what is in results/profiles)");
  line.add_options()("json", po::bool_switch(), "print JSON instead of tables");
  line.add_wide_option();
  if (!line.parse(words)) return;
  const ImportRequest request = import_request(line);
  const ProfileLibrary library = library_with(line, request.folder);
  const Bibliography bibliography{library};
  require_device(library, request);
  const Graph graph = model_by_name(library, line.get<std::string>("model"));
  const ForeignProfile profile = read_foreign_profile(request.file, request.tool);
  const LayerMatch match = match_layers(profile, graph, request.map);
  require_half(match, profile, graph, request.file);
  if (!request.allow_untimed) require_priced(match, graph, request.file);
  LayerProfile table = table_of(request, graph, profile, match);
  require_readable(table, request.file);
  const fs::path written = write_import(request.folder, std::move(table), bibliography, graph);
  tell_shadowed(library_of(line), {request.device, graph.name()});
  Document report = import_report(request, graph, profile, match);
  report.paragraphs.push_back(
      fmt::format("Wrote {}; scenarios take it{}.", written.string(),
                  request.folder == kOwnProfiles
                      ? ""
                      : fmt::format(" with --profiles {}", request.folder.string())));
  print(report, line.get<bool>("json") ? "json" : "md", line.is_wide());
}

}  // namespace papilio
