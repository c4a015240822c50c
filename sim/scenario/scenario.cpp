#include "sim/scenario/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/plan/generation.hpp"
#include "sim/plan/price.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/partitions.hpp"
#include "sim/scenario/references.hpp"
#include "sim/scenario/sequence.hpp"

namespace papilio {
namespace {

/// Puts partitions with their prices on every radio under every reading.
class Expander {
 public:
  explicit Expander(Scenario& scenario) : scenario_{scenario} {}

  void expand(const Partition& partition, Plan plan) {
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
    cell.exact = partition.exact();
    cell.measured = scenario_.measurements.samples_of(partition) != nullptr;
    cell.plan = with_measured_payload(partition, std::move(plan));
    cell.plan.name = partition.label;
    cell.energy_known =
        scenario_.mobile_profile.has_energy() || cell.plan.time_at(Tier::kMobile) == Seconds{0};
    const Measurements& measurements = scenario_.measurements;
    cell.plan.accuracy =
        accuracy_of(partition, measurements, scenario_.published ? &*scenario_.published : nullptr);
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
  [[nodiscard]] Plan with_measured_payload(const Partition& partition, Plan plan) const {
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
      Cell& added = scenario_.cells.back();
      added.plan = std::move(world.plan);
      added.use = std::move(world.use);
      if (scenario_.limits.stated()) {
        added.admitted = admitted(scenario_.limits, added, closed_form(added.plan, added.use));
      }
    }
  }

  Scenario& scenario_;
};

/// The networks and the devices of a scenario, which price its partitions.
class Prices {
 public:
  /// @param given in place of what the profiles have, or nullptr
  Prices(const ScenarioSpec& spec, const Graph& graph, ProfileCache& profiles, const Devices* given)
      : spec_{spec}, graph_{graph}, profiles_{profiles}, given_{given} {}

  /// `[partitions]`
  [[nodiscard]] std::vector<Plan> plans(const std::vector<Partition>& partitions,
                                        const std::vector<std::string>& steps) const {
    std::vector<Placement> placements;
    placements.reserve(partitions.size());
    for (const Partition& one : partitions) placements.push_back(one.placement(graph_));
    const Devices devices = given_ != nullptr ? *given_ : of_profiles();
    if (spec_.generate.present) {
      Generation generation{{graph_, devices}, std::move(placements)};
      for (const std::string& step : steps) add_step(generation, step);
      return generation.take();
    }
    std::vector<Plan> plans;
    plans.reserve(placements.size());
    for (const Placement& one : placements) {
      plans.push_back(price(graph_, one, devices, Bytes{0}));
    }
    return plans;
  }

 private:
  [[nodiscard]] Devices of_profiles() const {
    Devices devices{.mobile = profiles_.pricer(spec_.mobile_device, graph_),
                    .cloud = &profiles_.pricer(spec_.cloud_device, graph_)};
    if (spec_.conditions.has_edge) devices.edge = &profiles_.pricer(spec_.edge_device, graph_);
    return devices;
  }

  /// Its network and tables are gone afterwards: there may be thousands of them.
  void add_step(Generation& generation, const std::string& name) const {
    const std::optional<Graph> graph = find_network(profiles_.library(), name);
    PAPILIO_CHECK(graph.has_value());
    const auto pricer = [&](const std::string& device) {
      return LayerPricer{profiles_.passing_profile(device, *graph), *graph};
    };
    const LayerPricer mobile = pricer(spec_.mobile_device);
    const LayerPricer cloud = pricer(spec_.cloud_device);
    std::optional<LayerPricer> edge;
    if (spec_.conditions.has_edge) edge = pricer(spec_.edge_device);
    generation.add({*graph, {.mobile = mobile, .edge = edge ? &*edge : nullptr, .cloud = &cloud}});
  }

