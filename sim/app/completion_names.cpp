#include "sim/app/completion_names.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>

#include "models/networks/network_file.hpp"
#include "sim/app/command.hpp"
#include "sim/app/starters.hpp"
#include "sim/base/csv.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/planner/proposals.hpp"
#include "sim/planner/sensitivity.hpp"
#include "sim/radio/radio.hpp"
#include "sim/report/fleet_columns.hpp"
#include "sim/report/summary.hpp"
#include "sim/study/ask/facts.hpp"
#include "sim/study/ask/statistics.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

using Files = Completion::Files;

bool is_among(std::string_view verbs, const std::string& verb) {
  if (verbs.empty()) return true;
  for (std::size_t begin = 0; begin <= verbs.size();) {
    const std::size_t end = std::min(verbs.find(',', begin), verbs.size());
    if (verbs.substr(begin, end - begin) == verb) return true;
    begin = end + 1;
  }
  return false;
}

CompletionNames as_names(const std::vector<std::string>& words) {
  CompletionNames names;
  names.words.reserve(words.size());
  for (const std::string& word : words) names.words.emplace_back(word, "");
  return names;
}

ProfileLibrary library_of_context(const CompletionContext& context) {
  std::vector<fs::path> folders;
  const auto [from, to] = context.values.equal_range("profiles");
  for (auto it = from; it != to; ++it) folders.emplace_back(it->second);
  std::erase_if(folders, [](const fs::path& folder) {
    return !ProfileLibrary::problem_with(folder).empty();
  });
  folders.push_back(shipped_profiles());
  return ProfileLibrary{std::move(folders)};
}

/// The names of a kind of thing, where --profiles points to and those that come with Papilio.
CompletionNames things(const CompletionContext& context, std::string_view kind) {
  const ProfileLibrary library = library_of_context(context);
  return as_names(kind == "models" ? network_names(library) : library.names(kind));
}

/// Results that a verb is about: its first word, a database of studies or a folder.
fs::path results_of(const CompletionContext& context) {
  return context.positionals.empty() ? fs::path{} : fs::path{context.positionals.front()};
}

StudyDatabase database_of_context(const CompletionContext& context) {
  return StudyDatabase{results_of(context), StudyDatabase::Mode::kRead};
}

StoredStudy study_of_context(const CompletionContext& context, StudyDatabase& database) {
  const auto named = context.values.find("study");
  return database.study(named == context.values.end() ? "" : named->second);
}

CompletionNames studies(const CompletionContext& context) {
  CompletionNames names;
  if (!fs::is_regular_file(results_of(context))) return names;
  StudyDatabase database = database_of_context(context);
  for (const StoredStudy& study : database.studies()) names.words.emplace_back(study.name, "");
  return names;
}

template <class Columns>
void add_columns(CompletionNames& names, const Columns& columns, bool measures) {
  for (const Column& column : columns) {
    if ((column.kind == ColumnKind::kMeasure) != measures) continue;
    names.words.emplace_back(column.name, column.doc);
  }
}

/// The measures, or the dimensions, of results: of a study those of its kind and its axes, of a
/// folder those of the file that it has, else those that there can be.
CompletionNames columns_of_results(const CompletionContext& context, bool measures) {
  CompletionNames names;
  const fs::path results = results_of(context);
  if (measures && fs::exists(results / "cells.csv")) {
    return as_names({"p50_error", "p90_error", "p99_error"});
  }
  bool fleet = fs::exists(results / "fleet.csv");
  bool cells = fs::exists(results / "summary.csv");
  if (fs::is_regular_file(results)) {
    StudyDatabase database = database_of_context(context);
    const StoredStudy study = study_of_context(context, database);
    fleet = study.kind == "fleet";
    cells = !fleet;
    if (!measures) {
      for (const std::string& axis : study.axes)
        names.words.emplace_back(axis, "axis of the study");
      names.words.emplace_back(kReplicate, "");
    }
  }
  if (cells || !fleet) add_columns(names, summary_columns(), measures);
  if (fleet || !cells) add_columns(names, fleet_columns(), measures);
  std::set<std::string> seen;
  std::erase_if(names.words, [&](const auto& word) { return !seen.insert(word.first).second; });
  return names;
}

/// The strategies of a fleet's results.
CompletionNames strategies_of_results(const CompletionContext& context) {
  const fs::path file = results_of(context) / "fleet.csv";
  CompletionNames names;
  if (!fs::is_regular_file(file)) return names;
  const std::vector<CsvRecord> records = read_csv(file.string(), CsvStyle::kStrict);
  const std::vector<std::string>& header = records.at(0).cells;
  const auto at = static_cast<std::size_t>(std::find(header.begin(), header.end(), "strategy") -
                                           header.begin());
  std::set<std::string> seen;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const std::string& name = records[i].cells.at(at);
    if (seen.insert(name).second) names.words.emplace_back(name, "");
  }
  return names;
}

