#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "models/app/command.hpp"
#include "models/app/live_setup.hpp"
#include "models/app/validate_adaptive.hpp"
#include "models/app/validation_bench.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/link/shaped_link.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/cli/version.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/machine/processor.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/radio/trace.hpp"
#include "sim/scenario/calibration_file.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/validation/cells.hpp"
#include "sim/validation/errors.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// Processors that this process may use.
std::vector<int> own_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  std::vector<int> own;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(static_cast<std::size_t>(i), &set)) own.push_back(i);
  }
  return own;
}

/// A core for each side; the emulator has the others, or where there are none shares both.
void give_processors(const VerbOptions& options, ValidationPlan& plan) {
  const std::vector<int> own = own_processors();
  const std::vector<std::int64_t> named = options.numbers_of("cores", 0, VerbOptions::Order::kAny);
  if (own.size() < 2) {
    options.fail("this machine has one processor, and a mobile and a server need one each");
  }
  int mobile = own[0];
  int server = own[1];
  if (named.size() == 2 && named[0] != named[1]) {
    mobile = static_cast<int>(named[0]);
    server = static_cast<int>(named[1]);
  } else if (named.size() != 1 || named[0] != 0) {
    options.fail("--cores names two processors, the mobile's and the server's, such as 0,1");
  }
  for (const int one : {mobile, server}) {
    if (std::find(own.begin(), own.end(), one) == own.end()) {
      options.fail(fmt::format("--cores: there is no processor {} for this program", one));
    }
  }
  plan.mobile_cpus = {mobile};
  plan.server_cpus = {server};
  for (const int one : own) {
    if (one != mobile && one != server) plan.link_cpus.push_back(one);
  }
  if (plan.link_cpus.empty()) plan.link_cpus = {mobile, server};
}

/// Words that infer, serve and offload are given as the user gave them.
std::vector<std::string> handed_on(const VerbOptions& options,
                                   const std::vector<const char*>& names) {
  std::vector<std::string> words;
  for (const char* name : names) {
    const std::string value = options.text_of(name);
    if (value.empty()) continue;
    words.push_back(fmt::format("--{}", name));
    words.push_back(value);
  }
  return words;
}

/// Every partition of a scenario that sends something, on each of its radios.
std::vector<LiveCell> cells_of(const VerbOptions& options, const Scenario& scenario) {
  std::vector<LiveCell> cells;
  std::set<std::string> known;
  for (const Cell& cell : scenario.cells) {
    if (cell.network.empty()) continue;  // nothing crosses
    const bool plain =
        cell.strategy == "cloud-only" || cell.strategy == "split" || cell.strategy == "butterfly";
    if (!plain || (cell.strategy != "cloud-only" && cell.cut.empty())) {
      options.fail(fmt::format(
          "'{}' cannot be run live: only cloud-only, split and butterfly can; leave it out, with "
          "--set 'strategies=[…]'",
          cell.plan.name));
    }
    const ConditionsSpec& conditions = scenario.spec.conditions;
    const Radio& radio = scenario.radio(cell.network);
    LiveCell live{
        .network = cell.network,
        .cut = cell.strategy == "cloud-only" ? "input" : cell.cut,
        .channels = cell.channels.value_or(0),
        .bits = cell.bits.value_or(8),
        .codec = cell.codec.empty() ? "raw" : cell.codec,
        .link = {conditions.uplink_bit_per_s.value_or(radio.uplink.value() * kBitsOfByte),
                 conditions.downlink_bit_per_s.value_or(radio.downlink.value() * kBitsOfByte),
                 conditions.delay_of(cell.network)}};
    if (known.insert(live.key()).second) cells.push_back(std::move(live));
  }
  if (cells.empty()) options.fail("the scenario has no partition that sends something");
  return cells;
}

