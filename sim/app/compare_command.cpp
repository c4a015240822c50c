#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include "models/networks/network_file.hpp"
#include "sim/app/command.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"
#include "sim/compare/comparison.hpp"
#include "sim/compare/report.hpp"
#include "sim/compare/things.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw ConfigError{
      fmt::format("papilio compare: error: {}; see 'papilio compare --help'", message)};
}

double tolerance_of(const std::string& word, std::string_view number) {
  double value = 0;
  const auto [stop, status] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (status != std::errc{} || stop != number.data() + number.size() || !std::isfinite(value) ||
      value < 0) {
    refuse(fmt::format("--tolerance '{}': expected a number >= 0, or NAME=NUMBER{}", word,
                       percent_remedy(number)));
  }
  return value;
}

CompareRules rules_of(const CommandLine& line) {
  CompareRules rules{.tolerance = 1e-9, .of_measure = {}, .exact = line.get<bool>("exact")};
  for (const std::string& word : line.all("tolerance")) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos) {
      rules.tolerance = tolerance_of(word, word);
    } else {
      rules.of_measure[word.substr(0, equals)] =
          tolerance_of(word, std::string_view{word}.substr(equals + 1));
    }
  }
  constexpr std::size_t kMostListed = 100'000;
  if (line.get<bool>("all")) rules.listed = kMostListed;
  return rules;
}

/// Finds out what a word names: a folder, a file, or a layer table of the library.
Comparable thing_of(const CommandLine& line, const std::string& word) {
  const std::string study = line.has("study") ? line.get<std::string>("study") : "";
  if (fs::is_directory(word)) return run_folder(word);
  if (fs::exists(word)) {
    if (is_database(word)) return stored_study(word, study);
    const std::string ending = fs::path{word}.extension();
    if (ending == ".yaml" || ending == ".yml") return layer_table(word, word);
    refuse_file(word,
                "is no database of studies and no layer table; give the folder of a run, a "
                "database, or a layer table");
  }
  const ProfileLibrary library = library_of(line);
  const fs::path table = library.find("layers", word);
  if (!table.empty()) return layer_table(word, table);
  const std::string near = nearest_name(word, library.names("layers"));
  refuse(fmt::format("'{}' is no folder, no file and no layer table{}", word,
                     near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

/// Layer tables are of one network; where that is known, blocks are compared too.
void check_networks(const CommandLine& line, Comparable& a, Comparable& b) {
  if (a.kind != Comparable::Kind::kLayers || b.kind != a.kind) return;
  if (model_of(a) != model_of(b)) {
    throw ConfigError{fmt::format(
        "papilio compare: error: '{}' and '{}' are of two networks; compare one network's tables",
        a.name, b.name)};
  }
  const std::optional<Graph> graph = find_network(library_of(line), model_of(a));
  if (!graph) return;
  add_blocks(a, *graph);
  add_blocks(b, *graph);
}

}  // namespace

void compare_command(const Words& words) {
  CommandLine line{
      "compare A B [options]",
      "Shows what differs between two runs' folders, two databases of studies, or two layer "
      "tables, beyond a\ntolerance and beyond the intervals, and which inputs differ. Of fleets, "
      "what has no interval is judged\nwith --exact or a tolerance of its own only. Exit code: 0 "
      "if nothing differs, 1 if something does.",
      {"papilio compare results/table4 results/reference/table4",
       "papilio compare results/today results/yesterday --tolerance 1e-6 --tolerance energy_j=0.01",
       "papilio compare results/a.db results/b.db --study bandwidth --format csv --all",
       "papilio compare xeon-1-thread/resnet20-cifar10 xeon-sse3-1-thread/resnet20-cifar10"}};
  line.add_positional("things", -1);
  line.add_options()("tolerance",
                     po::value<std::vector<std::string>>()->value_name("[NAME=]NUMBER"),
                     "how far two values may be apart, relative to the greater (default: 1e-9); "
                     "with NAME, of one measure, which is then judged in any case; may be given "
                     "again");
  line.add_options()("exact", po::bool_switch(),
                     "intervals excuse nothing, and what has none is judged too");
  line.add_options()("study", po::value<std::string>()->value_name("NAME"),
                     "which of several studies, by name or number (default: the one run last)");
  line.add_options()("all", po::bool_switch(),
                     "show every difference, up to 100,000, not only the 20 greatest");
  line.add_format_option("md, csv (the differences), json, latex or html");
  line.add_options()("json", po::bool_switch(), "the same as --format json");
  line.add_options()("quiet,q", po::bool_switch(), "print nothing; the exit code tells");
  add_profiles_option(line);
  if (!line.parse(words)) return;
  const std::string format = line.get<bool>("json") ? "json" : line.get<std::string>("format");
  check_format(format);
  const std::vector<std::string> things = line.all("things");
  if (things.size() != 2) refuse(fmt::format("expected two things, got {}", things.size()));
  const CompareRules rules = rules_of(line);
  Comparable a = thing_of(line, things[0]);
  Comparable b = thing_of(line, things[1]);
  check_networks(line, a, b);
  const Comparison found = compare(a, b, rules);
  if (!line.get<bool>("quiet")) {
    const bool for_machines = format == "csv" || format == "json";
    print(comparison_report(a, b, rules, found, for_machines), format, line.is_wide());
  }
  if (found.differs()) throw Differs{};
}

}  // namespace papilio