  const ScenarioSpec& spec_;
  const Graph& graph_;
  ProfileCache& profiles_;
  const Devices* given_;
};

constexpr const char* kWithoutEdge = "needs an edge server; add the key 'edge'";

/// Gives a scenario the cells of its partitions.
/// @param steps of a decoder, as `sequence_names` has them
void put_cells(Scenario& scenario, const std::vector<Partition>& partitions,
               const std::vector<std::string>& steps, ProfileCache& profiles,
               const Devices* devices = nullptr) {
  std::vector<Plan> plans =
      Prices{scenario.spec, scenario.graph, profiles, devices}.plans(partitions, steps);
  Expander expander{scenario};
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    expander.expand(partitions[i], std::move(plans[i]));
  }
}

/// What a decoder gives at a time: the number of one token.
std::int64_t token_bytes(const Graph& graph) {
  constexpr int kPaperBits = 8;
  Layer token = graph.layer(graph.inputs().front());
  token.shape = {1};
  return output_bytes(token, kPaperBits);
}

/// A decoder's requests are told by the shapes alone.
void check_generation(const ScenarioSpec& spec, Checker& checker) {
  if (!spec.generate.present) return;
  if (spec.measurements.payload.present) {
    checker.error("payload", "is of one upload, and a decoder sends one for each token; remove it");
  }
  if (!spec.measurements.accuracy_from.empty()) {
    checker.error("accuracy_from", "is of classes, and a decoder generates text; remove it");
  }
}

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

Spend spend_of(const Cell& cell, const Breakdown& took) {
  Spend spend = spend_of(cell.plan, took);
  if (!cell.energy_known) {
    spend[Criterion::kEnergy] = std::numeric_limits<double>::quiet_NaN();
  }
  return spend;
}

std::optional<bool> admitted(const Limits& limits, const Cell& cell, const Breakdown& took) {
  if (!limits.stated()) return std::nullopt;
  return limits.admits(cell.plan.accuracy, cell.exact, spend_of(cell, took));
}

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
  const SequenceNames names = sequence_names(spec, checker);
  check_generation(spec, checker);
  const CalibrationFile calibration = load_calibration(spec.calibration, source, checker);
  spec.conditions.calibration = calibration.calibration;
  const Graph* graph = checked_network(profiles, "model", names.network, checker);
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
      context.without_edge = kWithoutEdge;
    }
    ResolvedPartitions resolved =
        resolve_partitions(spec.strategies, "strategies", context, checker);
    partitions = std::move(resolved.partitions);
    measurements.left_out = std::move(resolved.left_out);
    use_measurements(partitions, "strategies", measurements, checker);
    check_device(profiles, "mobile.device", spec.mobile_device, names.network, checker);
    check_device(profiles, "cloud.device", spec.cloud_device, names.network, checker);
    if (spec.conditions.has_edge) {
      check_device(profiles, "edge.device", spec.edge_device, names.network, checker);
    }
  }
  diagnostics.throw_if_any();

  std::optional<std::int64_t>& result_bytes = spec.conditions.result_bytes;
  if (!result_bytes) {
    result_bytes = spec.generate.present ? token_bytes(*graph) : default_answer_bytes(*graph);
  }
  Scenario scenario{.spec = spec,
                    .folders = library.folders(),
                    .graph = *graph,
                    .mobile_profile = profiles.layer_profile(spec.mobile_device, *graph),
                    .cloud_profile = profiles.layer_profile(spec.cloud_device, *graph),
                    .measurements = std::move(measurements),
                    .calibration = calibration};
  scenario.limits = {.accuracy = scenario.measurements.limit, .most = spec.limits.spend()};
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
  if (spec.conditions.has_edge) {
    scenario.edge_profile = profiles.layer_profile(spec.edge_device, *graph);
  }
  put_cells(scenario, partitions, names.steps, profiles);
  return scenario;
}

ProfileCache& profiles_of(const Scenario& scenario, ProfileCaches& caches) {
  return caches.of(scenario.folders);
}

Scenario with_strategies(const Scenario& scenario, std::vector<StrategySpec> strategies,
                         ProfileCache& profiles, const Devices* devices) {
  Scenario other = scenario;
  other.cells.clear();
  other.bases.clear();
  other.spec.strategies = std::move(strategies);
  Diagnostics diagnostics;
  const Node nowhere;
  Checker checker{nowhere, diagnostics};
  const PublishedTables* published = other.published ? &*other.published : nullptr;
  PartitionContext context =
      context_of(other.graph, published, !other.spec.published.empty(), other.measurements);
  if (!other.spec.conditions.has_edge) context.without_edge = kWithoutEdge;
  ResolvedPartitions resolved =
      resolve_partitions(other.spec.strategies, "strategies", context, checker);
  other.measurements.left_out = std::move(resolved.left_out);
  other.measurements.images.clear();
  other.measurements.analytic.clear();
  use_measurements(resolved.partitions, "strategies", other.measurements, checker);
  const SequenceNames names = sequence_names(other.spec, checker);
  diagnostics.throw_if_any();
  put_cells(other, resolved.partitions, names.steps, profiles, devices);
  return other;
}

std::string effective_yaml(const Scenario& scenario) {
  ScenarioSpec spec = scenario.spec;
  return lasting_yaml(spec.profiles, scenario.folders, [&] {
    return write_fields([&](FieldVisitor& visitor) { describe_scenario(visitor, spec); });
  });
}

}  // namespace papilio