/// The requests that both have, without the first ones and those without an answer.
void compare_requests(const LiveRun& run, const std::vector<SimulatedRequest>& simulated,
                      std::size_t warm_up, std::uint64_t seed, ValidationCell& cell) {
  if (simulated.size() != run.requests.size()) {
    throw SimulationError{fmt::format("{} requests were run live and {} simulated",
                                      run.requests.size(), simulated.size())};
  }
  std::vector<LiveStageTimes> live;
  std::vector<LiveStageTimes> partners;
  std::vector<double> bytes;
  for (std::size_t i = warm_up; i < run.requests.size(); ++i) {
    const LiveRunRequest& request = run.requests[i];
    if (!request.answered) {
      ++cell.unanswered;
      continue;
    }
    live.push_back(request.times);
    partners.push_back(simulated[i].times);
    bytes.push_back(request.frame_bytes);
  }
  if (live.empty()) {
    throw SimulationError{
        fmt::format("{}: no request was answered by the server within the deadline; see {}",
                    cell.folder, (run.folder / "stages.csv").string())};
  }
  cell.left_out = warm_up;
  cell.payload_bytes = quantile(bytes, 0.5);
  cell.answer_bytes = run.answer_bytes;
  cell.errors = latency_errors(live, partners, seed);
}

/// What a validation does, told apart from how it was asked for.
struct Work {
  std::vector<LiveCell> cells;
  std::size_t warm_up{0};
  std::size_t overlap{0};  ///< 0: requests come one after another, and nothing else
  double load{0.5};
  std::optional<fs::path> again;  ///< whose live ledgers are simulated again
};

/// The rate of requests that overlap, for a share of what the mobile can serve at most: as many as
/// its busiest stage, and no more than it may have on their way at once (docs/models/fleet.md).
double rate_for(const LatencyErrors& sequential, const LiveLinkFacts& link, const Work& work) {
  const auto of = [&](LiveStage stage) {
    return sequential.simulated_s.at(static_cast<std::size_t>(stage));
  };
  const double busiest_s = std::max(
      {of(LiveStage::kMobile), of(LiveStage::kServer), of(LiveStage::kUplink) - link.delay_s});
  const double window_s = sequential.median.simulated_s / static_cast<double>(work.overlap + 1);
  return work.load / std::max(busiest_s, window_s);
}

/// One cell in one mode.
ValidationCell validate_cell(const ValidationBench& bench, const Work& work, const LiveCell& cell,
                             const std::string& mode, double rate_per_s) {
  const std::string name = cell.key() + "-" + mode;
  LiveJob job{.name = name,
              .cuts = {cell.cut},
              .channels = cell.channels,
              .bits = cell.bits,
              .codec = cell.codec,
              .link = cell.link};
  if (rate_per_s > 0) {
    job.words = {"--rate", fmt::format("{}", rate_per_s), "--overlap",
                 std::to_string(work.overlap)};
  }
  const LiveRun run = work.again ? read_live_run(*work.again / "live" / name) : bench.run_live(job);
  ValidationCell one;
  if (run.model != bench.plan().model || !run.link ||
      run.link->uplink_bit_per_s != cell.link.uplink_bit_per_s ||
      run.link->downlink_bit_per_s != cell.link.downlink_bit_per_s ||
      run.link->delay_s != cell.link.delay_s) {
    refuse_file(run.folder,
                "was run with another network or link than the scenario has now; give the "
                "scenario and the options that it was run with");
  }
  if (work.warm_up >= run.requests.size()) {
    throw ConfigError{fmt::format(
        "papilio validate: error: --warm-up {} leaves none of the {} requests of {}; give less",
        work.warm_up, run.requests.size(), run.folder.string())};
  }
  one.model = run.model;
  one.load_level = run.load_level;
  one.calibration = bench.plan().calibration;
  one.network = cell.network;
  one.partition = run.requests.front().partition;
  one.mode = mode;
  one.folder = name;
  one.link = cell.link;
  one.rate_per_s = run.rate_per_s.value_or(0);
  ReplaySpec spec;
  spec.name = name;
  spec.radio = cell.network;
  spec.codings = bench.codings_of(cell);
  compare_requests(run, bench.simulate(run, std::move(spec), {}), work.warm_up, bench.plan().seed,
                   one);
  return one;
}

