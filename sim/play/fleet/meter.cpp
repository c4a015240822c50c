#include "sim/play/fleet/meter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace papilio {

Meter::Meter(const FleetModel& model, const std::vector<Mobile>& mobiles, int replication)
    : model_{model},
      mobiles_{mobiles},
      sampling_{model.seed, fmt::format("records/{}", replication)} {
  const std::size_t windows = model.windows.size() + 1;
  result_.buckets.resize(model.groups.size() * windows);
  result_.completed_s.resize(result_.buckets.size());
  for (std::size_t i = 0; i < result_.buckets.size(); ++i) {
    result_.buckets[i].choices.resize(model.groups[i / windows].partitions.size());
  }
}

std::size_t Meter::bucket_of(std::uint32_t group, double arrival_s) const {
  const std::vector<Window>& windows = model_.windows;
  const std::size_t base = group * (windows.size() + 1);
  const auto after =
      std::upper_bound(windows.begin(), windows.end(), arrival_s,
                       [](double date, const Window& window) { return date < window.from_s; });
  if (after == windows.begin() || arrival_s >= (after - 1)->to_s) return base + windows.size();
  return base + static_cast<std::size_t>(after - windows.begin()) - 1;
}

void Meter::drop(const Request& request, double now) {
  sums_of(mobiles_[request.mobile].group, request.arrival_s).dropped += 1;
  record(request, RequestEnd::kDropped, false, now);
  integrate(now);
  --in_system_;
}

void Meter::end(const Request& request, RequestEnd how, double now) {
  const std::uint32_t group = mobiles_[request.mobile].group;
  const double latency_s = request.phases.total();
  const double deadline_s = model_.groups[group].workload.deadline_s;
  const bool completed = how == RequestEnd::kCompleted;
  const bool late = completed && deadline_s > 0 && latency_s > deadline_s;

  const bool is_counted = counted(request.arrival_s);
  const std::size_t place = is_counted ? bucket_of(group, request.arrival_s) : 0;
  Bucket* bucket = is_counted ? &result_.buckets[place] : nullptr;
  RequestSums& sums = bucket != nullptr ? bucket->sums : result_.warm_up;
  sums.energy += request.energy;
  sums.retries += request.attempts > 1 ? request.attempts - 1 : 0;
  sums.server_s += request.server_s;
  if (completed) {
    const FleetPlan& plan = model_.groups[group].partitions[request.partition];
    sums.completed += 1;
    sums.late += late ? 1 : 0;
    sums.fell_back += request.fell_back ? 1 : 0;
    sums.phases += request.phases;
    sums.saved_s += plan.cloud_only_s * request.service_factor - request.profiled_server_s;
    sums.mobile_share += request.fell_back ? 1 : plan.mobile_share;
    if (bucket != nullptr) {
      std::vector<double>& dates = result_.completed_s[place];
      if (dates.size() < kFewestOfASeries) dates.push_back(now);
      bucket->latencies_s.push_back(latency_s);
      bucket->mobiles.push_back(mobiles_[request.mobile].number);
      bucket->choices[request.partition] += 1;
    }
  } else {
    sums.failed += 1;
  }
  record(request, how, late, now);
  integrate(now);
  --in_system_;
}

void Meter::record(const Request& request, RequestEnd how, bool late, double now) {
  ++ended_;
  if (!counted(request.arrival_s)) return;
  const std::uint32_t group = mobiles_[request.mobile].group;
  const std::uint32_t mobile = mobiles_[request.mobile].number;
  if (model_.keep_latencies_by_request) {
    const double latency_s = how == RequestEnd::kCompleted
                                 ? request.phases.total()
                                 : std::numeric_limits<double>::quiet_NaN();
    result_.keyed.push_back(
        {now, mobile, request.number, bucket_of(group, request.arrival_s), latency_s});
  }
  if (model_.record_share <= 0) return;
  if (model_.record_share < 1 &&
      Stream{sampling_, mobile, request.number}.uniform() >= model_.record_share) {
    return;
  }
  result_.records.push_back({group, mobile, request.number, request.partition, request.attempts,
                             request.image, how, request.fell_back, late, request.arrival_s,
                             request.phases.total(), upload_bytes(request), request.phases,
                             request.energy});
}

/// Integrates what the component as a whole does, up to `now`.
void Meter::integrate(double now) {
  const double elapsed = now - integrated_s_;
  if (elapsed <= 0) return;
  of_mobiles_.busy += elapsed * static_cast<double>(serving_);
  of_mobiles_.queue += elapsed * static_cast<double>(waiting_);
  const double counted_from = std::max(integrated_s_, model_.warm_up_s);
  const double counted_to = std::min(now, model_.duration_s);
  if (counted_to > counted_from) {
    result_.in_flight_s += (counted_to - counted_from) * static_cast<double>(in_system_);
  }
  integrated_s_ = now;
}

std::vector<Totals> Meter::totals(double now, Resources& resources) {
  integrate(now);
  of_mobiles_.done = static_cast<double>(ended_);
  std::vector<Totals> all = resources.totals(now);
  all.insert(all.begin(), of_mobiles_);
  return all;
}

void Meter::sample(double now, Resources& resources) {
  const std::vector<Totals> current = totals(now, resources);
  result_.sampled_s.push_back(now);
  result_.sampled.insert(result_.sampled.end(), current.begin(), current.end());
}

bool Meter::samples_left() {
  if (result_.sampled.size() < model_.most_samples) return true;
  result_.samples_cut = 1;
  return false;
}

ComponentResult Meter::finish(double now, std::uint64_t events, Resources& resources,
                              const std::vector<EnergyLedger>& between) {
  result_.totals = totals(now, resources);
  result_.mobiles.reserve(mobiles_.size());
  for (std::size_t i = 0; i < mobiles_.size(); ++i) {
    result_.mobiles.push_back({mobiles_[i].energy, between[i], mobiles_[i].radio});
  }
  result_.end_s = now;
  result_.requests = ended_;
  result_.events = events;
  return std::move(result_);
}

}  // namespace papilio
