#include "sim/play/fleet/resources.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/base/error.hpp"
#include "sim/play/fleet/request.hpp"

namespace papilio {
namespace {

/// Of a copy that is there among those that are, in increasing order.
std::uint32_t place_of(const std::vector<std::uint32_t>& copies, std::uint32_t copy) {
  const auto place = std::lower_bound(copies.begin(), copies.end(), copy);
  PAPILIO_CHECK(place != copies.end() && *place == copy);
  return static_cast<std::uint32_t>(place - copies.begin());
}

}  // namespace

std::vector<std::string> resource_names(const FleetModel& model) {
  std::vector<std::string> names{"mobiles"};
  for (const CellModel& cell : model.cells) {
    names.push_back(cell.name + " uplink");
    names.push_back(cell.name + " downlink");
  }
  for (const ServerModel& server : model.servers) {
    names.push_back(server.name);
    if (std::isfinite(server.backhaul_byte_per_s)) {
      names.push_back(server.name + " backhaul up");
      names.push_back(server.name + " backhaul down");
    }
  }
  return names;
}

std::vector<double> resource_copies(const FleetModel& model) {
  std::vector<double> copies{static_cast<double>(model.mobiles())};
  for (const CellModel& cell : model.cells) copies.insert(copies.end(), 2, cell.count);
  for (const ServerModel& server : model.servers) {
    copies.insert(copies.end(), std::isfinite(server.backhaul_byte_per_s) ? 3 : 1, server.count);
  }
  return copies;
}

Resources::Resources(const FleetModel& model, const FleetComponent& component, std::uint64_t seed,
                     const LinkFactory& make_link, Calendar& calendar)
    : model_{model}, component_{component}, calendar_{calendar} {
  make_links(make_link);
  make_servers(seed);
}

void Resources::make_links(const LinkFactory& make_link) {
  const auto add = [&](LinkPlace::Kind kind, std::size_t owner, std::uint32_t copy,
                       const RateTimeline& rate) {
    const auto index = static_cast<std::uint32_t>(links_.size());
    links_.push_back(make_link({kind, index, static_cast<std::uint32_t>(owner), copy, rate}));
  };
  for (std::size_t c = 0; c < model_.cells.size(); ++c) {
    const CellModel& cell = model_.cells[c];
    cell_links_.push_back(static_cast<std::uint32_t>(links_.size()));
    for (const std::uint32_t copy : component_.cells[c]) {
      add(LinkPlace::Kind::kUplink, c, copy, cell.uplink[copy]);
      add(LinkPlace::Kind::kDownlink, c, copy, cell.downlink[copy]);
    }
  }
  for (std::size_t s = 0; s < model_.servers.size(); ++s) {
    const ServerModel& server = model_.servers[s];
    if (!std::isfinite(server.backhaul_byte_per_s)) {
      backhaul_links_.push_back(kNothing);
      continue;
    }
    backhaul_links_.push_back(static_cast<std::uint32_t>(links_.size()));
    const RateTimeline rate{BytesPerSecond{server.backhaul_byte_per_s}};
    for (const std::uint32_t copy : component_.servers[s]) {
      add(LinkPlace::Kind::kBackhaulUp, s, copy, rate);
      add(LinkPlace::Kind::kBackhaulDown, s, copy, rate);
    }
  }
  link_event_s_.assign(links_.size(), kNever);
}

void Resources::make_servers(std::uint64_t seed) {
  for (std::size_t s = 0; s < model_.servers.size(); ++s) {
    const ServerModel& server = model_.servers[s];
    first_server_.push_back(static_cast<std::uint32_t>(servers_.size()));
    const StreamFamily arrivals{seed, "background arrivals " + server.name};
    const StreamFamily work{seed, "background work " + server.name};
    for (const std::uint32_t copy : component_.servers[s]) {
      const auto index = static_cast<std::uint32_t>(servers_.size());
      servers_.push_back(std::make_unique<Server>(server, index, calendar_));
      server_models_.push_back(static_cast<std::uint32_t>(s));
      background_.push_back({Stream{arrivals, copy}, Stream{work, copy}});
      if (!server.background.empty()) schedule_background(index, 0);
    }
  }
}

std::uint32_t Resources::uplink(std::uint32_t cell, std::uint32_t copy) const {
  return cell_links_[cell] + 2 * place_of(component_.cells[cell], copy);
}

std::uint32_t Resources::server_of(std::uint32_t model, std::uint32_t copy) const {
  return first_server_[model] + place_of(component_.servers[model], copy);
}

std::uint32_t Resources::backhaul(std::uint32_t edge, std::uint32_t direction) const {
  const std::uint32_t model = server_models_[edge];
  if (backhaul_links_[model] == kNothing) return kNothing;
  return backhaul_links_[model] + 2 * (edge - first_server_[model]) + direction;
}

bool Resources::take_link_event(const Event& event) {
  if (link_event_s_[event.target] != event.date) return false;
  link_event_s_[event.target] = kNever;
  return true;
}

void Resources::reschedule(std::uint32_t link) {
  const double date = links_[link]->next_date();
  // An event that comes too early finds nothing to do and asks again; that is rarer than a change.
  if (date < link_event_s_[link]) {
    link_event_s_[link] = date;
    calendar_.push(date, EventKind::kLink, link, 0);
  }
}

void Resources::play_background(std::uint32_t server, double now) {
  const ServerModel& model = model_of(server);
  const double factor = model.background_variation.draw(background_[server].work);
  servers_[server]->submit(now,
                           {.request = Job::kBackground, .service_s = model.background_s * factor});
  schedule_background(server, now);
}

void Resources::schedule_background(std::uint32_t server, double now) {
  const ServerModel& model = model_of(server);
  // The hazard of the next arrival is used up at the rate that holds from step to step.
  double hazard = background_[server].arrivals.exponential(1);
  double date = now;
  while (true) {
    const double load = value_at(model.background, date, 0);
    const double rate = load * model.gpus / model.background_s;
    const auto next = std::find_if(model.background.begin(), model.background.end(),
                                   [&](const Step& step) { return step.from_s > date; });
    double until = kNever;
    if (next != model.background.end()) until = next->from_s;
    if (rate > 0 && date + hazard / rate <= until) {
      calendar_.push(date + hazard / rate, EventKind::kBackground, server, 0);
      return;
    }
    if (until == kNever) return;
    hazard -= rate * (until - date);
    date = until;
  }
}

std::vector<Totals> Resources::totals(double now) {
  std::vector<Totals> all;
  const auto add_links = [&](std::uint32_t first, std::size_t copies) {
    for (std::uint32_t direction = 0; direction < 2; ++direction) {
      Totals sum;
      for (std::uint32_t copy = 0; copy < copies; ++copy) {
        const LinkUse& use = links_[first + 2 * copy + direction]->use(now);
        sum.busy += use.busy_s;
        sum.queue += use.flow_seconds;
        sum.done += use.bytes;
      }
      all.push_back(sum);
    }
  };
  for (std::size_t c = 0; c < model_.cells.size(); ++c) {
    add_links(cell_links_[c], component_.cells[c].size());
  }
  for (std::size_t s = 0; s < model_.servers.size(); ++s) {
    Totals sum;
    for (std::uint32_t copy = 0; copy < component_.servers[s].size(); ++copy) {
      const ServerUse& use = servers_[first_server_[s] + copy]->use(now);
      sum.busy += use.busy_gpu_s / model_.servers[s].gpus;
      sum.queue += use.queue_seconds;
      sum.done += use.served;
    }
    all.push_back(sum);
    if (backhaul_links_[s] != kNothing) add_links(backhaul_links_[s], component_.servers[s].size());
  }
  return all;
}

}  // namespace papilio
