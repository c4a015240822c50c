#include "sim/app/plan_training.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/base/cli/streams.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/planner/training_report.hpp"

namespace papilio {
namespace {

namespace po = boost::program_options;

constexpr std::int64_t kMostBatch = 1'000'000;
constexpr std::int64_t kMostSyncEvery = 1'000'000'000;
constexpr double kMostBackward = 1000;

[[noreturn]] void refuse_training(const std::string& message) {
  throw ConfigError{fmt::format("papilio plan: error: {}; see 'papilio plan --help'", message)};
}

std::int64_t whole_option(const CommandLine& line, const std::string& option, std::int64_t most) {
  if (!line.has(option)) return 1;
  const auto value = line.get<std::int64_t>(option);
  if (value < 1 || value > most) {
    refuse_training(fmt::format("--{} must be 1 to {}, not {}", option, most, value));
  }
  return value;
}

TrainingQuestion training_question(const CommandLine& line, const PlanQuestion& question) {
  TrainingQuestion training{.goal = question.goal, .reading = question.reading};
  if (!training.goal.adds_up()) {
    refuse_training("--training makes a latency or an energy small, not their product");
  }
  if (question.bits.size() > 1) {
    refuse_training("--training takes one --bits: activations and gradients cross alike");
  }
  TrainingSettings& settings = training.settings;
  if (!question.bits.empty()) settings.bits = question.bits.front();
  settings.batch = whole_option(line, "batch", kMostBatch);
  settings.sync_every = whole_option(line, "sync-every", kMostSyncEvery);
  if (line.has("backward")) {
    settings.backward = line.get<double>("backward");
    if (!(settings.backward >= 0 && settings.backward <= kMostBackward)) {
      refuse_training(
          fmt::format("--backward must be 0 to {:g}, not {:g}", kMostBackward, settings.backward));
    }
  }
  return training;
}

}  // namespace

void add_training_options(CommandLine& line) {
  line.add_options()("training", po::bool_switch(),
                     "plan a step of training instead of a request: docs/models/"
                     "training-offload.md");
  line.add_options()("batch", po::value<std::int64_t>()->value_name("N"),
                     "with --training: pictures of a step (default: 1)");
  line.add_options()("backward", po::value<double>()->value_name("F"),
                     "with --training: what a backward pass takes, by its forward pass (default: "
                     "2, an assumption)");
  line.add_options()("sync-every", po::value<std::int64_t>()->value_name("K"),
                     "with --training: the mobile gets new weights once in K steps (default: 1)");
}

void check_training_options(const CommandLine& line) {
  if (!line.get<bool>("training")) {
    for (const char* option : {"batch", "backward", "sync-every"}) {
      if (line.has(option)) refuse_training(fmt::format("--{} needs --training", option));
    }
    return;
  }
  for (const char* option : {"limit", "planner", "front", "changes", "map", "trace", "distribution",
                             "spread", "output"}) {
    if (line.has(option)) {
      refuse_training(
          fmt::format("--{} is of a request's plans and does not go with --training", option));
    }
  }
  if (line.get<bool>("all-fronts")) {
    refuse_training("--all-fronts is of a request's plans and does not go with --training");
  }
}

void plan_training(const CommandLine& line, const Scenario& scenario, ProfileCaches& caches,
                   const PlanQuestion& question, const std::string& format) {
  const TrainingPlanner planner{scenario, profiles_of(scenario, caches),
                                training_question(line, question)};
  std::vector<TrainingAnswer> answers;
  for (std::size_t radio = 0; radio < scenario.radios.size(); ++radio) {
    answers.push_back(planner.answer(radio));
  }
  if (format == "json") {
    say(json_text(training_json(planner, answers)));
  } else if (format == "csv") {
    say(to_csv(training_table(answers)));
  } else {
    print(training_document(planner, answers, line.get<bool>("explain")), format, line.is_wide());
  }
}

}  // namespace papilio