nlohmann::ordered_json manifest_of_validation(const ValidationPlan& plan, const std::string& name,
                                              const Words& words,
                                              std::chrono::system_clock::time_point started) {
  std::vector<std::string> command{"papilio", "validate"};
  command.insert(command.end(), words.begin(), words.end());
  const auto seconds = [](std::chrono::system_clock::time_point date) {
    return std::chrono::duration_cast<std::chrono::seconds>(date.time_since_epoch()).count();
  };
  return {{"validation", name},
          {"papilio", program_version()},
          {"git_revision", git_revision()},
          {"command", command},
          {"machine", cpu_name()},
          {"mobile_processors", plan.mobile_cpus},
          {"server_processors", plan.server_cpus},
          {"link_processors", plan.link_cpus},
          {"requests", plan.requests},
          {"seed", plan.seed},
          {"rates_count", plan.rates_of_payload ? "payload" : "wire"},
          {"profile_pause_s", plan.profile_pause_s},
          {"calibration", plan.calibration},
          {"started_unix_s", seconds(started)},
          {"ended_unix_s", seconds(std::chrono::system_clock::now())}};
}

void write_results(const ValidationPlan& plan, const Document& report, const std::string& table,
                   const std::string& csv, const nlohmann::ordered_json& manifest) {
  OutputFolder folder{plan.folder};
  folder.add(table, csv);
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add("manifest.json", json_text(manifest));
  folder.commit();
}

void tell_of(const Document& report, const std::string& csv, const std::string& format, bool wide,
             const fs::path& folder) {
  if (format == "csv") {
    say(csv);
  } else {
    print(report, format, wide);
  }
  if (Terminal::of(STDERR_FILENO).present) tell(fmt::format("\nWrote {}.\n", folder.string()));
}

/// What the server's layers take of a whole picture, by the times that were measured here.
double whole_server_s(const ValidationPlan& plan, ScenarioSource source) {
  source.profiles = {plan.measured / "profiles"};
  for (const std::string& folder : plan.profile_folders) source.profiles.emplace_back(folder);
  source.overrides.push_back(fmt::format("mobile.device={}", ValidationBench::kMobile));
  source.overrides.push_back(fmt::format("cloud.device={}", ValidationBench::kServer));
  source.overrides.emplace_back("strategies=[{strategy: cloud-only}]");
  return load_scenario(source).cells.front().plan.time_at(Tier::kCloud).value();
}

AdaptiveCase adaptive_case(const VerbOptions& options, std::vector<LiveCell> cells) {
  AdaptiveCase one;
  one.trace_file = options.text_of("trace");
  if (one.trace_file.empty()) options.fail("--adaptive needs an uplink that changes; name --trace");
  one.rate_per_s = options.real_of("rate", 1e-3, 1e6);
  one.ping_s = options.real_of("ping", 1e-3, 1e6);
  one.others_per_s = options.real_of("others", 0, 1e6);
  constexpr Seconds kBin{0.1};
  one.trace = std::make_shared<const Trace>(load_trace(one.trace_file, kBin));
  for (LiveCell& cell : cells) {
    if (cell.network != cells.front().network) {
      options.fail("--adaptive takes one radio; choose it with --set 'networks=[wifi]'");
    }
    const bool as_it_is = cell.codec == "raw" || (cell.cut == "input" && cell.codec == "png");
    if (!as_it_is || cell.bits != cells.front().bits) {
      options.fail("--adaptive sends features raw, all with the same bits, and pictures as png");
    }
    if (cell.channels > 0) {
      options.fail("--adaptive takes plain splits; leave units out, with --set 'strategies=[…]'");
    }
    // An adaptive mobile sends pictures as it has them.
    if (cell.cut == "input" && cell.codec == "raw") cell.codec = "png";
  }
  one.cells = std::move(cells);
  return one;
}

