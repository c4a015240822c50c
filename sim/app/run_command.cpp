#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/app/command.hpp"
#include "sim/app/scenario_options.hpp"
#include "sim/app/version.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/cli/interrupts.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/streams.hpp"
#include "sim/cli/version.hpp"
#include "sim/document/json_text.hpp"
#include "sim/engine/simulate.hpp"
#include "sim/engine/simulate_fleet.hpp"
#include "sim/report/fleet_report.hpp"
#include "sim/report/outcome.hpp"
#include "sim/report/run_report.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/study/spec.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

constexpr const char* kEngine = "SimGrid";
constexpr const char* kEffective = "scenario.effective.yaml";

/// Plays the cells; on Ctrl-C stops between batches.
Outcomes play(const Scenario& scenario, int jobs, bool quiet) {
  std::vector<World> worlds;
  for (const Cell& cell : scenario.cells) worlds.push_back({cell.plan, cell.use});
  Progress progress{std::max<std::size_t>(worlds.size(), 1), "cells", quiet};
  const std::vector<PlayedRequest> played =
      simulate(worlds, {.jobs = jobs,
                        .on_progress = [&](std::size_t done) { progress.update(done); },
                        .stop_requested = interrupted});
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < played.size(); ++i) {
    outcomes.push_back({scenario.cells[i], played[i].finish, played[i].breakdown});
  }
  return Outcomes{std::move(outcomes)};
}

/// One run of the program, for its manifest.
struct Invocation {
  Words words;
  std::chrono::system_clock::time_point started{std::chrono::system_clock::now()};
  std::chrono::steady_clock::time_point clock{std::chrono::steady_clock::now()};
  int jobs{1};
  bool quiet{false};
  std::string format;
  std::string output;  // empty: results/NAME

  [[nodiscard]] double wall_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - clock).count();
  }
  [[nodiscard]] OutputFolder folder(const std::string& name) const {
    return OutputFolder{output.empty() ? std::filesystem::path{"results"} / name
                                       : std::filesystem::path{output}};
  }
  /// Where another scenario's results stand in the folder, as of another --set, tells that those of
  /// this run will take their place.
  /// @param effective of this run
  void warn_of_others(const OutputFolder& folder, const std::string& effective) const {
    std::ifstream file{folder.path() / kEffective};
    const std::string earlier{std::istreambuf_iterator<char>{file}, {}};
    if (quiet || earlier.empty() || earlier == effective) return;
    tell(
        fmt::format("papilio run: {} holds the results of another scenario or other --set; these "
                    "will take their place (keep both with -o DIR)\n",
                    folder.path().string()));
  }
};

nlohmann::ordered_json manifest_of(const Invocation& invocation, const std::string& scenario,
                                   std::int64_t seed) {
  nlohmann::ordered_json libraries;
  for (const auto& [name, version] : library_versions()) libraries[name] = version;
  std::vector<std::string> command{"papilio", "run"};
  command.insert(command.end(), invocation.words.begin(), invocation.words.end());
  return {{"scenario", scenario},
          {"papilio", program_version()},
          {"git_revision", git_revision()},
          {"command", command},
          {"seed", seed},
          {"jobs", invocation.jobs},
          {"network_model", "CM02, cross-traffic off, latency 0"},
          {"libraries", libraries},
          {"started",
           fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(invocation.started)))},
          {"wall_s", invocation.wall_s()}};
}

/// The most memory that this process has had; its workers have their own.
std::uint64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  constexpr std::uint64_t kKibibyte = 1024;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * kKibibyte;
}

/// Prints a report, or the rows behind it in a form for machines.
void print_result(const Document& report, const std::string& format, const Table& rows,
                  const std::function<std::string()>& json) {
  if (format == "csv") {
    say(to_csv(rows));
  } else if (format == "json") {
    say(json());
  } else {
    print(report, format);
  }
}

void say_where(const OutputFolder& folder, double wall_s) {
  if (::isatty(STDERR_FILENO) == 1) {
    tell(fmt::format("\nWrote {} ({:.2f} s).\n", folder.path().string(), wall_s));
  }
}

