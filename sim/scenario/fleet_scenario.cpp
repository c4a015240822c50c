#include "sim/scenario/fleet_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/play/fleet/fleet.hpp"
#include "sim/scenario/fleet_parts.hpp"
#include "sim/scenario/fleet_pricer.hpp"
#include "sim/scenario/references.hpp"

namespace papilio {
namespace {

/// Rows of timeseries.csv over all runs: a hundred megabytes of it.
constexpr std::uint64_t kMostSamples = 1'000'000;

std::uint64_t runs_of(const FleetModel& model) {
  return std::max<std::uint64_t>(1, model.strategies.size()) *
         static_cast<std::uint64_t>(std::max(1, model.replications));
}

/// Rows of timeseries.csv, if every run goes on until then.
double samples_until(const FleetModel& model, double until_s) {
  return until_s / model.sample_s * static_cast<double>(resource_names(model).size()) *
         static_cast<double>(runs_of(model));
}

std::string too_many_samples(const FleetModel& model, double until_s) {
  return fmt::format(
      "a run goes on for {:.4g} s, so timeseries.csv would have {:.2g} rows, and more than {} are "
      "too "
      "many; choose a longer interval, or 0 for none",
      until_s, samples_until(model, until_s), kMostSamples);
}

/// How long a run goes on is known to the date of its last arrival; then it is seen in the run.
void bound_time_series(FleetModel& model, Checker& checker) {
  if (model.sample_s <= 0) return;
  model.most_samples = kMostSamples / runs_of(model);
  if (!std::isfinite(model.duration_s) ||
      samples_until(model, model.duration_s) <= static_cast<double>(kMostSamples)) {
    return;
  }
  checker.error("output.timeseries_s", too_many_samples(model, model.duration_s));
}

template <class Item>
void check_unique(const std::vector<Item>& items, const std::string& key, Checker& checker) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].name.empty() || seen.insert(items[i].name).second) continue;
    checker.error(fmt::format("{}.{}.name", key, i),
                  fmt::format("'{}' comes twice; rename one", items[i].name));
  }
}

/// Fills in what is of the whole run: the seed, its length, its windows and its outputs.
void build_run(const FleetSpec& spec, FleetModel& model, Checker& checker) {
  check_unique(spec.cells, "cells", checker);
  check_unique(spec.servers, "servers", checker);
  check_unique(spec.mobiles, "mobiles", checker);
  check_unique(spec.windows, "windows", checker);
  check_spans(spec.windows, "windows", checker);
  if (spec.duration_s && spec.warm_up_s >= *spec.duration_s) {
    checker.error("warm_up_s",
                  fmt::format("must be below duration_s, which is {}", *spec.duration_s));
  }
  model.seed = static_cast<std::uint64_t>(spec.seed);
  if (spec.duration_s) model.duration_s = *spec.duration_s;
  model.warm_up_s = spec.warm_up_s;
  model.replications = static_cast<int>(spec.replications);
  for (const FleetSpec::WindowSpec& window : spec.windows) {
    model.windows.push_back({window.name, window.from_s, window.to_s});
  }
  model.simgrid_links = spec.links == "simgrid";
  model.sample_s = spec.timeseries_s;
  model.record_share = spec.records;
}

}  // namespace

bool is_fleet(const Node& root) {
  return root.find("kind") != nullptr;
}

FleetScenario load_fleet(const ScenarioSource& source) {
  ProfileCaches caches;
  return load_fleet(read_scenario(source), source, caches);
}

FleetScenario load_fleet(const Node& root, const ScenarioSource& source, ProfileCaches& caches) {
  FleetScenario fleet;
  Diagnostics diagnostics;
  Checker checker{root, diagnostics};
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_fleet(visitor, fleet.spec); }, diagnostics);
  // What follows looks into every list; where one is missing there is nothing to look into.
  FleetSpec& spec = fleet.spec;
  if (spec.cells.empty() || spec.servers.empty() || spec.mobiles.empty()) {
    diagnostics.throw_if_any();
  }
  ProfileCache& profiles = profiles_of(source, spec.profiles, caches, checker);
  fleet.folders = profiles.library().folders();
  build_run(spec, fleet.model, checker);
  const FleetParts parts{fleet, source, profiles, checker};
  build_cells(parts);
  build_servers(parts);
  build_groups(parts);
  fleet.calibration = load_calibration(spec.calibration, source, checker);
  FleetPrices prices =
      price_fleet(spec, source, profiles, fleet.calibration.calibration, checker, fleet.model);
  fleet.measurements = std::move(prices.measurements);
  fleet.limits = {.accuracy = fleet.measurements.limit, .most = spec.limits.spend()};
  fleet.tables = std::move(prices.tables);
  fleet.opaque = std::move(prices.opaque);
  fleet.idle = std::move(prices.idle);
  check_overlaps(parts);
  bound_time_series(fleet.model, checker);
  diagnostics.throw_if_any();
  return fleet;
}

void check_time_series(const ScenarioSource& source, const FleetScenario& fleet,
                       const std::vector<FleetResult>& results) {
  double end_s = 0;
  for (const FleetResult& result : results) {
    if (result.samples_cut != 0) end_s = std::max(end_s, result.counts.end_s);
  }
  if (end_s == 0) return;
  const std::string key = "output.timeseries_s";
  Diagnostics diagnostics;
  diagnostics.error(mark_of(read_scenario(source), key), key, too_many_samples(fleet.model, end_s));
  diagnostics.throw_if_any();
}

std::string effective_yaml(const FleetScenario& fleet) {
  FleetSpec spec = fleet.spec;
  return lasting_yaml(spec.profiles, fleet.folders, [&] {
    return write_fields([&](FieldVisitor& visitor) { describe_fleet(visitor, spec); });
  });
}

}  // namespace papilio
