#include "sim/play/fleet/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/base/embedded_json.hpp"
#include "sim/play/fleet/component.hpp"

namespace papilio {
namespace {

/// Text that is handed on at once.
constexpr std::size_t kPiece = std::size_t{1} << 16U;
constexpr double kSecond = 1;

// Lanes of a mobile; of a cell and of a server, the first of each kind.
constexpr std::uint32_t kProcessorLane = 1;
constexpr std::uint32_t kRadioLane = 2;
constexpr std::uint32_t kFirstUplink = 1;
constexpr std::uint32_t kFirstDownlink = 1001;
constexpr std::uint32_t kFirstGpu = 1;
constexpr std::uint32_t kFirstBackhaulUp = 100001;
constexpr std::uint32_t kFirstBackhaulDown = 101001;

/// What the track of a mobile calls a span, quoted.
std::string_view quoted_name(SpanKind span) {
  constexpr std::array<std::string_view, 20> kNames{
      R"("queue")",     R"("mobile layers")", R"("promotion")",    R"("upload")",
      R"("to edge")",   R"("wait for edge")", R"("edge layers")",  R"("backhaul up")",
      R"("to cloud")",  R"("wait for GPU")",  R"("cloud layers")", R"("backhaul down")",
      R"("to mobile")", R"("listening")",     R"("paging")",       R"("answer's promotion")",
      R"("download")",  R"("lost")",          R"("back-off")",     R"("fallback")"};
  return kNames.at(static_cast<std::size_t>(span));
}

bool is_transfer(SpanKind span) {
  return span == SpanKind::kUplink || span == SpanKind::kDownlink;
}

}  // namespace

Recorder::Recorder(const FleetModel& model, const TraceSample& sample, const TracePlace& place,
                   Write write)
    : model_{model}, sample_{sample}, place_{place}, write_{std::move(write)} {}

// Who is watched --------------------------------------------------------------------------------

/// Processes are numbered so that no two of a file share a number and each knows its own: of each
/// strategy its components, its mobiles, its cells, its servers.
void Recorder::begin(const FleetState& fleet) {
  fleet_ = &fleet;
  const std::uint32_t mobiles = std::min(sample_.mobiles, model_.mobiles());
  std::vector<std::uint32_t> first_cell;
  auto number = static_cast<std::uint32_t>(place_.components) + mobiles;
  for (const CellModel& cell : model_.cells) {
    first_cell.push_back(number);
    number += cell.count;
  }
  std::vector<std::uint32_t> first_server;
  for (const ServerModel& server : model_.servers) {
    first_server.push_back(number);
    number += server.count;
  }
  const std::uint32_t base = 1 + static_cast<std::uint32_t>(place_.strategy) * number;
  const std::string& strategy = model_.strategies.at(place_.strategy).name;
  process_ = base + static_cast<std::uint32_t>(place_.component);
  const std::string part =
      place_.components > 1 ? fmt::format(", component {}", place_.component) : std::string{};
  events_.name_process(process_, fmt::format("{}: fleet{}", strategy, part));
  rates_.push_back({.process = process_, .name = json_quoted("requests ended per s")});
  second_s_ = std::floor(sample_.from_s);

  mobiles_.resize(mobiles);
  place_of_link_.assign(fleet.resources.links(), kNothing);
  place_of_server_.assign(fleet.resources.servers(), kNothing);
  std::vector<std::uint32_t> first_mobile{0};  // [groups]
  for (const GroupModel& group : model_.groups) {
    first_mobile.push_back(first_mobile.back() + group.count);
  }
  const Attachments attachments{model_};
  const auto copy_name = [](const std::string& name, std::uint32_t count, std::uint32_t copy) {
    return count > 1 ? fmt::format("{} {}", name, copy) : name;
  };
  for (const Mobile& mobile : fleet.mobiles) {
    if (mobile.number >= mobiles) break;
    const GroupModel& group = model_.groups[mobile.group];
    const auto components = static_cast<std::uint32_t>(place_.components);
    const std::uint32_t process = base + components + mobile.number;
    mobiles_[mobile.number] = {.mobile = &mobile, .process = process, .radio_s = sample_.from_s};
    events_.name_process(process,
                         fmt::format("{}: mobile {} of {}", strategy, mobile.number, group.name));
    events_.name_lane({process, kProcessorLane}, "processor");
    events_.name_lane({process, kRadioLane}, "radio");

    const Attachment to = attachments.of(mobile.group, mobile.number - first_mobile[mobile.group]);
    const CellModel& cell = model_.cells[group.cell];
    const std::uint32_t cell_process = base + first_cell[group.cell] + to.cell;
    if (place_of_link_[mobile.uplink] == kNothing) {
      events_.name_process(cell_process, fmt::format("{}: cell {}", strategy,
                                                     copy_name(cell.name, cell.count, to.cell)));
      watch_link(mobile.uplink, cell_process, "uplink", kFirstUplink);
      watch_link(mobile.downlink, cell_process, "downlink", kFirstDownlink);
    }
    const auto watch = [&](std::uint32_t model, std::uint32_t copy, std::uint32_t server) {
      if (place_of_server_[server] != kNothing) return;
      const ServerModel& of = model_.servers[model];
      const std::uint32_t of_process = base + first_server[model] + copy;
      events_.name_process(
          of_process, fmt::format("{}: server {}", strategy, copy_name(of.name, of.count, copy)));
      watch_server(server, of_process);
    };
    watch(group.server, to.server, mobile.server);
    if (group.edge) {
      watch(*group.edge, to.edge, mobile.edge);
      const std::uint32_t up = fleet.resources.backhaul(mobile.edge, 0);
      if (up != kNothing && place_of_link_[up] == kNothing) {
        const std::uint32_t of_process = base + first_server[*group.edge] + to.edge;
        watch_link(up, of_process, "backhaul up", kFirstBackhaulUp);
        watch_link(fleet.resources.backhaul(mobile.edge, 1), of_process, "backhaul down",
                   kFirstBackhaulDown);
      }
    }
  }
}

void Recorder::watch_link(std::uint32_t link, std::uint32_t process, const std::string& name,
                          std::uint32_t first_lane) {
  place_of_link_[link] = static_cast<std::uint32_t>(links_.size());
  links_.push_back({.link = link,
                    .process = process,
                    .first_lane = first_lane,
                    .name = name,
                    .flows_name = json_quoted(name + " flows"),
                    .rate = rates_.size()});
  rates_.push_back({.process = process, .name = json_quoted(name + " byte/s")});
}

void Recorder::watch_server(std::uint32_t server, std::uint32_t process) {
  place_of_server_[server] = static_cast<std::uint32_t>(servers_.size());
  const auto gpus = static_cast<std::size_t>(fleet_->resources.model_of(server).gpus);
  servers_.push_back(
      {.server = server, .process = process, .named = std::vector<bool>(gpus, false)});
}

Recorder::SampledMobile* Recorder::sampled(std::uint32_t number) {
  if (number >= mobiles_.size() || mobiles_[number].mobile == nullptr) return nullptr;
  return &mobiles_[number];
}

/// Ids of a file: 16 bits of the strategy, 16 of the component, 32 of a number.
std::uint64_t Recorder::next_id() {
  constexpr unsigned kPart = 16;
  const std::uint64_t where = (std::uint64_t{place_.strategy} << kPart) + place_.component;
  return (where << (2 * kPart)) + ++ids_;
}

// Requests --------------------------------------------------------------------------------------

void Recorder::leave(const Span& end) {
  if (open_) count_bytes(end);
  SampledMobile* mobile = sampled(end.mobile);
  if (mobile == nullptr) return;
  mobile->touched = true;
  Trail* trail = trail_of(*mobile, end);
  if (trail == nullptr && (!open_ || end.end_s < sample_.from_s)) return;
  draw_radio(*mobile, end);
  if (trail == nullptr && !end.abandoned) return;
  draw_track(*mobile, trail, end);
  draw_lane(*mobile, trail, end);
  draw_waiting_power(*mobile, end);
  hand_on(kPiece);
}

/// The trail of a span's request, begun with its first span; null: not recorded, or what an attempt
/// has left behind.
Recorder::Trail* Recorder::trail_of(SampledMobile& mobile, const Span& span) {
  if (span.abandoned) return nullptr;
  const auto found = mobile.trails.find(span.number);
  if (found != mobile.trails.end()) return &found->second;
  const double arrival_s = span.request->arrival_s;
  if (span.kind != SpanKind::kQueue || !open_ || arrival_s < sample_.from_s ||
      arrival_s >= sample_.to_s) {
    return nullptr;
  }
  Trail trail{
      .id = next_id(),
      .name = json_quoted(fmt::format("request {} of mobile {}", span.number, span.mobile))};
  events_.begin_span(mobile.process, trail.id, trail.name, tick_of(arrival_s),
                     fmt::format("\"mobile\":{},\"request\":{}", span.mobile, span.number));
  return &mobile.trails.emplace(span.number, std::move(trail)).first->second;
}

/// Spans of a request lie in the request's, on the mobile's track; what an attempt left behind, by
/// itself.
void Recorder::draw_track(const SampledMobile& mobile, const Trail* trail, const Span& span) {
  const Tick from = tick_of(span.begin_s);
  const Tick to = tick_of(span.end_s);
  if (to <= from) return;
  const std::uint64_t id = trail != nullptr ? trail->id : next_id();
  const std::string name = trail != nullptr
                               ? std::string{quoted_name(span.kind)}
                               : fmt::format("\"left behind: {}", quoted_name(span.kind).substr(1));
  events_.begin_span(mobile.process, id, name, from,
                     fmt::format("\"length_s\":{},\"attempt\":{},\"cut\":{}", span.length_s,
                                 span.attempt, span.cut));
  events_.end_span(mobile.process, id, name, to);
}

void Recorder::draw_lane(SampledMobile& mobile, Trail* trail, const Span& span) {
  // What a timeout cuts beyond the mobile goes on, and is drawn whole when that has ended.
  const bool goes_on = span.cut && !span.abandoned;
  switch (span.kind) {
    case SpanKind::kMobile:
    case SpanKind::kFallback:
      draw_processor(mobile, trail, span);
      break;
    case SpanKind::kUplink:
      draw_flow(mobile.mobile->uplink, mobile, trail, span);
      break;
    case SpanKind::kDownlink:
      if (!goes_on) draw_flow(mobile.mobile->downlink, mobile, trail, span);
      break;
    case SpanKind::kBackhaulUp:
    case SpanKind::kBackhaulDown:
      if (!goes_on) {
        const std::uint32_t direction = span.kind == SpanKind::kBackhaulUp ? 0 : 1;
        draw_flow(fleet_->resources.backhaul(mobile.mobile->edge, direction), mobile, trail, span);
      }
      break;
    case SpanKind::kEdge:
    case SpanKind::kServer:
      if (last_batch_.drawn) go_on(trail, last_batch_.lane, last_batch_.begun);
      break;
    default:
      break;
  }
}

void Recorder::draw_processor(const SampledMobile& mobile, Trail* trail, const Span& span) {
  const Tick from = tick_of(span.begin_s);
  const Tick to = tick_of(span.end_s);
  if (to <= from) return;
  const TraceLane lane{mobile.process, kProcessorLane};
  events_.slice(lane, json_quoted(fmt::format("request {}", span.number)), from, to, span.length_s);
  go_on(trail, lane, from);
  const Request& request = *span.request;
  double power_w = 0;
  if (const auto* layers = std::get_if<Compute>(&stage_of(request));
      layers != nullptr && span.kind == SpanKind::kMobile) {
    power_w = layers->power().value();
  } else {
    const MobileCost rest = fleet_->plan_of(request).fallback(request.stages, request.stage);
    power_w = rest.time_s > 0 ? rest.energy_j / rest.time_s : 0;
  }
  if (!std::isfinite(power_w)) return;  // nobody knows it
  events_.counter(mobile.process, "\"processor W\"", from, power_w);
  events_.counter(mobile.process, "\"processor W\"", to, 0);
}

/// A link's flows overlap: each takes the first lane that is free, in the order in which they end.
void Recorder::draw_flow(std::uint32_t link, const SampledMobile& mobile, Trail* trail,
                         const Span& span) {
  const Tick from = tick_of(span.begin_s);
  const Tick to = tick_of(span.end_s);
  if (to <= from) return;
  WatchedLink& watched = links_[place_of_link_[link]];
  const auto free = std::find_if(watched.lanes.begin(), watched.lanes.end(),
                                 [&](Tick until) { return until <= from; });
  const auto place = static_cast<std::size_t>(free - watched.lanes.begin());
  const TraceLane lane{watched.process, watched.first_lane + static_cast<std::uint32_t>(place)};
  if (free == watched.lanes.end()) {
    watched.lanes.push_back(to);
    events_.name_lane(lane, fmt::format("{} {}", watched.name, place));
  } else {
    *free = to;
  }
  events_.slice(lane, fmt::format("\"mobile {} request {}\"", mobile.mobile->number, span.number),
                from, to, span.length_s, fmt::format(",\"bytes\":{}", span.request->bytes));
  go_on(trail, lane, from);
}

/// An arrow from the last slice of a request to its next, which has been drawn.
void Recorder::go_on(Trail* trail, TraceLane lane, Tick begins) {
  if (trail == nullptr) return;
  if (trail->drawn) events_.arrow(next_id(), trail->lane, trail->begun, lane, begins);
  trail->lane = lane;
  trail->begun = begins;
  trail->drawn = true;
}

void Recorder::draw_waiting_power(const SampledMobile& mobile, const Span& span) {
  const double power_w = fleet_->group_of(*mobile.mobile).idle_power_w;
  const Phase phase = phase_of(span.kind);
  if (power_w <= 0 || span.abandoned || phase == Phase::kQueue || phase == Phase::kMobile) return;
  const Tick from = tick_of(span.begin_s);
  const Tick to = tick_of(span.end_s);
  if (to <= from) return;
  events_.counter(mobile.process, "\"waiting W\"", from, power_w);
  events_.counter(mobile.process, "\"waiting W\"", to, 0);
}

void Recorder::end(const Request& request, double now) {
  SampledMobile* mobile = sampled(fleet_->mobile_of(request).number);
  if (mobile == nullptr) return;
  mobile->touched = true;
  const auto found = mobile->trails.find(request.number);
  if (found == mobile->trails.end()) return;
  events_.end_span(mobile->process, found->second.id, found->second.name, tick_of(now));
  mobile->trails.erase(found);
}

// Radios ----------------------------------------------------------------------------------------

/// What a radio does, one thing at a time: where two transfers overlap, the later end of the second
/// follows the first.
void Recorder::draw_radio(SampledMobile& mobile, const Span& span) {
  const bool promotion =
      span.kind == SpanKind::kPromotion || span.kind == SpanKind::kAnswerPromotion;
  if (!promotion && !is_transfer(span.kind)) return;
  // A download that goes on is told when it has ended.
  if (span.kind == SpanKind::kDownlink && span.cut && !span.abandoned) return;
  const CellModel& cell = fleet_->cell_of(*mobile.mobile);
  const bool up = span.kind == SpanKind::kUplink;
  double power_w = cell.energy_model == EnergyModel::kStated ? cell.radio.beta.value() : 0;
  if (promotion) {
    const double length_s = cell.machine->promotion_length().value();
    power_w = length_s > 0 ? cell.machine->promotion_energy().value() / length_s : 0;
  } else if (span.length_s > 0) {
    power_w += (up ? cell.radio.alpha_uplink : cell.radio.alpha_downlink).value() *
               span.request->bytes / span.length_s;
  }
  fill_radio(mobile, std::max(span.begin_s, sample_.from_s));
  const Tick from = tick_of(mobile.radio_s);
  const Tick to = tick_of(span.end_s);
  if (to > from) {
    const std::string_view name = promotion ? "\"promotion\""
                                  : up      ? "\"sending\""
                                            : "\"receiving\"";
    events_.slice({mobile.process, kRadioLane}, name, from, to, span.end_s - mobile.radio_s);
    events_.counter(mobile.process, "\"radio W\"", from, power_w);
    events_.counter(mobile.process, "\"radio W\"", to, 0);
  }
  mobile.radio_s = std::max(mobile.radio_s, span.end_s);
  mobile.last_s = std::max(mobile.last_s, span.end_s);
}

/// The states that a radio has passed by itself since it was drawn last.
void Recorder::fill_radio(SampledMobile& mobile, double until_s) {
  if (until_s <= mobile.radio_s) return;
  const auto& machine = fleet_->cell_of(*mobile.mobile).machine;
  const auto draw = [&](std::string_view name, Seconds from_s, Seconds to_s) {
    const Tick from = tick_of(from_s.value());
    const Tick to = tick_of(to_s.value());
    if (to <= from) return;
    const RadioDraw drawn = machine->draw(Seconds{mobile.last_s}, from_s, to_s);
    const double length_s = (to_s - from_s).value();
    events_.slice({mobile.process, kRadioLane}, json_quoted(name), from, to, length_s);
    events_.counter(mobile.process, "\"radio W\"", from,
                    (drawn.tail + drawn.idle).value() / length_s);
    events_.counter(mobile.process, "\"radio W\"", to, 0);
  };
  if (machine) {
    machine->each_state(Seconds{mobile.last_s}, Seconds{mobile.radio_s}, Seconds{until_s}, draw);
  }
  mobile.radio_s = until_s;
}

// Links and servers -----------------------------------------------------------------------------

bool Recorder::recorded(const Job& job) {
  if (job.request == Job::kBackground) return false;
  const Request& request = fleet_->requests[job.request];
  const SampledMobile* mobile = sampled(fleet_->mobile_of(request).number);
  return mobile != nullptr && !request.abandoned && mobile->trails.count(request.number) > 0;
}

void Recorder::batch(std::uint32_t server, std::uint32_t gpu, const std::vector<Job>& jobs,
                     double now) {
  last_batch_.drawn = false;
  if (place_of_server_[server] == kNothing || jobs.empty()) return;
  const Job& first = jobs.front();
  const auto own = static_cast<std::size_t>(
      std::count_if(jobs.begin(), jobs.end(), [&](const Job& job) { return recorded(job); }));
  if (own == 0 && (!open_ || first.begin_s < sample_.from_s)) return;
  const Tick from = tick_of(first.begin_s);
  const Tick to = tick_of(now);
  if (to <= from) return;
  WatchedServer& watched = servers_[place_of_server_[server]];
  const TraceLane lane{watched.process, kFirstGpu + gpu};
  if (!watched.named[gpu]) {
    watched.named[gpu] = true;
    events_.name_lane(lane, fmt::format("GPU {}", gpu));
  }
  const std::string name = first.request == Job::kBackground ? "\"background job\""
                           : jobs.size() == 1
                               ? "\"1 request\""
                               : json_quoted(fmt::format("{} requests", jobs.size()));
  events_.slice(lane, name, from, to, first.time_s,
                fmt::format(",\"jobs\":{},\"of_sampled_mobiles\":{}", jobs.size(), own));
  last_batch_ = {.lane = lane, .begun = from, .drawn = true};
}

void Recorder::count_bytes(const Span& span) {
  const Mobile& mobile = fleet_->mobile_of(*span.request);
  std::uint32_t link = kNothing;
  if (span.kind == SpanKind::kUplink) {
    link = mobile.uplink;
  } else if (span.kind == SpanKind::kDownlink) {
    link = mobile.downlink;
  } else if (span.kind == SpanKind::kBackhaulUp || span.kind == SpanKind::kBackhaulDown) {
    link = fleet_->resources.backhaul(mobile.edge, span.kind == SpanKind::kBackhaulUp ? 0 : 1);
  }
  if (link == kNothing || span.cut || place_of_link_[link] == kNothing) return;
  if (span.end_s < sample_.from_s) return;
  tell_rates(span.end_s);
  rates_[links_[place_of_link_[link]].rate].amount += span.request->bytes;
}

// Counters --------------------------------------------------------------------------------------

/// Tells what has passed in the seconds that are over.
void Recorder::tell_rates(double now) {
  if (now < second_s_ + kSecond) return;
  const Tick at = tick_of(second_s_);
  const bool pause = now >= second_s_ + 2 * kSecond;
  for (Rate& rate : rates_) {
    if (rate.amount != rate.told) events_.counter(rate.process, rate.name, at, rate.amount);
    if (pause && rate.amount != 0) {
      events_.counter(rate.process, rate.name, tick_of(second_s_ + kSecond), 0);
    }
    rate.told = pause ? 0 : rate.amount;
    rate.amount = 0;
  }
  second_s_ = std::floor(now / kSecond) * kSecond;
}

void Recorder::tell_counters(double now) {
  for (WatchedLink& watched : links_) {
    const std::uint32_t flows = fleet_->resources.link(watched.link).flows();
    if (flows == watched.flows) continue;
    watched.flows = flows;
    events_.counter(watched.process, watched.flows_name, tick_of(now), flows);
  }
  for (WatchedServer& watched : servers_) {
    const std::size_t waiting = fleet_->resources.server(watched.server).waiting();
    if (waiting == watched.waiting) continue;
    watched.waiting = waiting;
    events_.counter(watched.process, "\"waiting requests\"", tick_of(now),
                    static_cast<double>(waiting));
  }
}

/// What a battery has left, as its mobile's last request left it.
void Recorder::tell_batteries(double now) {
  for (SampledMobile& mobile : mobiles_) {
    if (!std::exchange(mobile.touched, false)) continue;
    if (!std::isfinite(fleet_->group_of(*mobile.mobile).battery_j)) continue;
    const double left = fleet_->battery_left(*mobile.mobile);
    if (left == mobile.battery || !std::isfinite(left)) continue;
    mobile.battery = left;
    events_.counter(mobile.process, "\"battery\"", tick_of(now), left);
  }
}

void Recorder::pass(double now, std::uint64_t ended) {
  const std::uint64_t news = ended - std::exchange(ended_, ended);
  if (!open_ || now < sample_.from_s) return;
  const bool full = events_.count() >= sample_.most_events;
  if (now >= sample_.to_s || full) {
    close(std::min(now, sample_.to_s));
    return;
  }
  tell_rates(now);
  rates_.front().amount += static_cast<double>(news);
  tell_counters(now);
  tell_batteries(now);
  hand_on(kPiece);
}

/// From now on only what belongs to requests in flight is drawn: counters return to zero.
void Recorder::close(double now) {
  if (!std::exchange(open_, false)) return;
  closed_s_ = now;
  tell_rates(second_s_ + 2 * kSecond);
  for (const WatchedLink& watched : links_) {
    if (watched.flows > 0) {
      events_.counter(watched.process, watched.flows_name, tick_of(now), 0);
    }
  }
  for (const WatchedServer& watched : servers_) {
    if (watched.waiting > 0) {
      events_.counter(watched.process, "\"waiting requests\"", tick_of(now), 0);
    }
  }
  const bool full = events_.count() >= sample_.most_events;
  events_.remark(process_,
                 full ? json_quoted(fmt::format("the timeline ends here: it has {} events or more",
                                                sample_.most_events))
                      : std::string{"\"the timeline ends here\""},
                 tick_of(now));
}

void Recorder::finish(double now) {
  close(now);
  for (SampledMobile& mobile : mobiles_) {
    if (mobile.mobile != nullptr) fill_radio(mobile, closed_s_);
  }
  hand_on(0);
}

void Recorder::hand_on(std::size_t least) {
  if (events_.text().size() <= least) return;
  write_(events_.text());
  events_.clear();
}

}  // namespace papilio