void run_scenario(const ScenarioSource& source, const Invocation& invocation) {
  const Scenario scenario = load_scenario(source);
  const std::string effective = effective_yaml(scenario);
  OutputFolder folder = invocation.folder(scenario.spec.name);
  invocation.warn_of_others(folder, effective);
  const Outcomes outcomes = play(scenario, invocation.jobs, invocation.quiet);
  const Document report =
      run_report(scenario, outcomes, fmt::format("{} {}", kEngine, simgrid_version()));
  nlohmann::ordered_json manifest = manifest_of(invocation, scenario.spec.name, scenario.spec.seed);
  manifest["cells"] = scenario.cells.size();

  folder.add("summary.csv", to_csv(summary_table(outcomes)));
  folder.add("records.csv", to_csv(records_table(outcomes)));
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add(kEffective, effective);
  folder.add("manifest.json", json_text(manifest));
  folder.commit();
  if (invocation.quiet) return;
  print_result(report, invocation.format, summary_table(outcomes),
               [&] { return summary_json(scenario, outcomes); });
  say_where(folder, invocation.wall_s());
}

std::vector<FleetResult> play(const FleetScenario& fleet, const Invocation& invocation) {
  Progress progress{1, "", invocation.quiet};
  const auto show = [&](const FleetProgress& done) {
    progress.update(done.share,
                    fmt::format("{:.0f} s simulated, {:.0f} requests/s", done.simulated_s,
                                static_cast<double>(done.requests) / progress.elapsed_s()));
  };
  return simulate_fleet(
      fleet.model, {.jobs = invocation.jobs, .on_progress = show, .stop_requested = interrupted});
}

/// The strategies that cut every network where the scenario says, in their order.
std::vector<std::string> fixed_cuts(const FleetScenario& fleet) {
  std::vector<std::string> cuts;
  for (const FleetStrategy& strategy : fleet.model.strategies) {
    const bool whole = strategy.name == "mobile-only" || strategy.name == "cloud-only";
    const bool cut = strategy.fixed() && !whole && strategy.name != "task";
    if (cut) cuts.push_back(strategy.name);
  }
  return cuts;
}

void run_fleet(const ScenarioSource& source, const Invocation& invocation) {
  const FleetScenario fleet = load_fleet(source);
  const std::string effective = effective_yaml(fleet);
  OutputFolder folder = invocation.folder(fleet.spec.name);
  invocation.warn_of_others(folder, effective);
  const std::vector<FleetResult> results = play(fleet, invocation);
  check_time_series(source, fleet, results);
  const std::vector<FleetSummary> summaries = summarise(fleet, results);
  const Document report =
      fleet_report(fleet, results, summaries, fmt::format("{} {}", kEngine, simgrid_version()));
  nlohmann::ordered_json manifest = manifest_of(invocation, fleet.spec.name, fleet.spec.seed);
  const auto replications = static_cast<std::size_t>(fleet.model.replications);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const RunCounts& counts = results[i].counts;
    const double wall_s = counts.set_up_s + counts.wall_s;
    manifest["runs"].push_back({{"strategy", fleet.model.strategies[i / replications].name},
                                {"replication", i % replications},
                                {"requests", counts.requests},
                                {"events", counts.events},
                                {"set_up_s", counts.set_up_s},
                                {"wall_s", counts.wall_s},
                                {"requests_per_s", static_cast<double>(counts.requests) / wall_s},
                                {"peak_memory_bytes", counts.peak_memory_bytes}});
  }
  manifest["peak_memory_bytes"] = peak_memory_bytes();
  manifest["fixed_cuts"] = fixed_cuts(fleet);

  folder.add("fleet.csv", to_csv(fleet_table(fleet, summaries)));
  folder.add("energy.csv", to_csv(energy_table(fleet, results)));
  folder.add("choices.csv", to_csv(choices_table(fleet, summaries)));
  folder.add("timeseries.csv", timeseries_csv(fleet, results));
  if (fleet.model.record_share > 0) {
    folder.add("records.csv", fleet_records_csv(fleet, results));
  }
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add(kEffective, effective);
  folder.add("manifest.json", json_text(manifest));
  folder.commit();
  if (invocation.quiet) return;
  print_result(report, invocation.format, fleet_table(fleet, summaries),
               [&] { return fleet_json(fleet, summaries); });
  say_where(folder, invocation.wall_s());
}

/// A study is a scenario's file to look at, and has verbs of its own.
/// "1 strategy", "2 strategies".
std::string some(std::size_t count, const std::string& thing) {
  if (count == 1) return fmt::format("1 {}", thing);
  const bool y = thing.ends_with('y');
  return fmt::format("{} {}{}", count, y ? thing.substr(0, thing.size() - 1) : thing,
                     y ? "ies" : "s");
}

