#include "sim/report/overload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sim/play/fleet/fleet.hpp"

namespace papilio {
namespace {

/// When a group's last request arrives, about; infinity in a closed loop, which has no such time.
double arrivals_end_s(const FleetModel& model, const GroupModel& group) {
  const Workload& workload = group.workload;
  double gap_s = std::numeric_limits<double>::infinity();
  switch (workload.process) {
    case Workload::Process::kClosedLoop:
      return std::numeric_limits<double>::infinity();
    case Workload::Process::kTrace:
      return std::min(model.duration_s, workload.dates_s.empty() ? 0 : workload.dates_s.back());
    case Workload::Process::kPoisson:
      gap_s = 1 / workload.rate_per_s;
      break;
    case Workload::Process::kPeriodic:
      gap_s = workload.period_s;
      break;
  }
  if (workload.requests == 0) return model.duration_s;
  return std::min(model.duration_s, static_cast<double>(workload.requests) * gap_s);
}

/// The time from 0 on in which a timeline's bytes may pass, times their rate.
double capacity_bytes(const RateTimeline& rate, double until_s) {
  double bytes = 0;
  for (double date = 0; date < until_s;) {
    const double next = std::min(until_s, rate.next_change(date));
    bytes += rate.rate_byte_per_s(date) * (next - date);
    date = next;
  }
  return bytes;
}

/// The share of their time that background jobs ask of a server's GPUs, over [0, until).
double mean_background(const ServerModel& server, double until_s) {
  double sum = 0;
  for (std::size_t i = 0; i < server.background.size(); ++i) {
    const double from = std::min(server.background[i].from_s, until_s);
    const double to = i + 1 < server.background.size()
                          ? std::min(server.background[i + 1].from_s, until_s)
                          : until_s;
    sum += server.background[i].value * (to - from);
  }
  return sum / until_s;
}

/// When the last request arrives of those groups that `use` something; infinity where one of them
/// is a closed loop.
template <class Uses>
double last_arrival_s(const FleetModel& model, const Uses& uses) {
  double end = 0;
  for (const GroupModel& group : model.groups) {
    if (uses(group)) end = std::max(end, arrivals_end_s(model, group));
  }
  return end;
}

class Finder {
 public:
  Finder(const FleetModel& model, const CellCapacities& capacities,
         std::span<const FleetResult> runs)
      : model_{model}, capacities_{capacities}, runs_{runs} {}

  std::optional<Overload> find(std::span<const std::size_t> groups) {
    for (const std::size_t g : groups) {
      const GroupModel& group = model_.groups[g];
      mobiles(g);
      cell(group.cell);
      server(group.server);
      if (group.edge) server(*group.edge);
    }
    return worst_;
  }

 private:
  /// @param units of work, whose number tells how far chance may go
  void judge(const std::string& resource, double load, double units) {
    if (units <= 0 || load * (1 - 3 * std::sqrt(2 / units)) <= 1) return;
    if (!worst_ || load > worst_->load) worst_ = Overload{resource, load};
  }

  void mobiles(std::size_t g) {
    const GroupModel& group = model_.groups[g];
    const double time_s = arrivals_end_s(model_, group) - model_.warm_up_s;
    if (group.workload.drop_when_busy || !std::isfinite(time_s) || time_s <= 0) return;
    double computing_s = 0;
    double begun_s = 0;
    double requests = 0;
    const std::size_t windows = model_.windows.size() + 1;
    for (const FleetResult& run : runs_) {
      for (std::size_t w = 0; w < windows; ++w) {
        const RequestSums& sums = run.buckets[g * windows + w].sums;
        computing_s += sums.phases[Phase::kMobile];
        begun_s += sums.phases.total() - sums.phases[Phase::kQueue];
        requests += static_cast<double>(sums.completed);
      }
    }
    const double mobile_s = time_s * group.count * static_cast<double>(runs_.size());
    // It computes one request at a time, and has no more than these begun and not ended.
    const double busy_s = std::max(computing_s, begun_s / (group.overlap + 1.0));
    judge(fmt::format("each mobile of '{}'", group.name), busy_s / mobile_s, requests);
  }

  /// @param resource position in `resource_names`
  [[nodiscard]] double total(std::size_t resource, double ResourceMeans::*per_second) const {
    double sum = 0;
    for (const FleetResult& run : runs_) {
      sum += run.resources[resource].*per_second * run.counts.end_s /
             static_cast<double>(runs_.size());
    }
    return sum;
  }

  void cell(std::uint32_t c) {
    double requests = 0;
    for (const FleetResult& run : runs_) requests += static_cast<double>(run.counts.requests);
    const std::size_t first = 1 + 2 * static_cast<std::size_t>(c);
    for (const std::size_t direction : {0U, 1U}) {
      const double bytes = capacities_[c][direction];
      if (bytes <= 0) continue;
      judge(names_[first + direction], total(first + direction, &ResourceMeans::per_second) / bytes,
            requests);
    }
  }

  void server(std::uint32_t s) {
    const ServerModel& server = model_.servers[s];
    const double end = last_arrival_s(
        model_, [&](const GroupModel& group) { return group.server == s || group.edge == s; });
    if (!std::isfinite(end) || end <= 0) return;
    std::size_t resource = 1 + 2 * model_.cells.size();
    for (std::uint32_t before = 0; before < s; ++before) {
      resource += std::isfinite(model_.servers[before].backhaul_byte_per_s) ? 3U : 1U;
    }
    const double background = mean_background(server, end);
    double run_s = 0;
    for (const FleetResult& run : runs_) {
      run_s += run.counts.end_s / static_cast<double>(runs_.size());
    }
    const double busy_s = total(resource, &ResourceMeans::utilisation);
    judge(names_[resource], (busy_s - background * run_s) / end + background,
          total(resource, &ResourceMeans::per_second) * static_cast<double>(runs_.size()));
    if (!std::isfinite(server.backhaul_byte_per_s)) return;
    for (const std::size_t way : {1U, 2U}) {
      judge(names_[resource + way],
            total(resource + way, &ResourceMeans::per_second) /
                (server.backhaul_byte_per_s * server.count * end),
            total(resource, &ResourceMeans::per_second) * static_cast<double>(runs_.size()));
    }
  }

  const FleetModel& model_;
  const CellCapacities& capacities_;
  std::span<const FleetResult> runs_;
  std::vector<std::string> names_{resource_names(model_)};
  std::optional<Overload> worst_;
};

}  // namespace

CellCapacities cell_capacities(const FleetModel& model) {
  CellCapacities capacities(model.cells.size());
  for (std::size_t c = 0; c < model.cells.size(); ++c) {
    const CellModel& cell = model.cells[c];
    const double end =
        last_arrival_s(model, [&](const GroupModel& group) { return group.cell == c; });
    if (!cell.wifi_byte_per_s.empty() || !std::isfinite(end)) continue;
    for (const RateTimeline& rate : cell.uplink) capacities[c][0] += capacity_bytes(rate, end);
    for (const RateTimeline& rate : cell.downlink) capacities[c][1] += capacity_bytes(rate, end);
  }
  return capacities;
}

std::optional<Overload> find_overload(const FleetModel& model, const CellCapacities& capacities,
                                      std::span<const FleetResult> runs,
                                      std::span<const std::size_t> groups) {
  return Finder{model, capacities, runs}.find(groups);
}

}  // namespace papilio