/// Measures what everything is simulated by. @param done is called after each step
void measure(const ValidationBench& bench, const std::vector<LiveCell>& cells,
             const std::function<void()>& done) {
  bench.profile_layers();
  done();
  std::set<std::string> measured;
  for (const LiveCell& cell : cells) {
    if (!measured.insert(cell.crossing_key()).second) continue;
    bench.measure_coding(cell);
    done();
  }
}

std::size_t crossings_among(const std::vector<LiveCell>& cells) {
  std::set<std::string> known;
  for (const LiveCell& cell : cells) known.insert(cell.crossing_key());
  return known.size();
}

/// Runs and simulates every cell.
/// @param failure gets what ended it early, unless somebody asked to end
/// @return why it ended early; empty: it did not
std::string validate_cells(const ValidationBench& bench, const Work& work, Progress& progress,
                           std::vector<ValidationCell>& cells, std::exception_ptr& failure) {
  const std::size_t wanted = (work.overlap > 0 ? 2 : 1) * work.cells.size();
  std::size_t done = 0;
  try {
    const auto step = [&] { progress.update(++done); };
    if (!work.again) measure(bench, work.cells, step);
    for (const LiveCell& cell : work.cells) {
      cells.push_back(validate_cell(bench, work, cell, "sequential", 0));
      step();
      if (work.overlap == 0) continue;
      const double rate_per_s = rate_for(cells.back().errors, cell.link, work);
      cells.push_back(validate_cell(bench, work, cell, "overlapping", rate_per_s));
      step();
    }
  } catch (const SimulationError&) {
    if (cells.empty()) throw;
    failure = std::current_exception();
    return fmt::format("{} of {} cells were validated when one failed", cells.size(), wanted);
  } catch (const Interrupted&) {
    if (cells.empty()) throw;
    return fmt::format("{} of {} cells were validated", cells.size(), wanted);
  }
  return {};
}

}  // namespace

