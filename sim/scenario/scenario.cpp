#include "sim/scenario/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/plan/price.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/partitions.hpp"
#include "sim/scenario/references.hpp"

namespace papilio {
namespace {

/// Prices partitions and puts them on every radio under every reading.
class Expander {
 public:
  Expander(Scenario& scenario, const Devices& devices) : scenario_{scenario}, devices_{devices} {}

  void expand(const Partition& partition) {
    Cell cell;
    cell.strategy = partition.strategy;
    cell.delayed = scenario_.spec.conditions.has_delay();
    cell.edged = scenario_.spec.conditions.has_edge;
    cell.route = partition.route();
    cell.edge_after = partition.edge_after;
    if (partition.cut) cell.cut = partition.cut->name;
    cell.channels = partition.channels;
    cell.bits = partition.bits;
    cell.codec = partition.codec;
    cell.measured = scenario_.measurements.samples_of(partition) != nullptr;
    cell.plan = plan_of(partition);
    cell.plan.name = partition.label;
    cell.energy_known =
        scenario_.mobile_profile.has_energy() || cell.plan.time_at(Tier::kMobile) == Seconds{0};
    const Measurements& measurements = scenario_.measurements;
    cell.plan.accuracy =
        accuracy_of(partition, measurements, scenario_.published ? &*scenario_.published : nullptr);
    if (measurements.limit.stated()) cell.admitted = measurements.limit.admits(cell.plan.accuracy);
    if (partition.strategy == "mobile-only") {
      add_readings(cell);
      return;
    }
    for (const Radio& radio : scenario_.radios) {
      cell.network = radio.name;
      cell.use.radio = radio;
      add_readings(cell);
    }
  }

 private:
  [[nodiscard]] Plan plan_of(const Partition& partition) const {
    const Graph& graph = scenario_.graph;
    Plan plan = price(graph, partition.placement(graph), devices_, Bytes{0});
    const Measurements& measurements = scenario_.measurements;
    const auto* samples = measurements.samples_of(partition);
    if (samples == nullptr) return plan;
    const MeasuredPayloads::Mean mean = MeasuredPayloads::mean(*samples, measurements.count_frame);
    // What crosses a radio is whole bytes.
    return coded(std::move(plan),
                 {.payload = Bytes{std::ceil(mean.bytes)},
                  .encode = Seconds{mean.encode_s},
                  .encode_power = encode_power(measurements, scenario_.mobile_profile),
                  .decode = Seconds{mean.decode_s}});
  }

  void add_readings(Cell cell) {
    for (const std::string& reading : scenario_.spec.energy_models) {
      cell.use.energy_model = energy_model_by_name(reading);
      scenario_.bases.push_back({cell.plan, cell.use});
      scenario_.cells.push_back(cell);
      World world = under(scenario_.spec.conditions, scenario_.bases.back());
      scenario_.cells.back().plan = std::move(world.plan);
      scenario_.cells.back().use = std::move(world.use);
    }
  }

  Scenario& scenario_;
  Devices devices_;
};

/// A delay is of one of the scenario's networks, and of each there is one.
void check_delays(const ScenarioSpec& spec, Checker& checker) {
  const std::vector<NetworkDelay>& delays = spec.conditions.network_delays;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < delays.size(); ++i) {
    const std::string& network = delays[i].network;
    if (network.empty()) continue;  // told as a missing key
    const std::string path = fmt::format("network_delays.{}.network", i);
    if (std::find(spec.networks.begin(), spec.networks.end(), network) == spec.networks.end()) {
      checker.error(path, fmt::format("'{}' is none of the scenario's networks{}", network,
                                      suggestion(network, spec.networks)));
    } else if (!seen.insert(network).second) {
      checker.error(path, fmt::format("'{}' has two delays; remove one", network));
    }
  }
}

}  // namespace

const Radio& Scenario::radio(const std::string& name) const {
  const auto it = std::find_if(radios.begin(), radios.end(),
                               [&](const Radio& radio) { return radio.name == name; });
  PAPILIO_CHECK(it != radios.end());
  return *it;
}

