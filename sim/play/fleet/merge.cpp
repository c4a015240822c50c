#include "sim/play/fleet/merge.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/play/fleet/resources.hpp"

namespace papilio {
namespace {

Totals& operator+=(Totals& sum, const Totals& other) {
  sum.busy += other.busy;
  sum.queue += other.queue;
  sum.done += other.done;
  return sum;
}

/// Appends.
/// @param share of all that will come, about, in 0..1: the first to come make room for them
template <class T>
void append(std::vector<T>& all, std::vector<T> more, double share) {
  if (all.empty() && share == 1) {
    all = std::move(more);
    return;
  }
  constexpr double kSlack = 1.05;
  if (all.empty()) {
    all.reserve(static_cast<std::size_t>(kSlack * static_cast<double>(more.size()) / share));
  }
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

FleetMerge::FleetMerge(const FleetModel& model)
    : model_{model}, mobiles_(model.mobiles()), totals_(resource_copies(model).size()) {
  result_.buckets.resize(model.groups.size() * (model.windows.size() + 1));
  short_series_.resize(result_.buckets.size());
}

void FleetMerge::add(const FleetComponent& component, ComponentResult result) {
  PAPILIO_CHECK(result.mobiles.size() == component.mobiles.size());
  for (std::size_t i = 0; i < component.mobiles.size(); ++i) {
    mobiles_[component.mobiles[i]] = result.mobiles[i];
  }
  add_buckets(component, result);
  add_samples(result);
  const double share =
      static_cast<double>(component.mobiles.size()) / static_cast<double>(mobiles_.size());
  append(result_.records, std::move(result.records), share);
  append(result_.keyed, std::move(result.keyed), share);
  in_flight_s_ += result.in_flight_s;
  result_.batteries_empty += result.batteries_empty;
  result_.counts.requests += result.requests;
  result_.counts.events += result.events;
  now_s_ = std::max(now_s_, result.end_s);
  ++components_;
}

void FleetMerge::add_buckets(const FleetComponent& component, ComponentResult& result) {
  result_.warm_up += result.warm_up;
  PAPILIO_CHECK(result.buckets.size() == result_.buckets.size());
  const std::size_t windows = model_.windows.size() + 1;
  std::uint32_t first = 0;  // number of the group's first mobile
  for (std::size_t g = 0; g < model_.groups.size(); ++g) {
    const std::uint32_t count = model_.groups[g].count;
    const double share = static_cast<double>(component.mobiles_in(first, first + count)) / count;
    first += count;
    for (std::size_t i = g * windows; i < (g + 1) * windows; ++i) {
      Bucket& all = result_.buckets[i];
      Bucket& more = result.buckets[i];
      all.sums += more.sums;
      all.choices.resize(model_.groups[g].partitions.size());
      for (std::size_t p = 0; p < more.choices.size(); ++p) all.choices[p] += more.choices[p];
      if (share < 1 && more.latencies_s.size() < kFewestOfASeries) {
        for (std::size_t c = 0; c < more.latencies_s.size(); ++c) {
          short_series_[i].push_back(
              {result.completed_s[i][c], more.latencies_s[c], more.mobiles[c]});
        }
        continue;
      }
      append(all.latencies_s, std::move(more.latencies_s), share);
      append(all.mobiles, std::move(more.mobiles), share);
      all.ends.push_back(all.latencies_s.size());
    }
  }
}

/// What components have completed that completed little, as one series.
void FleetMerge::add_short_series() {
  for (std::size_t i = 0; i < result_.buckets.size(); ++i) {
    std::vector<Completion>& series = short_series_[i];
    if (series.empty()) continue;
    std::stable_sort(series.begin(), series.end(),
                     [](const Completion& a, const Completion& b) { return a.date_s < b.date_s; });
    Bucket& bucket = result_.buckets[i];
    for (const Completion& one : series) {
      bucket.latencies_s.push_back(one.latency_s);
      bucket.mobiles.push_back(one.mobile);
    }
    bucket.ends.push_back(bucket.latencies_s.size());
  }
}

/// Dates of the time series are the same everywhere; a component that is over keeps its totals.
void FleetMerge::add_samples(const ComponentResult& result) {
  const std::size_t kinds = totals_.size();
  for (std::size_t d = sampled_s_.size(); d < result.sampled_s.size(); ++d) {
    sampled_s_.push_back(result.sampled_s[d]);
    sampled_.insert(sampled_.end(), totals_.begin(), totals_.end());
  }
  for (std::size_t d = 0; d < sampled_s_.size(); ++d) {
    const bool over = d >= result.sampled_s.size();
    PAPILIO_CHECK(over || result.sampled_s[d] == sampled_s_[d]);
    for (std::size_t k = 0; k < kinds; ++k) {
      sampled_[d * kinds + k] += over ? result.totals[k] : result.sampled[d * kinds + k];
    }
  }
  for (std::size_t k = 0; k < kinds; ++k) totals_[k] += result.totals[k];
  result_.samples_cut = std::max(result_.samples_cut, result.samples_cut);
}

FleetResult FleetMerge::finish() {
  // A radio goes on after the last answer: its tail belongs to the run where the run is that long.
  result_.counts.end_s =
      std::isfinite(model_.duration_s) ? std::max(now_s_, model_.duration_s) : now_s_;
  charge_radios();
  result_.energy += result_.warm_up.energy;
  for (const Bucket& bucket : result_.buckets) result_.energy += bucket.sums.energy;
  make_samples();
  const std::vector<double> copies = resource_copies(model_);
  const double elapsed = std::max(now_s_, std::numeric_limits<double>::min());
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    result_.resources.push_back({totals_[i].busy / elapsed / copies[i], totals_[i].queue / elapsed,
                                 totals_[i].done / elapsed});
  }
  const double counted_to = std::isfinite(model_.duration_s) ? model_.duration_s : now_s_;
  result_.counted_s = std::max(0.0, counted_to - model_.warm_up_s);
  result_.mean_in_flight = result_.counted_s > 0 ? in_flight_s_ / result_.counted_s : 0;
  add_short_series();
  sort_keyed();
  return std::move(result_);
}

void FleetMerge::charge_radios() {
  result_.mobiles.reserve(mobiles_.size());
  std::size_t number = 0;
  for (const GroupModel& group : model_.groups) {
    const CellModel& cell = model_.cells[group.cell];
    for (std::uint32_t i = 0; i < group.count; ++i) {
      MobileEnd& mobile = mobiles_[number++];
      if (cell.machine) {
        mobile.radio.charge(*cell.machine, result_.counts.end_s, mobile.between);
      }
      result_.energy += mobile.between;
      mobile.requests += mobile.between;
      result_.mobiles.push_back(mobile.requests);
    }
  }
  mobiles_ = {};
}

/// A row a kind of resource from date to date, and one to the last event.
void FleetMerge::make_samples() {
  if (model_.sample_s <= 0) return;
  const std::size_t kinds = totals_.size();
  if (sampled_s_.empty() || now_s_ > sampled_s_.back()) {
    sampled_s_.push_back(now_s_);
    sampled_.insert(sampled_.end(), totals_.begin(), totals_.end());
  }
  const std::vector<double> copies = resource_copies(model_);
  std::vector<Totals> last(kinds);
  double last_s = 0;
  for (std::size_t d = 0; d < sampled_s_.size(); ++d) {
    const double elapsed = sampled_s_[d] - last_s;
    if (elapsed <= 0) continue;
    for (std::size_t k = 0; k < kinds; ++k) {
      const Totals& current = sampled_[d * kinds + k];
      result_.samples.push_back({last_s, sampled_s_[d], static_cast<std::uint32_t>(k),
                                 (current.busy - last[k].busy) / elapsed / copies[k],
                                 (current.queue - last[k].queue) / elapsed,
                                 (current.done - last[k].done) / elapsed});
      last[k] = current;
    }
    last_s = sampled_s_[d];
  }
}

/// As those of one component are already.
void FleetMerge::sort_keyed() {
  if (components_ == 1) return;
  std::stable_sort(result_.keyed.begin(), result_.keyed.end(),
                   [](const KeyedLatency& a, const KeyedLatency& b) { return a.end_s < b.end_s; });
}

}  // namespace papilio
