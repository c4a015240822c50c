#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/plan/estimate.hpp"
#include "sim/report/outcome.hpp"
#include "sim/run/kinds.hpp"
#include "sim/run/timeline.hpp"

namespace papilio {
namespace {

// Lanes of a cell, in the order of a request's way.
constexpr std::uint32_t kMobileLane = 1;
constexpr std::uint32_t kUplinkLane = 2;
constexpr std::uint32_t kEdgeLane = 3;
constexpr std::uint32_t kBackhaulLane = 4;
constexpr std::uint32_t kCloudLane = 5;
constexpr std::uint32_t kDownlinkLane = 6;
constexpr std::uint32_t kDelayLane = 7;
constexpr std::uint32_t kStreamLane = 8;  // and those after it: what is streamed overlaps

struct LaneName {
  std::uint32_t lane;
  std::string_view name;
};
constexpr LaneName kLanes[]{
    {kMobileLane, "processor"},  {kUplinkLane, "uplink"},   {kEdgeLane, "edge GPU"},
    {kBackhaulLane, "backhaul"}, {kCloudLane, "cloud GPU"}, {kDownlinkLane, "downlink"},
    {kDelayLane, "propagation"},
};

/// Prices each phase as the closed form does, which the simulation agrees with, and draws it as it
/// is asked for it: phase after phase of a request that begins at date 0.
class DrawnPhases : public Nominal {
 public:
  DrawnPhases(const RadioUse& use, std::uint32_t process, TraceEvents& events, std::uint64_t& ids)
      : Nominal{use}, use_{use}, process_{process}, events_{events}, ids_{ids} {}

  /// What comes next is streamed: it takes no time of the request's.
  void streamed(bool streamed) { streamed_ = streamed; }
  /// Date up to which phases are drawn.
  [[nodiscard]] Seconds date() const { return date_; }

  Seconds compute(const Compute& layers) {
    if (layers.at == Tier::kMobile) {
      return drawn(kMobileLane, "layers", layers.time, "processor W", layers.power());
    }
    return drawn(layers.at == Tier::kEdge ? kEdgeLane : kCloudLane, "layers", layers.time,
                 "waiting W", use_.idle_power);
  }
  Seconds uplink(Bytes size) {
    return drawn(kUplinkLane, "upload", Nominal::uplink(size), "radio W", use_.uplink_power());
  }
  Seconds downlink(Bytes size) {
    const Seconds time = Nominal::downlink(size);
    if (!streamed_) {
      return drawn(kDownlinkLane, "download", time, "radio W", use_.downlink_power());
    }
    draw_beside(time);
    return time;
  }
  Seconds backhaul(const Transfer& transfer) {
    return drawn(kBackhaulLane, transfer.to == Tier::kCloud ? "to cloud" : "to edge",
                 Nominal::backhaul(transfer), "waiting W", use_.idle_power);
  }
  Seconds delay(const Transfer& transfer) {
    return drawn(kDelayLane, "radio's delay", Nominal::delay(transfer), "waiting W",
                 use_.idle_power);
  }
  Seconds backhaul_delay() {
    return drawn(kDelayLane, "backhaul's delay", Nominal::backhaul_delay(), "waiting W",
                 use_.idle_power);
  }

 private:
  Seconds drawn(std::uint32_t lane, std::string_view name, Seconds time, std::string_view counter,
                Watts power) {
    const Tick from = tick_of(date_.value());
    date_ += time;
    const Tick to = tick_of(date_.value());
    if (to <= from) return time;
    const TraceLane place{process_, lane};
    events_.slice(place, json_quoted(name), from, to, time.value());
    if (last_.lane != 0) events_.arrow(++ids_, last_, begun_, place, from);
    last_ = place;
    begun_ = from;
    count(counter, power, from, to);
    if (counter == "radio W") count("waiting W", use_.idle_power, from, to);
    return time;
  }

  void count(std::string_view counter, Watts power, Tick from, Tick to) {
    if (!std::isfinite(power.value()) || power <= Watts{0}) return;
    events_.counter(process_, json_quoted(counter), from, power.value());
    events_.counter(process_, json_quoted(counter), to, 0);
  }