std::set<TableOrigin> Scenario::tables() const {
  std::set<TableOrigin> tables{origin_of(mobile_profile), origin_of(cloud_profile)};
  if (edge_profile) tables.insert(origin_of(*edge_profile));
  return tables;
}

Scenario load_scenario(const ScenarioSource& source) {
  ProfileCaches caches;
  return load_scenario(read_scenario(source), source, caches);
}

Scenario load_scenario(const Node& root, const ScenarioSource& source, ProfileCaches& caches) {
  ScenarioSpec spec;
  Diagnostics diagnostics;
  Checker checker{root, diagnostics};
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_scenario(visitor, spec); }, diagnostics);

  ProfileCache& profiles = profiles_of(source, spec.profiles, caches, checker);
  const ProfileLibrary& library = profiles.library();
  for (std::size_t i = 0; i < spec.networks.size(); ++i) {
    const std::string problem = unknown_radio(library, spec.networks[i]);
    if (!problem.empty()) checker.item_error("networks", i, problem);
  }
  check_delays(spec, checker);
  const Graph* graph = checked_network(profiles, "model", spec.model, checker);
  const std::string known_model = graph != nullptr ? spec.model : std::string{};
  const PublishedTables* published =
      checked_published(spec.published, {known_model}, profiles, checker);
  std::vector<Partition> partitions;
  Measurements measurements;
  if (graph != nullptr) {
    measurements =
        load_measurements(spec.measurements, *graph, published, source, profiles, checker);
    PartitionContext context = context_of(*graph, published, !spec.published.empty(), measurements);
    if (!spec.conditions.has_edge) {
      context.without_edge = "needs an edge server; add the key 'edge'";
    }
    ResolvedPartitions resolved =
        resolve_partitions(spec.strategies, "strategies", context, checker);
    partitions = std::move(resolved.partitions);
    measurements.left_out = std::move(resolved.left_out);
    use_measurements(partitions, "strategies", measurements, checker);
    check_device(library, "mobile.device", spec.mobile_device, spec.model, checker);
    check_device(library, "cloud.device", spec.cloud_device, spec.model, checker);
    if (spec.conditions.has_edge) {
      check_device(library, "edge.device", spec.edge_device, spec.model, checker);
    }
  }
  diagnostics.throw_if_any();

  std::optional<std::int64_t>& result_bytes = spec.conditions.result_bytes;
  if (!result_bytes) result_bytes = default_answer_bytes(*graph);
  Scenario scenario{.spec = spec,
                    .graph = *graph,
                    .mobile_profile = profiles.layer_profile(spec.mobile_device, *graph),
                    .cloud_profile = profiles.layer_profile(spec.cloud_device, *graph),
                    .measurements = std::move(measurements)};
  scenario.mobile_idle = profiles.idle_power(spec.mobile_device, *graph);
  std::optional<double>& idle_power_w = scenario.spec.conditions.mobile_idle_power_w;
  if (!idle_power_w && scenario.mobile_idle) idle_power_w = scenario.mobile_idle->watts;
  if (published != nullptr) scenario.published = *published;
  for (const std::string& network : spec.networks) {
    scenario.radios.push_back(profiles.radio(network).radio);
  }
  if (scenario.published) {
    scenario.radios_of_published =
        std::all_of(spec.networks.begin(), spec.networks.end(), [&](const std::string& network) {
          return library.folder_of("radios", network) ==
                 library.folder_of("published", spec.published);
        });
  }
  Devices devices{.mobile = profiles.pricer(spec.mobile_device, *graph),
                  .cloud = &profiles.pricer(spec.cloud_device, *graph)};
  if (spec.conditions.has_edge) {
    scenario.edge_profile = profiles.layer_profile(spec.edge_device, *graph);
    devices.edge = &profiles.pricer(spec.edge_device, *graph);
  }
  Expander expander{scenario, devices};
  for (const Partition& partition : partitions) expander.expand(partition);
  return scenario;
}

std::string effective_yaml(const Scenario& scenario) {
  ScenarioSpec spec = scenario.spec;
  return write_fields([&](FieldVisitor& visitor) { describe_scenario(visitor, spec); });
}

}  // namespace papilio