std::string extent_of_scenario(const ScenarioSource& source) {
  return some(load_scenario(source).cells.size(), "cell");
}

std::string extent_of_fleet(const ScenarioSource& source) {
  const FleetModel model = load_fleet(source).model;
  return fmt::format("{}, {}, {}", some(model.mobiles(), "mobile"),
                     some(model.strategies.size(), "strategy"),
                     some(static_cast<std::size_t>(model.replications), "replication"));
}

/// What is done with one of the two kinds of scenario.
struct ScenarioKind {
  void (*run)(const ScenarioSource& source, const Invocation& invocation);
  std::string (*extent)(const ScenarioSource& source);  // checks all of it; says what a run plays
};

ScenarioKind kind_of(const ScenarioSource& source) {
  return is_fleet(source) ? ScenarioKind{run_fleet, extent_of_fleet}
                          : ScenarioKind{run_scenario, extent_of_scenario};
}

void refuse_study(const ScenarioSource& source, const std::string& verb) {
  const Node root = read_scenario(source);
  const Node::Entry* kind = root.find("kind");
  if (kind == nullptr || kind->value.scalar != "study") return;
  Diagnostics diagnostics;
  diagnostics.error(kind->value.mark, "kind",
                    fmt::format("this is a study; give it to 'papilio study {}'", verb));
  diagnostics.throw_if_any();
}

}  // namespace

void run_command(const Words& words) {
  CommandLine line{
      "run FILE [options]",
      "Simulates every cell of a scenario, or every strategy of a fleet, prints its tables, and\n"
      "writes them with the records, the effective scenario and a manifest to a folder.",
      {"papilio run scenarios/paper/table4.yaml",
       "papilio run scenarios/fleets/server-load.yaml --jobs 0",
       "papilio run scenarios/paper/table4.yaml -o /tmp/t4 --format csv",
       "papilio run scenarios/paper/table4.yaml --set 'networks=[3g]' "
       "--set download_takes_time=true"}};
  add_scenario_options(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/NAME)");
  line.add_options()("format", po::value<std::string>()->default_value("md")->value_name("FORMAT"),
                     "what is printed: md, csv, json, latex or html");
  add_jobs_option(line);
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;

  catch_interrupts();
  Invocation invocation{.words = words};
  invocation.format = line.get<std::string>("format");
  invocation.quiet = line.get<bool>("quiet");
  invocation.jobs = jobs_of(line, "run");
  if (line.has("output")) invocation.output = line.get<std::string>("output");
  check_format(invocation.format);
  const ScenarioSource source = source_of(line, "run");
  refuse_study(source, "run");
  kind_of(source).run(source, invocation);
}

void check_command(const Words& words) {
  CommandLine line{"check FILE [options]",
                   "Checks a scenario and everything it refers to, and says what a run would do.",
                   {"papilio check scenarios/paper/table4.yaml"}};
  add_scenario_options(line);
  if (!line.parse(words)) return;
  const ScenarioSource source = source_of(line, "check");
  refuse_study(source, "check");
  fmt::print("{}: valid; {}\n", source.file, kind_of(source).extent(source));
}

void schema_command(const Words& words) {
  CommandLine line{
      "schema [KIND]",
      "Prints the JSON Schema (draft 7) of a scenario, or of KIND: scenario, fleet or study. "
      "In an\neditor with the YAML language server, put\n"
      "# yaml-language-server: $schema=papilio.schema.json\nat the top of a scenario.",
      {"papilio schema > papilio.schema.json", "papilio schema fleet > papilio.fleet.schema.json"}};
  line.add_positional("kind");
  if (!line.parse(words)) return;
  const std::string kind = line.has("kind") ? line.all("kind").front() : "scenario";
  const std::map<std::string, std::string (*)()> schemas{
      {"scenario", scenario_schema}, {"fleet", fleet_schema}, {"study", study_schema}};
  const auto schema = schemas.find(kind);
  if (schema == schemas.end()) {
    throw ConfigError{fmt::format("papilio schema: error: unknown kind '{}'{}", kind,
                                  suggestion(kind, {"scenario", "fleet", "study"}))};
  }
  fmt::print("{}", schema->second());
}

}  // namespace papilio