/// The keys of a node's numbers and words, as --set names them, each with what it is now.
void add_keys(const Node& node, const std::string& path, CompletionNames& names) {
  const std::string before = path.empty() ? "" : path + ".";
  for (const Node::Entry& entry : node.entries) add_keys(entry.value, before + entry.key, names);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    add_keys(node.items[i], before + std::to_string(i), names);
  }
  if (node.entries.empty() && node.items.empty()) names.words.emplace_back(path, node.scalar);
}

CompletionNames keys_of_file(const CompletionContext& context) {
  CompletionNames names;
  if (context.positionals.empty()) return names;
  add_keys(load_yaml(own_or_shipped(context.positionals.front()).string()), "", names);
  return names;
}

CompletionNames with_equals(CompletionNames names) {
  for (auto& [text, about] : names.words) text += '=';
  return names;
}

CompletionNames files_that_end(std::string ending) {
  return {.words = {}, .files = Files::kFiles, .ending = std::move(ending)};
}

/// One step into the scenarios that come with Papilio, where this folder has none.
void add_shipped(CompletionNames& names, const std::string& word, bool studies) {
  constexpr std::string_view kScenarios = "scenarios/";
  const std::size_t slash = word.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : word.substr(0, slash + 1);
  if (fs::exists("scenarios")) return;
  if (folder.empty()) {
    names.words.emplace_back(kScenarios, "those that come with Papilio");
    return;
  }
  if (!folder.starts_with(kScenarios)) return;
  std::error_code ignored;
  std::set<std::string> found;
  for (const fs::directory_entry& entry :
       fs::directory_iterator{shipped_folder() / folder, ignored}) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory()) {
      if (folder != kScenarios || (name == "studies") == studies) found.insert(folder + name + '/');
    } else if (entry.path().extension() == ".yaml") {
      found.insert(folder + name);
    }
  }
  for (const std::string& name : found) names.words.emplace_back(name, "");
}

CompletionNames scenario_files(const std::string& word, bool studies) {
  CompletionNames names = files_that_end(".yaml");
  add_shipped(names, word, studies);
  return names;
}

/// The words of lists by name: an action, then a name.
CompletionNames catalogue_words(const std::string& verb, const CompletionContext& context) {
  if (context.positionals.empty()) {
    CompletionNames names = as_names({"list", "show"});
    if (verb == "profiles") names.words.emplace_back("derive", "");
    return names;
  }
  if (context.positionals.size() > 1 || context.positionals[0] == "list") return {};
  if (verb != "profiles") return things(context, verb);
  CompletionNames names = things(context, "published");
  if (context.positionals[0] == "derive") return names;
  for (auto& word : things(context, "layers").words) names.words.push_back(std::move(word));
  return names;
}

CompletionNames starter_kinds() {
  CompletionNames names;
  for (const Starter& starter : starters()) names.words.emplace_back(starter.kind, "");
  return names;
}

/// What a field of 'papilio new' names; nothing if it is no name.
CompletionNames field_names(const std::string& option, const CompletionContext& context) {
  for (const Starter& starter : starters()) {
    for (const StarterField& field : starter.fields) {
      if (field.option == option && field.kind == StarterField::Kind::kName) {
        return things(context, field.of);
      }
    }
  }
  return option == "base" ? files_that_end(".yaml") : CompletionNames{};
}

/// Where names come from that are no few words.
struct OptionSource {
  std::string_view verbs;
  std::string_view option;
  CompletionNames (*names)(const CompletionContext& context);
};

CompletionNames networks(const CompletionContext& context) {
  return things(context, "models");
}
CompletionNames measures(const CompletionContext& context) {
  return columns_of_results(context, true);
}
CompletionNames dimensions(const CompletionContext& context) {
  return columns_of_results(context, false);
}

const std::vector<OptionSource>& option_sources() {
  static const std::vector<OptionSource> kSources{
      {"", "model", networks},
      {"predict", "calibrate", networks},
      {"predict,import-profile", "device",
       [](const CompletionContext& context) { return things(context, "devices"); }},
      {"replay", "mobile,server",
       [](const CompletionContext& context) { return things(context, "devices"); }},
      {"replay,calibrate", "radio,leave-out",
       [](const CompletionContext& context) { return things(context, "radios"); }},
      {"plan", "network",
       [](const CompletionContext& context) { return things(context, "radios"); }},
      {"plan", "planner",
       [](const CompletionContext&) {
         CompletionNames names;
         for (const PlannerEntry& planner : planners()) {
           names.words.emplace_back(planner.name, "");
         }
         return names;
       }},
      {"plan", "energy-model",
       [](const CompletionContext&) { return as_names(energy_model_names()); }},
      {"plan", "along,across",
       [](const CompletionContext&) {
         CompletionNames names;
         for (const ConditionAxis& axis : condition_axes()) {
           names.words.emplace_back(axis.name, axis.phrase);
         }
         return names;
       }},
      {"table,plot", "value", measures},
      {"table", "rows,cols,group,best,over", dimensions},
      {"plot", "x,by,over", dimensions},
      {"table,plot", "where",
       [](const CompletionContext& context) { return with_equals(dimensions(context)); }},
      {"table", "stat", [](const CompletionContext&) { return as_names(stat_names()); }},
      {"plot", "strategy", strategies_of_results},
      {"", "study", studies},
      {"capacity", "until",
       [](const CompletionContext&) {
         CompletionNames names;
         add_columns(names, fleet_columns(), true);
         return names;
       }},
      {"capacity", "for", keys_of_file},
      {"", "set",
       [](const CompletionContext& context) { return with_equals(keys_of_file(context)); }},
      {"report", "against", [](const CompletionContext&) { return files_that_end(""); }},
  };
  return kSources;
}

}  // namespace