  /// In the first lane that is free.
  void draw_beside(Seconds time) {
    const Tick from = tick_of(date_.value());
    const Tick to = tick_of((date_ + time).value());
    if (to <= from) return;
    const auto free =
        std::find_if(streams_.begin(), streams_.end(), [&](Tick until) { return until <= from; });
    const TraceLane lane{process_,
                         kStreamLane + static_cast<std::uint32_t>(free - streams_.begin())};
    if (free == streams_.end()) {
      streams_.push_back(to);
      events_.name_lane(lane, "downlink, streamed");
    } else {
      *free = to;
    }
    events_.slice(lane, "\"token\"", from, to, time.value());
  }

  const RadioUse& use_;
  std::uint32_t process_;
  TraceEvents& events_;
  std::uint64_t& ids_;
  bool streamed_{false};
  Seconds date_;
  TraceLane last_{};  // of the last phase; lane 0: none yet
  Tick begun_{0};
  std::vector<Tick> streams_;
};

/// @return whether the whole request was drawn
bool draw_cell(const Outcome& outcome, std::uint32_t process, TraceEvents& events,
               std::uint64_t& ids, const std::function<void()>& hand_on) {
  const Cell& cell = outcome.cell;
  std::string name = fmt::format("{}: {}", cell.strategy, cell.plan.name);
  if (!cell.network.empty()) name += " on " + cell.network;
  name += fmt::format(" ({})", papilio::name(cell.use.energy_model));
  events.name_process(process, name);
  for (const LaneName& lane : kLanes) events.name_lane({process, lane.lane}, lane.name);
  DrawnPhases phases{cell.use, process, events, ids};
  for (const Stage& stage : cell.plan.stages) {
    if (events.count() >= kTimelineEvents) {
      events.remark(process, "\"the timeline ends here: it has too many events\"",
                    tick_of(phases.date().value()));
      return false;
    }
    const auto* transfer = std::get_if<Transfer>(&stage);
    phases.streamed(transfer != nullptr && transfer->streamed);
    estimate(std::span{&stage, 1}, phases);
    hand_on();
  }
  const std::uint64_t id = ++ids;
  events.begin_span(process, id, "\"request\"", 0,
                    fmt::format("\"latency_s\":{}", outcome.simulated.latency().value()));
  events.end_span(process, id, "\"request\"", tick_of(phases.date().value()));
  return true;
}

}  // namespace

CellTimeline::CellTimeline(const TimelineOptions& options, std::string scenario,
                           const std::vector<Cell>& cells)
    : file_{options.file},
      scenario_{std::move(scenario)},
      strategy_{options.strategy},
      most_{options.mobiles.value_or(kTimelineCells)} {
  if (options.from_s || options.to_s) {
    throw ConfigError{
        "papilio run: error: --trace-from and --trace-to apply only to fleets; each request of "
        "this scenario is a world of its own, from date 0"};
  }
  if (!strategy_) return;
  std::set<std::string> names;
  for (const Cell& cell : cells) names.insert(cell.strategy);
  timeline_strategy(*strategy_, {names.begin(), names.end()});
}

void CellTimeline::draw(const Outcomes& outcomes) {
  std::vector<const Outcome*> drawn;
  std::size_t matching = 0;
  for (const Outcome& outcome : outcomes.all()) {
    if (strategy_ && outcome.cell.strategy != *strategy_) continue;
    ++matching;
    if (drawn.size() < most_) drawn.push_back(&outcome);
  }
  file_.begin({{"scenario", json_quoted(scenario_)},
               {"sample", json_quoted(fmt::format(
                              "the first {} of {} cells, one request each, from date 0; no more "
                              "than about {} events",
                              drawn.size(), matching, kTimelineEvents))},
               {"cells", fmt::format("{}", drawn.size())},
               {"of_cells", fmt::format("{}", matching)},
               {"most_events", fmt::format("{}", kTimelineEvents)}});
  TraceEvents events;
  std::uint64_t ids = 0;
  const auto hand_on = [&] {
    constexpr std::size_t kPieceOfText = std::size_t{1} << 16U;
    if (events.text().size() < kPieceOfText) return;
    file_.append(events.text());
    events.clear();
  };
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (!draw_cell(*drawn[i], static_cast<std::uint32_t>(i + 1), events, ids, hand_on)) break;
  }
  file_.append(events.text());
  file_.commit();
}

}  // namespace papilio