void validate_command(const Words& words) {
  CommandLine line = validate_line();
  VerbOptions options{line, "validate"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  const auto started = std::chrono::system_clock::now();

  std::vector<std::string> files = line.all("file");
  if (files.empty()) options.fail("expected a scenario, and pictures behind it or --data");
  ScenarioSource source;
  source.file = own_or_shipped(files.front()).string();
  if (line.has("set")) source.overrides = line.all("set");
  const ProfileLibrary library = library_of(line);
  if (line.has("profiles")) {
    for (const std::string& folder : line.all("profiles")) source.profiles.emplace_back(folder);
  }
  const Scenario scenario = load_scenario(source);

  ValidationPlan plan;
  Work work;
  work.cells = cells_of(options, scenario);
  work.overlap = static_cast<std::size_t>(options.whole_of("overlap", 0, 10'000));
  work.load = options.real_of("load", 0.01, 0.95);
  work.warm_up = static_cast<std::size_t>(options.whole_of("warm-up", 0, 1'000'000));
  if (line.has("again")) {
    work.again = fs::path{line.get<std::string>("again")};
    if (!line.has("output"))
      options.fail("--again keeps what is there; name another folder with -o");
    if (!fs::exists(*work.again / "live")) {
      refuse_file(*work.again,
                  "has no live ledgers; give the folder that 'papilio validate' wrote");
    }
  }
  plan.folder = line.has("output") ? fs::path{line.get<std::string>("output")}
                                   : fs::path{"results"} / ("validate-" + scenario.spec.name);
  plan.measured = work.again.value_or(plan.folder);
  plan.model = scenario.graph.name();
  plan.requests =
      static_cast<std::size_t>(options.whole_of("requests", 1, 1'000'000)) + work.warm_up;
  plan.seed = static_cast<std::uint64_t>(options.whole_of("seed", 1, 1'000'000));
  plan.deadline_s = options.real_of("deadline", 1e-3, 1e6);
  plan.profile_limit_s = options.real_of("limit", 1, 1e5);
  plan.profile_pause_s = options.real_of("pause", 0, 60);
  const std::string rates = options.text_of("rates");
  if (rates != "payload" && rates != "wire") options.fail("--rates is payload or wire");
  plan.rates_of_payload = rates == "payload";
  plan.load_level = scenario.spec.conditions.mobile_load_level;
  if (scenario.spec.conditions.cloud_load_level != 1) {
    options.fail(
        "the scenario's cloud.load_level is not 1, and a server here has no other load than "
        "its requests");
  }
  if (scenario.spec.conditions.has_edge) {
    options.fail("the scenario has an edge, and no edge is run live");
  }
  if (plan.load_level < 1) {
    options.fail(
        "the scenario's mobile.load_level is below 1, and nothing makes this machine faster");
  }
  if (!scenario.spec.calibration.empty()) {
    options.fail("the scenario names a calibration; leave it out, and give it with --calibration");
  }
  plan.calibration = options.text_of("calibration");
  if (!plan.calibration.empty()) {
    const Calibration calibration = read_calibration(plan.calibration).calibration;
    plan.upload_handling_s = calibration.upload.message_s;
    plan.answer_handling_s = calibration.download.message_s;
  }
  if (line.has("profiles")) plan.profile_folders = line.all("profiles");
  plan.network_words = handed_on(options, {"weights", "units", "normalize"});
  for (const std::string& folder : plan.profile_folders) {
    plan.network_words.insert(plan.network_words.end(), {"--profiles", folder});
  }
  if (!work.again) {
    const std::vector<std::string> named{files.begin() + 1, files.end()};
    const LivePictures pictures = live_pictures(options, named);
    if (pictures.labelled)
      plan.classes = static_cast<std::int64_t>(pictures.dataset->classes().size());
    plan.picture_words = named;
    const std::vector<std::string> data = handed_on(options, {"data"});
    plan.picture_words.insert(plan.picture_words.end(), data.begin(), data.end());
    if (!data.empty()) {
      plan.picture_words.insert(
          plan.picture_words.end(),
          {"--pictures", std::to_string(options.whole_of("pictures", 1, 1'000'000'000))});
    }
    give_processors(options, plan);
    if (const std::optional<std::string> problem = find_link_problem()) throw ConfigError{*problem};
  }
  catch_interrupts();
  const bool quiet = line.has("quiet");
  const std::string& name = scenario.spec.name;
  if (line.has("adaptive")) {
    if (work.again) options.fail("--again takes no --adaptive");
    AdaptiveCase one = adaptive_case(options, work.cells);
    const ValidationBench bench{plan};
    Progress progress{2 + crossings_among(one.cells), "steps", quiet};
    std::size_t done = 0;
    measure(bench, one.cells, [&] { progress.update(++done); });
    one.whole_server_s = whole_server_s(plan, source);
    const AdaptiveOutcome outcome = validate_adaptive(bench, one);
    progress.clear();
    write_results(plan, outcome.report, "choices.csv", outcome.choices_csv,
                  manifest_of_validation(plan, name, words, started));
    if (!quiet) tell_of(outcome.report, outcome.choices_csv, format, line.is_wide(), plan.folder);
    return;
  }
  const ValidationBench bench{plan};
  Progress progress{(work.again ? 0 : 1 + crossings_among(work.cells)) +
                        (work.overlap > 0 ? 2 : 1) * work.cells.size(),
                    "steps", quiet};
  std::vector<ValidationCell> cells;
  std::exception_ptr failure;
  const std::string cut_short = validate_cells(bench, work, progress, cells, failure);
  progress.clear();
  const Document report = validation_report(name, cells, plan.calibration);
  nlohmann::ordered_json manifest = manifest_of_validation(plan, name, words, started);
  if (!cut_short.empty()) manifest["interrupted"] = cut_short;
  write_results(plan, report, "cells.csv", validation_csv(cells), manifest);
  if (failure) std::rethrow_exception(failure);
  if (!cut_short.empty()) {
    throw Interrupted{fmt::format("{}, and are in {}", cut_short, plan.folder.string())};
  }
  if (!quiet) tell_of(report, validation_csv(cells), format, line.is_wide(), plan.folder);
}

}  // namespace papilio