const std::vector<OptionWords>& option_words() {
  static const std::vector<OptionWords> kWords{
      {"import-profile", "format", {"ort", "tensorrt", "tflite", "torch"}},
      {"study export", "format", {"csv", "json"}},
      {"import-profile", "precision", {"fp32", "fp16", "bf16", "int8"}},
      {"predict", "precision", {"fp32", "fp16"}},
      {"predict", "method", {"auto", "regression", "roofline"}},
      {"plan", "target", {"latency", "energy", "product"}},
      {"plan",
       "limit",
       {"latency_s", "mobile_energy_j", "cloud_s", "upload_bytes", "mobile_weight_bytes",
        "edge_weight_bytes", "cloud_weight_bytes", "accuracy_loss", "accuracy"}},
      {"plan", "over", {"mean", "p95"}},
      {"plan", "show", plan_sections()},
      {"plan,plot", "columns", {"1", "2"}},
      {"plan,plot", "legend", {"right", "below", "none"}},
      {"plan,plot", "log", {"x", "y", "x,y", "none"}},
      {"plot", "figure", {"stages", "published", "tradeoff", "accuracy"}},
      {"models", "cuts", {"one", "all"}},
      {"study submit", "engine", {"slurm"}},
      {"infer,offload,profile,serve,train", "device", {"cpu", "cuda"}},
      {"infer,offload,profile,serve,train,validate", "normalize", {"imagenet", "caffe", "none"}},
      {"infer,serve", "after", {"input", "blocks"}},
      {"offload", "after", {"input", "none"}},
      {"profile", "after", {"input", "blocks"}},
      {"train", "after", {"blocks", "none"}},
      {"profile", "dtype", {"fp32", "fp16"}},
      {"train", "optimizer", {"adam", "sgd"}},
      {"train", "schedule", {"cosine", "step"}},
  };
  return kWords;
}

CompletionNames value_names(const std::string& verb, const VerbHelp::Option& option,
                            const CompletionContext& context) {
  for (const OptionWords& known : option_words()) {
    if (known.option != option.name || !is_among(known.verbs, verb)) continue;
    CompletionNames names = as_names(known.words);
    return option.value.find('=') == std::string::npos ? names : with_equals(std::move(names));
  }
  for (const OptionSource& source : option_sources()) {
    if (is_among(source.option, option.name) && is_among(source.verbs, verb)) {
      return source.names(context);
    }
  }
  if (verb == "new") {
    if (CompletionNames names = field_names(option.name, context);
        !names.words.empty() || names.files != Files::kNone) {
      return names;
    }
  }
  if (option.value == "FORMAT") return as_names(output_formats());
  if (option.value == "DIR" || option.value == "FOLDER") {
    return {.words = {}, .files = Files::kFolders, .ending = {}};
  }
  if (option.value == "DB") return files_that_end(".db");
  if (option.value == "FILE.json") return files_that_end(".json");
  if (option.value == "FILE" || option.value == "FILE,...") return files_that_end("");
  // A dataset may be a folder too; which there are papilio-tensor alone knows.
  if (option.name == "data") return {.words = {}, .files = Files::kFolders, .ending = {}};
  return {};
}

CompletionNames word_names(const std::string& verb, const std::string& word,
                           const CompletionContext& context) {
  constexpr std::array kCatalogues{"models", "devices", "radios", "profiles"};
  if (std::find(kCatalogues.begin(), kCatalogues.end(), verb) != kCatalogues.end()) {
    return catalogue_words(verb, context);
  }
  const bool first = context.positionals.empty();
  if (is_among("calibrate,replay", verb)) {
    return {.words = {}, .files = Files::kFolders, .ending = {}};
  }
  if (is_among("run,check,plan,capacity,validate", verb)) {
    return first ? scenario_files(word, false) : CompletionNames{};
  }
  if (is_among("study check,study run,study submit", verb)) {
    return first ? scenario_files(word, true) : CompletionNames{};
  }
  if (is_among("table,study export,study status,study sql,plot", verb)) {
    return first ? files_that_end(".db") : CompletionNames{};
  }
  if (verb == "study merge") return files_that_end(".db");
  if (verb == "schema") return first ? as_names(schema_kinds()) : CompletionNames{};
  if (verb == "new") return first ? starter_kinds() : CompletionNames{};
  if (verb == "completion") return first ? as_names({"bash", "zsh"}) : CompletionNames{};
  if (verb == "compare") {
    CompletionNames names = things(context, "layers");
    names.files = Files::kFiles;
    return names;
  }
  if (is_among("report,import,import-profile,infer,offload,profile", verb))
    return files_that_end("");
  return {};
}

}  // namespace papilio
