#include "models/app/validate_adaptive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include "sim/base/data/csv.hpp"
#include "sim/base/document/rows.hpp"
#include "sim/base/error.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/radio/timeline.hpp"

namespace papilio {
namespace {

constexpr const char* kName = "adaptive";
constexpr const char* kPolicy = "selection";
constexpr std::size_t kWindows = 12;

/// What was chosen, how often.
using Choices = std::map<std::string, std::size_t>;

/// "RB3 62 %, mobile-only 38 %": the most frequent ones.
std::string choices_text(const Choices& choices) {
  std::vector<std::pair<std::size_t, std::string>> ordered;
  std::size_t all = 0;
  for (const auto& [name, count] : choices) {
    ordered.emplace_back(count, name);
    all += count;
  }
  std::sort(ordered.rbegin(), ordered.rend());
  constexpr std::size_t kTold = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(kTold, ordered.size()); ++i) {
    text += fmt::format("{}{} {:.0f} %", i == 0 ? "" : ", ", ordered[i].second,
                        100.0 * static_cast<double>(ordered[i].first) / static_cast<double>(all));
  }
  return text.empty() ? "none" : text;
}

/// What of the requests of a stretch of time both chose.
struct ChoiceWindow {
  double from_s{0};
  double to_s{0};
  Choices live;
  Choices simulated;
  std::size_t requests{0};
  std::size_t same{0};
  std::vector<double> live_s;
  std::vector<double> simulated_s;
};

/// The uplink's mean rate from one date to another, of the trace in a loop.
double mean_rate(const RateTimeline& uplink, double from_s, double to_s) {
  constexpr int kSteps = 200;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    sum += uplink.rate_byte_per_s(from_s + (to_s - from_s) * (i + 0.5) / kSteps);
  }
  return sum / kSteps;
}

/// The uplink's rates that pings found, by their dates.
std::vector<std::pair<double, double>> pinged_rates(const std::filesystem::path& folder) {
  const CsvTable pings{(folder / "pings.csv").string()};
  pings.require({"date_s", "uplink_bit_per_s"});
  std::vector<std::pair<double, double>> rates;
  for (std::size_t row = 0; row < pings.rows(); ++row) {
    if (pings.text(row, "uplink_bit_per_s").empty()) continue;
    rates.emplace_back(pings.number(row, "date_s"), pings.number(row, "uplink_bit_per_s"));
  }
  return rates;
}

/// Their median from one date to another.
TableCell pinged_cell(const std::vector<std::pair<double, double>>& rates, double from_s,
                      double to_s) {
  std::vector<double> seen;
  for (const auto& [date_s, rate] : rates) {
    if (date_s >= from_s && date_s < to_s) seen.push_back(rate);
  }
  return seen.empty() ? none("none") : decimals(quantile(seen, 0.5) * 1e-6, 2);
}

std::vector<ChoiceWindow> windows_of(const LiveRun& run,
                                     const std::vector<SimulatedRequest>& simulated) {
  const double end_s = run.requests.back().arrival_s;
  std::vector<ChoiceWindow> windows(kWindows);
  for (std::size_t i = 0; i < kWindows; ++i) {
    windows[i].from_s = end_s * static_cast<double>(i) / kWindows;
    windows[i].to_s = end_s * static_cast<double>(i + 1) / kWindows;
  }
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    const LiveRunRequest& live = run.requests[i];
    const auto position = static_cast<std::size_t>(
        end_s > 0 ? live.arrival_s / end_s * static_cast<double>(kWindows) : 0);
    ChoiceWindow& window = windows[std::min(position, kWindows - 1)];
    ++window.requests;
    ++window.live[live.partition];
    ++window.simulated[simulated[i].partition];
    window.same += live.partition == simulated[i].partition ? 1U : 0U;
    window.live_s.push_back(live.latency_s);
    window.simulated_s.push_back(simulated[i].times.latency_s());
  }
  return windows;
}

