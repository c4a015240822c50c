#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>

#include "sim/app/command.hpp"
#include "sim/app/progress.hpp"
#include "sim/app/version.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/engine/simulate.hpp"
#include "sim/report/json_text.hpp"
#include "sim/report/outcome.hpp"
#include "sim/report/run_report.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

constexpr const char* kEngine = "SimGrid";

volatile std::sig_atomic_t interrupted = 0;

void add_scenario_options(CommandLine& line) {
  line.add_positional("file", -1);
  line.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY.PATH=VALUE"),
                     "replace a value of the scenario; may be given again");
  line.add_options()("profiles", po::value<std::vector<std::string>>()->value_name("DIR"),
                     "folder of your own profiles, searched first; may be given again");
}

ScenarioSource source_of(const CommandLine& line, const std::string& verb) {
  const std::vector<std::string> files = line.all("file");
  if (files.size() != 1) {
    throw ConfigError{
        fmt::format("papilio {}: error: expected one scenario file, got {}; see "
                    "'papilio {} --help'",
                    verb, files.size(), verb)};
  }
  ScenarioSource source{.file = files[0], .overrides = line.all("set")};
  for (const std::string& folder : line.all("profiles")) source.profiles.emplace_back(folder);
  return source;
}

int jobs_of(const CommandLine& line) {
  const int jobs = line.get<int>("jobs");
  constexpr int kMostJobs = 1024;
  if (jobs < 0 || jobs > kMostJobs) {
    throw ConfigError{
        fmt::format("papilio run: error: --jobs must be 0 to {}, where 0 is all cores", kMostJobs)};
  }
  if (jobs > 0) return jobs;
  return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

/// From now on Ctrl-C stops the work at its next safe point instead of ending the program.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
}

/// Plays the cells; on Ctrl-C stops between batches.
Outcomes play(const Scenario& scenario, int jobs, bool quiet) {
  std::vector<World> worlds;
  for (const Cell& cell : scenario.cells) worlds.push_back({cell.demand, cell.use});
  Progress progress{std::max<std::size_t>(worlds.size(), 1), "cells", quiet};
  const std::vector<PlayedRequest> played =
      simulate(worlds, {.jobs = jobs,
                        .on_progress = [&](std::size_t done) { progress.update(done); },
                        .stop_requested = [] { return interrupted != 0; }});
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < played.size(); ++i) {
    outcomes.push_back({scenario.cells[i], played[i].start, played[i].finish, played[i].breakdown});
  }
  return Outcomes{std::move(outcomes)};
}

std::string manifest_json(const Scenario& scenario, const Words& words,
                          std::chrono::system_clock::time_point started, double wall_s, int jobs) {
  nlohmann::ordered_json libraries;
  for (const auto& [name, version] : library_versions()) libraries[name] = version;
  std::vector<std::string> command{"papilio", "run"};
  command.insert(command.end(), words.begin(), words.end());
  const nlohmann::ordered_json manifest{
      {"scenario", scenario.spec.name},
      {"papilio", program_version()},
      {"git_revision", git_revision()},
      {"command", command},
      {"seed", scenario.spec.seed},
      {"jobs", jobs},
      {"cells", scenario.cells.size()},
      {"network_model", "CM02, cross-traffic off, latency 0"},
      {"libraries", libraries},
      {"started", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                              fmt::gmtime(std::chrono::system_clock::to_time_t(started)))},
      {"wall_s", wall_s}};
  return json_text(manifest);
}

void print_result(const Scenario& scenario, const Outcomes& outcomes, const Document& report,
                  const std::string& format) {
  if (format == "csv") {
    fmt::print("{}", to_csv(summary_table(outcomes)));
  } else if (format == "json") {
    fmt::print("{}", summary_json(scenario, outcomes));
  } else {
    print(report, format);
  }
}

}  // namespace

void run_command(const Words& words) {
  CommandLine line{
      "run FILE [options]",
      "Simulates every cell of a scenario, prints its tables, and writes them with the "
      "records,\nthe effective scenario and a manifest to a folder.",
      {"papilio run scenarios/paper/table4.yaml",
       "papilio run scenarios/paper/table4.yaml -o /tmp/t4 --format csv",
       "papilio run scenarios/paper/table4.yaml --set 'networks=[3g]' "
       "--set download_takes_time=true"}};
  add_scenario_options(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/NAME)");
  line.add_options()("format", po::value<std::string>()->default_value("md")->value_name("FORMAT"),
                     "what is printed: md, csv, json or latex");
  line.add_options()("jobs,j", po::value<int>()->default_value(1)->value_name("N"),
                     "worker processes, 0 for one a core; the results do not depend on it");
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;

  catch_interrupts();
  const auto started = std::chrono::system_clock::now();
  const auto clock = std::chrono::steady_clock::now();
  const std::string format = line.get<std::string>("format");
  const bool quiet = line.get<bool>("quiet");
  const int jobs = jobs_of(line);
  check_format(format);
  const Scenario scenario = load_scenario(source_of(line, "run"));
  OutputFolder folder{line.has("output") ? std::filesystem::path{line.get<std::string>("output")}
                                         : std::filesystem::path{"results"} / scenario.spec.name};

  const Outcomes outcomes = play(scenario, jobs, quiet);
  const Document report =
      run_report(scenario, outcomes, fmt::format("{} {}", kEngine, simgrid_version()));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - clock;

  folder.add("summary.csv", to_csv(summary_table(outcomes)));
  folder.add("records.csv", to_csv(records_table(outcomes)));
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add("scenario.effective.yaml", effective_yaml(scenario));
  folder.add("manifest.json", manifest_json(scenario, words, started, wall.count(), jobs));
  folder.commit();
  if (!quiet) {
    print_result(scenario, outcomes, report, format);
    if (::isatty(STDERR_FILENO) == 1) {
      fmt::print(stderr, "\nWrote {} ({:.2f} s).\n", folder.path().string(), wall.count());
    }
  }
}

void check_command(const Words& words) {
  CommandLine line{"check FILE [options]",
                   "Checks a scenario and everything it refers to, and says what a run would do.",
                   {"papilio check scenarios/paper/table4.yaml"}};
  add_scenario_options(line);
  if (!line.parse(words)) return;
  const ScenarioSource source = source_of(line, "check");
  const Scenario scenario = load_scenario(source);
  const std::size_t cells = scenario.cells.size();
  fmt::print("{}: valid; {} cell{}\n", source.file, cells, cells == 1 ? "" : "s");
}

void schema_command(const Words& words) {
  CommandLine line{"schema",
                   "Prints the JSON Schema (draft 7) of a scenario. In an editor with the YAML "
                   "language server, put\n"
                   "# yaml-language-server: $schema=papilio.schema.json\nat the top of a scenario.",
                   {"papilio schema > papilio.schema.json"}};
  if (!line.parse(words)) return;
  fmt::print("{}", scenario_schema());
}

}  // namespace papilio
