#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/app/command.hpp"
#include "sim/app/scenario_options.hpp"
#include "sim/app/version.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/cli/version.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/paper/paper.hpp"
#include "sim/run/experiment.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

constexpr const char* kEffective = "scenario.effective.yaml";

/// One run of the program, for its manifest.
struct Invocation {
  Words words;
  std::chrono::system_clock::time_point started{std::chrono::system_clock::now()};
  std::chrono::steady_clock::time_point clock{std::chrono::steady_clock::now()};
  int jobs{1};
  bool quiet{false};
  std::string format;
  bool wide{false};    // of what is printed
  std::string output;  // empty: results/NAME
  std::optional<TimelineOptions> timeline;

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

nlohmann::ordered_json manifest_of(const Invocation& invocation, const Experiment& experiment) {
  nlohmann::ordered_json libraries;
  for (const auto& [name, version] : library_versions()) libraries[name] = version;
  std::vector<std::string> command{"papilio", "run"};
  command.insert(command.end(), invocation.words.begin(), invocation.words.end());
  return {{"scenario", experiment.name()},
          {"papilio", program_version()},
          {"git_revision", git_revision()},
          {"command", command},
          {"seed", experiment.seed()},
          {"jobs", invocation.jobs},
          {"network_model", "CM02, cross-traffic off, latency 0"},
          {"libraries", libraries},
          {"started",
           fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(invocation.started)))},
          {"wall_s", invocation.wall_s()}};
}

/// Prints a report, or the rows behind it in a form for machines.
void print_results(const Results& results, const Document& report, const std::string& format,
                   bool wide) {
  if (format == "csv") {
    say(to_csv(results.rows()));
  } else if (format == "json") {
    say(results.json());
  } else {
    print(report, format, wide);
  }
}

/// Plays an experiment; on Ctrl-C stops.
std::unique_ptr<Results> play(const Experiment& experiment, const Invocation& invocation) {
  Progress progress{1, "", invocation.quiet};
  return experiment.play(
      {.jobs = invocation.jobs,
       .on_progress = [&](double share, const std::string& text) { progress.update(share, text); },
       .stop_requested = interrupted,
       .timeline = invocation.timeline ? &*invocation.timeline : nullptr});
}

/// Plays an experiment, writes its folder and prints its report.
void run_experiment(const Experiment& experiment, const Invocation& invocation) {
  const std::string effective = experiment.effective();
  OutputFolder folder = invocation.folder(experiment.name());
  invocation.warn_of_others(folder, effective);
  const std::unique_ptr<Results> results = play(experiment, invocation);
  const Document report = results->report();
  // Time and memory that the manifest tells are those of the simulation and its report.
  nlohmann::ordered_json manifest = manifest_of(invocation, experiment);
  results->describe(manifest);
  results->each_file([&](const char* name, const std::string& text) { folder.add(name, text); });
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add(kEffective, effective);
  folder.add("manifest.json", json_text(manifest));
  folder.commit();
  if (invocation.quiet) return;
  print_results(*results, report, invocation.format, invocation.wide);
  if (Terminal::of(STDERR_FILENO).present) {
    tell(fmt::format("\nWrote {} ({:.2f} s).\n", folder.path().string(), invocation.wall_s()));
  }
}

/// The experiment of a file.
std::unique_ptr<Experiment> experiment_of(const ScenarioSource& source, const std::string& verb) {
  return load_experiment(source, {paper_sections},
                         fmt::format("give it to 'papilio study {}'", verb));
}

void add_timeline_options(CommandLine& line) {
  line.add_options()("trace", po::value<std::string>()->value_name("FILE.json"),
                     "also draw a timeline of a sample, for ui.perfetto.dev or chrome://tracing");
  line.add_options()(
      "trace-mobiles", po::value<std::int64_t>()->value_name("N"),
      "how many mobiles or cells it shows, the first (default: 8 mobiles, 64 cells)");
  line.add_options()(
      "trace-from", po::value<double>()->value_name("S"),
      "of a fleet: date from which on it shows requests (default: the warm-up's end)");
  line.add_options()("trace-to", po::value<double>()->value_name("S"),
                     "of a fleet: date at which it ends (default: after 30,000 events)");
  line.add_options()("trace-strategy", po::value<std::string>()->value_name("NAME"),
                     "the one strategy that it shows (default: all)");
}

/// What the options ask of a timeline; nothing without --trace.
std::optional<TimelineOptions> timeline_of(const CommandLine& line) {
  const auto refuse = [](const std::string& what) {
    throw ConfigError{"papilio run: error: " + what};
  };
  if (!line.has("trace")) {
    for (const char* option : {"trace-mobiles", "trace-from", "trace-to", "trace-strategy"}) {
      if (line.has(option)) refuse(fmt::format("--{} needs --trace FILE.json", option));
    }
    return std::nullopt;
  }
  TimelineOptions options{.file = line.get<std::string>("trace")};
  if (options.file.extension() != ".json") {
    refuse(fmt::format("--trace writes JSON; name the file .json, not '{}'",
                       options.file.filename().string()));
  }
  if (line.has("trace-mobiles")) {
    const auto mobiles = line.get<std::int64_t>("trace-mobiles");
    constexpr std::int64_t kMostMobiles = 10000;
    if (mobiles < 1 || mobiles > kMostMobiles) {
      refuse(fmt::format("--trace-mobiles must be 1 to {}", kMostMobiles));
    }
    options.mobiles = static_cast<std::uint32_t>(mobiles);
  }
  const auto date_of = [&](const char* name) -> std::optional<double> {
    if (!line.has(name)) return std::nullopt;
    const auto date_s = line.get<double>(name);
    constexpr double kLatest = 1e9;
    if (!(date_s >= 0 && date_s <= kLatest)) {
      refuse(fmt::format("--{} must be a date in seconds, 0 to {}", name, kLatest));
    }
    return date_s;
  };
  options.from_s = date_of("trace-from");
  options.to_s = date_of("trace-to");
  if (line.has("trace-strategy")) options.strategy = line.get<std::string>("trace-strategy");
  return options;
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
       "papilio run scenarios/fleets/radio-states.yaml --trace /tmp/timeline.json",
       "papilio run scenarios/paper/table4.yaml --set 'networks=[3g]' --set delay_s=0.01"}};
  add_scenario_options(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/NAME)");
  line.add_format_option("what is printed: md, csv, json, latex or html");
  add_timeline_options(line);
  add_jobs_option(line);
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;

  catch_interrupts();
  Invocation invocation{.words = words};
  invocation.format = line.get<std::string>("format");
  invocation.wide = line.is_wide();
  invocation.quiet = line.get<bool>("quiet");
  invocation.jobs = jobs_of(line, "run");
  if (line.has("output")) invocation.output = line.get<std::string>("output");
  check_format(invocation.format);
  invocation.timeline = timeline_of(line);
  const ScenarioSource source = source_of(line, "run");
  run_experiment(*experiment_of(source, "run"), invocation);
}

void check_command(const Words& words) {
  CommandLine line{"check FILE [options]",
                   "Checks a scenario and everything it refers to, and says what a run would do.",
                   {"papilio check scenarios/paper/table4.yaml"}};
  add_scenario_options(line);
  if (!line.parse(words)) return;
  const ScenarioSource source = source_of(line, "check");
  say(fmt::format("{}: valid; {}\n", source.file, experiment_of(source, "check")->extent()));
}

}  // namespace papilio