Document report_of(const AdaptiveCase& one, const LiveRun& run,
                   const std::vector<SimulatedRequest>& simulated, double offset_s) {
  const std::vector<ChoiceWindow> windows = windows_of(run, simulated);
  std::size_t same = 0;
  for (const ChoiceWindow& window : windows) same += window.same;
  Document document{
      .title = "An adaptive mobile, live and simulated", .paragraphs = {}, .sections = {}};
  document.paragraphs.push_back(fmt::format(
      "{} requests of {}, {} a second at random, over an uplink that plays {}, beside {} whole "
      "pictures a second that others send the server; pings every {} s. For {:.0f} % of the "
      "requests "
      "both chose the same.",
      run.requests.size(), run.model, text_of(Value{one.rate_per_s}),
      std::filesystem::path{one.trace_file}.filename().string(), text_of(Value{one.others_per_s}),
      text_of(Value{one.ping_s}),
      100.0 * static_cast<double>(same) / static_cast<double>(run.requests.size())));
  RateTimeline uplink{*one.trace, Seconds{offset_s}};
  Table table{.columns = {{"from, s"},
                          {"to, s"},
                          {"uplink, Mbit/s"},
                          {"pinged, Mbit/s"},
                          {"requests"},
                          {"live", true},
                          {"simulated", true},
                          {"the same, %"},
                          {"live, median ms"},
                          {"simulated, median ms"}}};
  const std::vector<std::pair<double, double>> pinged = pinged_rates(run.folder);
  for (const ChoiceWindow& window : windows) {
    if (window.requests == 0) continue;
    std::vector<double> live_s = window.live_s;
    std::vector<double> simulated_s = window.simulated_s;
    table.rows.push_back(
        {decimals(window.from_s, 1), decimals(window.to_s, 1),
         decimals(mean_rate(uplink, window.from_s, window.to_s) * kBitsOfByte * 1e-6, 2),
         pinged_cell(pinged, window.from_s, window.to_s), window.requests,
         choices_text(window.live), choices_text(window.simulated),
         decimals(100.0 * static_cast<double>(window.same) / static_cast<double>(window.requests),
                  0),
         decimals(quantile(live_s, 0.5) * 1e3, 2), decimals(quantile(simulated_s, 0.5) * 1e3, 2)});
  }
  document.sections.push_back(
      {.title = "Which cuts it chose, and when",
       .paragraphs = {},
       .table = std::move(table),
       .remarks =
           {"Others' jobs come at random in both, as often but not at the same dates; pings of "
            "a simulated mobile cost nothing and tell the rate exactly.",
            "Pinged is what the live mobile's pings made of the uplink, the median."},
       .caption = {}});
  return document;
}

}  // namespace

AdaptiveOutcome validate_adaptive(const ValidationBench& bench, const AdaptiveCase& one) {
  LiveJob job{.name = kName,
              .cuts = {},
              .channels = 0,
              .bits = one.cells.front().bits,
              .codec = "raw",
              .link = one.cells.front().link,
              .uplink = one.trace};
  ReplaySpec spec;
  spec.name = kName;
  spec.radio = one.cells.front().network;
  spec.codings.emplace();
  for (const LiveCell& cell : one.cells) {
    job.cuts.push_back(cell.cut);
    job.channels = std::max(job.channels, cell.channels);
    for (const auto& [place, coding] : bench.codings_of(cell)) (*spec.codings)[place] = coding;
    spec.crossings.push_back({cell.cut, cell.codec});
  }
  job.words = {"--adaptive", "--ping", fmt::format("{}", one.ping_s), "--rate",
               fmt::format("{}", one.rate_per_s)};
  job.others_per_s = one.others_per_s;
  const LiveRun run = bench.run_live(job);

  // The trace plays from the link's beginning, and the requests begin later.
  constexpr double kNanoseconds = 1e-9;
  const double since_s =
      static_cast<double>(run.begun_ns - run.link.value().started_ns) * kNanoseconds;
  const double offset_s = std::fmod(std::max(0.0, since_s), one.trace->length_s);
  spec.uplink = ReplayTrace{std::filesystem::absolute(one.trace_file).string(), offset_s};
  if (one.others_per_s > 0) {
    spec.background = ReplayBackground{one.whole_server_s, one.others_per_s * one.whole_server_s};
  }
  const std::vector<SimulatedRequest> simulated = bench.simulate(run, std::move(spec), kPolicy);
  if (simulated.size() != run.requests.size()) {
    throw SimulationError{fmt::format("{} requests were run live and {} simulated",
                                      run.requests.size(), simulated.size())};
  }
  AdaptiveOutcome outcome;
  outcome.report = report_of(one, run, simulated, offset_s);
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    append_csv(outcome.choices_csv, {{"request", static_cast<std::int64_t>(i)},
                                     {"arrival_s", run.requests[i].arrival_s},
                                     {"live_partition", text_value(run.requests[i].partition)},
                                     {"simulated_partition", text_value(simulated[i].partition)},
                                     {"live_latency_s", run.requests[i].latency_s},
                                     {"simulated_latency_s", simulated[i].times.latency_s()}});
  }
  return outcome;
}

}  // namespace papilio
