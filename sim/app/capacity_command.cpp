#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "sim/app/command.hpp"
#include "sim/app/scenario_options.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/capacity/capacity.hpp"
#include "sim/capacity/report.hpp"
#include "sim/run/experiment.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

[[noreturn]] void refuse_capacity(const std::string& why) {
  throw ConfigError{fmt::format("papilio capacity: error: {}; see 'papilio capacity --help'", why)};
}

CapacityQuestion question_of(const CommandLine& line) {
  if (!line.has("for")) refuse_capacity("--for KEY names what is searched for");
  if (!line.has("until")) refuse_capacity("--until 'COLUMN < NUMBER' says what is to be kept");
  CapacityQuestion question{.key = line.get<std::string>("for"),
                            .strategies = line.all("strategy"),
                            .precision = line.get<double>("precision")};
  for (const std::string& text : line.all("until")) question.conditions.emplace_back(text);
  if (line.has("mobiles")) question.mobiles = line.get<std::string>("mobiles");
  if (line.has("window")) question.window = line.get<std::string>("window");
  if (line.has("from")) question.from = line.get<double>("from");
  if (line.has("to")) question.to = line.get<double>("to");
  if (!(question.precision >= 0 && question.precision < 1)) {
    refuse_capacity("--precision is a share, at least 0 and below 1");
  }
  return question;
}

/// Plays the fleet with a value, and shows how far it is.
Table play_shown(FleetRuns& fleet, double value, bool whole, const std::string& strategy, int jobs,
                 bool quiet) {
  Progress progress{1, "", quiet};
  return fleet.play(value, whole,
                    {.jobs = jobs,
                     .on_progress =
                         [&](double share, const std::string& text) {
                           progress.update(share, fmt::format("run {}: {}; {}", fleet.count(),
                                                              fleet.last(), text));
                         },
                     .stop_requested = interrupted,
                     .strategy = strategy});
}

}  // namespace

void capacity_command(const Words& words) {
  CommandLine line{
      "capacity FLEET --for KEY --until CONDITION [options]",
      "How many phones, what rate, what server? Finds by bisection the value of a fleet's key up "
      "to\nwhich, or down to which, conditions on its results hold, for each strategy. Every value "
      "is played\nwith the same random numbers, and a condition holds where the whole 95 % "
      "interval keeps it:\ndocs/models/capacity.md.",
      {"papilio capacity scenarios/fleets/town.yaml --for mobiles.0.count \\",
       "    --until 'p95_s < 0.03' --strategy selection",
       "papilio capacity scenarios/fleets/town.yaml --for mobiles.0.count --until 'p99_s < 0.5' \\",
       "    --until 'failed/arrived < 0.001' --strategy RB1 --to 2000 --json"}};
  add_scenario_options(line);
  line.add_options()("for", po::value<std::string>()->value_name("KEY"),
                     "the fleet's number that is searched for, as --set names it");
  line.add_options()("until", po::value<std::vector<std::string>>()->value_name("CONDITION"),
                     "what is to hold: a column of fleet.csv, or a ratio of two, beside a number, "
                     "such as 'p95_s < 0.03' or 'late/arrived <= 0.01'; may be given again");
  line.add_options()("strategy", po::value<std::vector<std::string>>()->value_name("NAME"),
                     "of which it is asked; may be given again (default: each)");
  line.add_options()("mobiles", po::value<std::string>()->value_name("GROUP"),
                     "whose results are judged (default: all)");
  line.add_options()("window", po::value<std::string>()->value_name("NAME"),
                     "in which window (default: all)");
  line.add_options()(
      "from", po::value<double>()->value_name("N"),
      "least value tried (default: 1 of whole numbers, else the file's by 1024 or 64)");
  line.add_options()(
      "to", po::value<double>()->value_name("N"),
      "greatest value tried (default: 1024 times the file's, 64 times where nothing changes)");
  line.add_options()("precision", po::value<double>()->default_value(0.01, "0.01")->value_name("F"),
                     "how near the last value that keeps and the first that breaks come, as a "
                     "share; 0: neighbouring whole numbers");
  line.add_format_option("what is printed: md, csv (every run), json, latex or html");
  line.add_options()("json", po::bool_switch(), "the same as --format json");
  add_jobs_option(line);
  line.add_options()("quiet,q", po::bool_switch(),
                     "no progress on standard error, where else each value tried is a line, or on "
                     "a terminal a bar");
  if (!line.parse(words)) return;
  catch_interrupts();
  const CapacityQuestion question = question_of(line);
  const std::string format = line.get<bool>("json") ? "json" : line.get<std::string>("format");
  check_format(format);
  const ScenarioSource source = source_of(line, "capacity");
  FleetRuns fleet{source, question.key};
  const CapacityAxis axis = capacity_axis(question, fleet.effective());
  const int jobs = jobs_of(line, "capacity");
  const bool quiet = line.get<bool>("quiet");
  // A bar shows that it lives; who reads a pipe or a log sees it by a line for each value.
  const bool tells = !quiet && !Terminal::of(STDERR_FILENO).present;
  const CapacityAnswer answer = capacity_of(
      question, axis,
      [&](double value, const std::string& strategy) {
        return play_shown(fleet, value, axis.range.whole, strategy, jobs, quiet);
      },
      [&](const std::string& strategy, double value, const CapacityTrial& trial) {
        if (tells) tell(trial_text(question, strategy, value, trial) + "\n");
      });
  if (format == "json") {
    say(json_text(capacity_json(question, answer)));
  } else if (format == "csv") {
    say(to_csv(capacity_runs(question, answer)));
  } else {
    print(capacity_document(question, answer), format, line.is_wide());
  }
}

}  // namespace papilio
