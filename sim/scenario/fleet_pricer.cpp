#include "sim/scenario/fleet_pricer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "models/networks/network_file.hpp"
#include "sim/base/suggest.hpp"
#include "sim/plan/calibration.hpp"
#include "sim/plan/limits.hpp"
#include "sim/plan/price.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/play/fleet/selection_policy.hpp"
#include "sim/scenario/partitions.hpp"
#include "sim/scenario/references.hpp"

namespace papilio {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// The plan as a fleet takes it.
FleetPlan fleet_plan(const Plan& plan) {
  return {.name = plan.name, .stages = plan.stages, .accuracy = plan.accuracy.value_or(kUnknown)};
}

/// Layers without energies were priced at 0 J; where any run on the mobile, that is not what they
/// take.
void forget_energies(Plan& plan) {
  for (Stage& stage : plan.stages) {
    auto* layers = std::get_if<Compute>(&stage);
    if (layers != nullptr && layers->at == Tier::kMobile && layers->time > Seconds{0}) {
      layers->energy = Joules{kUnknown};
    }
  }
}

/// Corrects a plan, its pictures' stages and all that it says of computing beside them.
void correct(FleetPlan& plan, const Calibration& calibration) {
  if (calibration.neutral()) return;
  const std::size_t stages = plan.stages.size();
  calibrate({plan.stages.data(), stages}, calibration);
  for (std::size_t i = 0; i < plan.of_images.size(); i += stages) {
    calibrate({plan.of_images.data() + i, stages}, calibration);
  }
  plan.cloud_only_s = calibrated_s(plan.cloud_only_s, calibration.server);
  for (MobileCost& rest : plan.rests) {
    rest.time_s *= calibration.mobile.factor;
    rest.energy_j *= calibration.mobile.factor;
  }
}

/// What a request spends where nobody else is about.
Spend alone(const FleetModel& model, const GroupModel& group, const FleetPlan& plan,
            const std::array<Bytes, 3>& weights) {
  const CellModel& cell = model.cells[group.cell];
  if (cell.uplink.empty() || cell.downlink.empty()) return {};  // an error that is reported
  const auto rate = [&](const std::vector<RateTimeline>& link, double cap_byte_per_s) {
    const double most = cell.wifi_byte_per_s.empty() ? link.front().greatest_rate().value()
                                                     : cell.wifi_byte_per_s[group.wifi_level];
    return std::min(most, cap_byte_per_s);
  };
  Observation seen{.uplink_byte_per_s = rate(cell.uplink, group.uplink_cap_byte_per_s),
                   .downlink_byte_per_s = rate(cell.downlink, group.downlink_cap_byte_per_s),
                   .delay_s = cell.delay_s};
  if (group.edge) {
    const ServerModel& edge = model.servers[*group.edge];
    seen.backhaul_up_byte_per_s = edge.backhaul_byte_per_s;
    seen.backhaul_down_byte_per_s = edge.backhaul_byte_per_s;
    seen.backhaul_delay_s = edge.backhaul_delay_s;
  }
  const Breakdown took = expected(plan, group, cell, seen, LoadRule::kFactor);
  Plan of{.name = plan.name, .stages = plan.stages, .accuracy = {}};
  of.weights = weights;
  return spend_of(of, took);
}

class Pricer {
 public:
  Pricer(FleetSpec& spec, const ScenarioSource& source, ProfileCache& profiles,
         const Calibration& calibration, Checker& checker, FleetModel& model)
      : spec_{spec},
        source_{source},
        profiles_{profiles},
        calibration_{calibration},
        checker_{checker},
        model_{model} {}

  FleetPrices price() {
    std::vector<std::string> models;
    for (const MobilesSpec& mobiles : spec_.mobiles) {
      const bool known = profiles_.find_graph(mobiles.model) != nullptr;  // else reported below
      if (!mobiles.task.present && known) models.push_back(mobiles.model);
    }
    published_ = checked_published(spec_.published, models, profiles_, checker_);
    load_measurements_of(models);
    for (std::size_t i = 0; i < spec_.mobiles.size(); ++i) price_group(i);
    if (measurements_.payloads) name_images();
    make_strategies();
    return {std::move(measurements_), std::move(tables_), std::move(opaque_), std::move(idle_)};
  }

 private:
  /// Files of measurements name cuts and no network, so they can be about one only.
  void load_measurements_of(const std::vector<std::string>& models) {
    const MeasurementsSpec& named = spec_.measurements;
    const bool limited = named.accuracy_budget || named.least_accuracy;
    const auto other = std::find_if(models.begin(), models.end(), [&](const std::string& model) {
      return model != models.front() && !model.empty();
    });
    const char* key = !named.accuracy_from.empty() ? "accuracy_from"
                      : named.payload.present      ? "payload"
                      : named.accuracy_budget      ? "accuracy_budget"
                                                   : "least_accuracy";
    const bool any = !named.accuracy_from.empty() || named.payload.present || limited;
    if (any && other != models.end()) {
      checker_.error(key, fmt::format("measurements are of one network, and the mobiles run '{}' "
                                      "and '{}'; make a fleet of each",
                                      models.front(), *other));
      return;
    }
    const Graph* graph = models.empty() ? nullptr : profiles_.find_graph(models.front());
    if (graph == nullptr) {
      if (any && models.empty()) {
        checker_.error(key,
                       "measurements are of a network, and all mobiles have a 'task'; remove "
                       "the key");
      }
      return;
    }
    measurements_ =
        load_measurements(spec_.measurements, *graph, published_, source_, profiles_, checker_);
  }

  /// The pictures of all crossings, and the order in which requests take them.
  void name_images() {
    const std::vector<std::uint32_t>& used = measurements_.images;
    model_.images.reserve(used.size());
    for (const std::uint32_t image : used) {
      model_.images.push_back(measurements_.payloads->images()[image]);
    }
    if (!measurements_.in_turn) return;
    model_.turns.reserve(used.size());
    for (const std::uint32_t image : measurements_.payloads->in_order()) {
      const auto at = std::lower_bound(used.begin(), used.end(), image);
      if (at == used.end() || *at != image) continue;
      model_.turns.push_back(static_cast<std::uint32_t>(at - used.begin()));
    }
  }

  void price_group(std::size_t i) {
    const MobilesSpec& mobiles = spec_.mobiles[i];
    const std::string path = fmt::format("mobiles.{}", i);
    partitions_.emplace_back();
    idle_.emplace_back();
    if (mobiles.task.present) {
      for (FleetPlan& plan : model_.groups[i].partitions) correct(plan, calibration_);
      return;
    }
    if (mobiles.model.empty() || mobiles.device.empty()) {
      checker_.error(path, "needs the keys 'model' and 'device', or the key 'task'");
      return;
    }
    if (spec_.strategies.empty()) {
      checker_.error(path + ".model",
                     "mobiles with a model need 'strategies', which say where its layers run");
      return;
    }
    const Graph* graph = checked_network(profiles_, path + ".model", mobiles.model, checker_);
    if (graph == nullptr) return;
    if (!check_device(profiles_, path + ".device", mobiles.device, mobiles.model, checker_)) return;
    const GroupModel& group = model_.groups[i];
    if (!check_server(group.server, mobiles) ||
        (group.edge && !check_server(*group.edge, mobiles))) {
      return;
    }
    const std::vector<std::string> opaque = opaque_clauses(*graph);
    opaque_.insert(opaque.begin(), opaque.end());
    const LayerProfile& profile = table_of(mobiles.device, *graph);
    idle_.back() = profiles_.idle_power(mobiles.device, *graph);
    std::optional<double>& idle_power_w = spec_.mobiles[i].idle_power_w;
    if (!idle_power_w && idle_.back()) idle_power_w = idle_.back()->watts;
    model_.groups[i].idle_power_w = idle_power_w.value_or(0);
    if (!profile.has_energy()) {
      without_energy_ = i;
      if (mobiles.battery_j) {
        checker_.error(path + ".battery_j",
                       "a charge lasts as long as what it pays for is known, and " +
                           no_energies(mobiles.device, mobiles.model));
      }
    }
    partitions_.back() = partitions_of(*graph, group.edge.has_value());
    const LayerPricer mobile{profile, *graph};
    const LayerPricer server = pricer_of(spec_.servers[group.server].device, *graph);
    std::optional<LayerPricer> edge;
    if (group.edge) edge = pricer_of(spec_.servers[*group.edge].device, *graph);
    const Devices devices{.mobile = mobile, .edge = edge ? &*edge : nullptr, .cloud = &server};
    const Bytes answer{
        static_cast<double>(mobiles.result_bytes.value_or(default_answer_bytes(*graph)))};
    for (const Partition& partition : partitions_.back()) {
      const Plan plan = plan_of(partition, *graph, devices, answer, profile);
      FleetPlan priced = with_payloads(partition, plan, profile);
      describe_layers(partition, *graph, devices, profile.has_energy(), priced);
      name_runs(partition, *graph, mobiles.model, priced);
      priced.exact = partition.exact();
      correct(priced, calibration_);
      priced.alone = alone(model_, model_.groups[i], priced, plan.weights);
      model_.groups[i].partitions.push_back(std::move(priced));
    }
  }

  [[nodiscard]] Plan plan_of(const Partition& partition, const Graph& graph, const Devices& devices,
                             Bytes answer, const LayerProfile& profile) const {
    Plan plan = papilio::price(graph, partition.placement(graph), devices, answer);
    plan.name = partition.label;
    plan.accuracy = accuracy_of(partition, measurements_, published_);
    if (!profile.has_energy()) forget_energies(plan);
    return plan;
  }

  static std::int64_t macs_on_mobile(const Graph& graph, const Placement& placement) {
    std::int64_t macs = 0;
    for (LayerId id = 0; id < graph.layers().size(); ++id) {
      // It runs where the hop before leads to; the first hop begins on the mobile.
      Tier at = Tier::kMobile;
      for (const Hop& hop : placement.hops) {
        if (hop.after.has_before(id)) break;
        at = hop.to;
      }
      if (at == Tier::kMobile) macs += graph.layer(id).macs;
    }
    return macs;
  }

  /// What a fleet wants to know of a partition's layers beyond their plan.
  static void describe_layers(const Partition& partition, const Graph& graph,
                              const Devices& devices, bool energies_known, FleetPlan& priced) {
    priced.cloud_only_s = devices.cloud->cost(graph, 1, graph.layers().size()).latency.value();
    priced.mobile_share = 1;
    if (!partition.crossing()) return;
    // Of the network's own MACs; the unit's are not part of the work that is shared out.
    const Placement placement = partition.placement(graph);
    priced.mobile_share =
        static_cast<double>(macs_on_mobile(graph, placement)) / static_cast<double>(graph.macs());
    Tier from = Tier::kMobile;
    for (std::size_t hop = 0; hop < placement.hops.size(); ++hop) {
      if (std::exchange(from, placement.hops[hop].to) != Tier::kMobile) continue;
      const LayerCost rest = rest_on_mobile(graph, placement, devices.mobile, hop);
      priced.rests.push_back({rest.latency.value(), rest.energy.value()});
      if (!energies_known && rest.latency > Seconds{0}) priced.rests.back().energy_j = kUnknown;
    }
  }

  /// Says what the servers run, so that those who run the same share batches. A unit's weights are
  /// trained for its precision; a codec is decoded before the layers begin.
  static void name_runs(const Partition& partition, const Graph& graph, const std::string& model,
                        FleetPlan& priced) {
    if (!partition.crossing()) return;
    const std::string cut = partition.cut ? partition.cut->name : graph.cuts().front().name;
    std::string network = fmt::format("{} at {} bit", model, *partition.bits);
    if (partition.channels) {
      network += fmt::format(", unit of {} after {}", *partition.channels, cut);
    }
    std::vector<std::string> cuts{cut};
    for (const Hop& next : partition.then) cuts.push_back(next.after.name);
    cuts.emplace_back("output");
    const auto runs = [&](const std::string& after, const std::string& to) {
      return fmt::format("{}: after {} to {}", network, after, to);
    };
    // A computation on the mobile, and one after each hop.
    std::size_t hop = 0;
    for (const Stage& stage : priced.stages) {
      const auto* layers = std::get_if<Compute>(&stage);
      std::string& name = priced.runs.emplace_back();
      if (layers == nullptr) continue;
      if (layers->at != Tier::kMobile) name = runs(cuts[hop - 1], cuts[hop]);
      ++hop;
    }
  }

  bool check_server(std::uint32_t server, const MobilesSpec& mobiles) {
    const std::string path = fmt::format("servers.{}", server);
    const std::string& device = spec_.servers[server].device;
    if (device.empty()) {
      checker_.error(path, fmt::format("the mobiles '{}' run a model, whose times it needs a "
                                       "'device' for",
                                       mobiles.name));
      return false;
    }
    return check_device(profiles_, path + ".device", device, mobiles.model, checker_);
  }

  const LayerProfile& table_of(const std::string& device, const Graph& graph) {
    const LayerProfile& profile = profiles_.layer_profile(device, graph);
    tables_.insert(origin_of(profile));
    return profile;
  }
  LayerPricer pricer_of(const std::string& device, const Graph& graph) {
    return LayerPricer{table_of(device, graph), graph};
  }

  /// Every partition of the fixed strategies, in their order.
  std::vector<Partition> partitions_of(const Graph& graph, bool has_edge) {
    std::vector<StrategySpec> fixed;
    for (const FleetStrategySpec& strategy : spec_.strategies) {
      StrategySpec item = strategy.fixed;
      // A policy runs no layers of its own: as an empty list of cuts it keeps the positions.
      if (is_policy(item.strategy)) item = {.strategy = "split"};
      fixed.push_back(std::move(item));
    }
    PartitionContext context =
        context_of(graph, published_, !spec_.published.empty(), measurements_);
    if (!has_edge) context.without_edge = "needs mobiles with an 'edge'";
    ResolvedPartitions resolved = resolve_partitions(fixed, "strategies", context, checker_);
    // Once is enough: all groups that run a network run the same one where something was measured.
    if (partitions_.size() == first_group()) {
      measurements_.left_out = std::move(resolved.left_out);
      use_measurements(resolved.partitions, "strategies", measurements_, checker_);
    }
    return std::move(resolved.partitions);
  }

  /// Number of the groups up to the first that runs a network, it included.
  [[nodiscard]] std::size_t first_group() const {
    const auto it = std::find_if(spec_.mobiles.begin(), spec_.mobiles.end(),
                                 [](const MobilesSpec& mobiles) { return !mobiles.task.present; });
    return static_cast<std::size_t>(it - spec_.mobiles.begin()) + 1;
  }

  /// A partition with each picture's bytes and coding times, where they were measured.
  [[nodiscard]] FleetPlan with_payloads(const Partition& partition, const Plan& plan,
                                        const LayerProfile& profile) const {
    const auto* samples = measurements_.samples_of(partition);
    if (samples == nullptr) return fleet_plan(plan);
    const Watts power = profile.has_energy() || measurements_.encode_power_w
                            ? encode_power(measurements_, profile)
                            : Watts{kUnknown};
    const auto with = [&](double bytes, double encode_s, double decode_s) {
      return coded(plan, {Bytes{bytes}, Seconds{encode_s}, power, Seconds{decode_s}});
    };
    const MeasuredPayloads::Mean mean = MeasuredPayloads::mean(*samples, measurements_.count_frame);
    FleetPlan priced = fleet_plan(with(mean.bytes, mean.encode_s, mean.decode_s));
    for (const MeasuredPayloads::Sample& sample : *samples) {
      const Plan of_image =
          with(sample.bytes(measurements_.count_frame), sample.encode_s, sample.decode_s);
      priced.of_images.insert(priced.of_images.end(), of_image.stages.begin(),
                              of_image.stages.end());
    }
    return priced;
  }

  /// The groups' partitions of one fixed strategy side by side make one run each.
  void make_strategies() {
    const std::size_t groups = spec_.mobiles.size();
    const auto add_fixed = [&](std::size_t item) {
      std::vector<std::vector<std::uint32_t>> of_group(groups);
      std::size_t runs = 0;
      for (std::size_t g = 0; g < groups; ++g) {
        for (std::uint32_t i = 0; i < partitions_[g].size(); ++i) {
          if (partitions_[g][i].item == item) of_group[g].push_back(i);
        }
        if (of_group[g].empty()) continue;  // a task, or an error that is already reported
        if (runs != 0 && of_group[g].size() != runs) {
          checker_.error(fmt::format("strategies.{}", item),
                         "gives the models of this fleet different numbers of partitions; name the "
                         "cuts one by one");
          return;
        }
        runs = of_group[g].size();
      }
      for (std::size_t run = 0; run < runs; ++run) {
        FleetStrategy strategy{.kind = spec_.strategies[item].fixed.strategy};
        for (std::size_t g = 0; g < groups; ++g) {
          strategy.candidates.push_back({of_group[g].empty() ? 0 : of_group[g][run]});
          if (strategy.name.empty() && !of_group[g].empty()) {
            strategy.name = partitions_[g][of_group[g][run]].label;
          }
        }
        model_.strategies.push_back(std::move(strategy));
      }
    };
    for (std::size_t i = 0; i < spec_.strategies.size(); ++i) {
      if (is_policy(spec_.strategies[i].fixed.strategy)) {
        add_policy(i);
      } else {
        add_fixed(i);
      }
    }
    if (spec_.strategies.empty()) {
      model_.strategies.push_back(
          {.name = "task",
           .kind = "task",
           .candidates = std::vector<std::vector<std::uint32_t>>(groups, {0})});
    }
    std::set<std::string> names;
    for (const FleetStrategy& strategy : model_.strategies) {
      if (!names.insert(strategy.name).second) {
        checker_.error("strategies", fmt::format("'{}' comes twice; remove one, or give it a name",
                                                 strategy.name));
      }
    }
  }

  void add_policy(std::size_t item) {
    const FleetStrategySpec& spec = spec_.strategies[item];
    const std::string path = fmt::format("strategies.{}", item);
    FleetStrategy strategy{.name = spec.name.empty() ? spec.fixed.strategy : spec.name,
                           .kind = spec.fixed.strategy,
                           .policy = spec.policy};
    if (without_energy_) {
      const MobilesSpec& mobiles = spec_.mobiles[*without_energy_];
      for (const std::string& key : spec.policy->energy_keys()) {
        checker_.error(fmt::format("{}.{}", path, key),
                       "energies are compared that nobody knows: " +
                           no_energies(mobiles.device, mobiles.model));
      }
    }
    for (std::size_t g = 0; g < spec_.mobiles.size(); ++g) {
      if (spec_.mobiles[g].task.present) {
        strategy.candidates.push_back({0});
        continue;
      }
      const std::vector<std::uint32_t> among = chosen_among(spec, partitions_[g], path);
      strategy.candidates.push_back(admitted_of(among, g));
      const bool none_fixed = std::all_of(
          spec_.strategies.begin(), spec_.strategies.end(),
          [](const FleetStrategySpec& other) { return is_policy(other.fixed.strategy); });
      if (among.empty() && spec.among.empty() && (none_fixed || !partitions_[g].empty())) {
        checker_.error(path, "finds no partition to choose among; add fixed strategies");
      } else if (!among.empty() && strategy.candidates.back().empty()) {
        checker_.error(path, fmt::format("may choose none of its {} partitions: the scenario wants "
                                         "{}, and {}; {}or widen the limit",
                                         among.size(), limits().text(), misses_of(among, g),
                                         measurements_.limit.stated()
                                             ? "add mobile-only, measure their accuracies, "
                                             : "add others, "));
      }
    }
    // Against the oracle every request is compared with itself.
    if (strategy.policy->foresees()) model_.keep_latencies_by_request = true;
    model_.strategies.push_back(std::move(strategy));
  }

  [[nodiscard]] Limits limits() const {
    return {.accuracy = measurements_.limit, .most = spec_.limits.spend()};
  }

  /// Those of a group's partitions that the stated limits let be chosen.
  [[nodiscard]] std::vector<std::uint32_t> admitted_of(std::vector<std::uint32_t> among,
                                                       std::size_t group) const {
    const std::vector<FleetPlan>& partitions = model_.groups[group].partitions;
    std::erase_if(among, [&](std::uint32_t i) {
      return i < partitions.size() && !limits().admits(partitions[i].known_accuracy(),
                                                       partitions[i].exact, partitions[i].alone);
    });
    return among;
  }

  /// Why none of some partitions keeps the limits: what the best of them has of each.
  [[nodiscard]] std::string misses_of(const std::vector<std::uint32_t>& among,
                                      std::size_t group) const {
    std::vector<std::string> misses;
    if (measurements_.limit.stated()) misses.push_back(accuracies_of(among, group));
    for (const Criterion criterion : limits().limited()) {
      double least = std::numeric_limits<double>::infinity();
      for (const std::uint32_t i : among) {
        least = std::min(least, model_.groups[group].partitions[i].alone[criterion]);
      }
      misses.push_back(fmt::format("the least {} is {:.4g}", name(criterion), least));
    }
    return fmt::format("{}", fmt::join(misses, ", "));
  }

  /// "the best has 70.1 %, and 2 are unknown": of partitions that are not accurate enough.
  [[nodiscard]] std::string accuracies_of(const std::vector<std::uint32_t>& among,
                                          std::size_t group) const {
    const std::vector<FleetPlan>& partitions = model_.groups[group].partitions;
    std::optional<double> best;
    std::size_t unknown = 0;
    for (const std::uint32_t i : among) {
      const std::optional<double> accuracy = partitions[i].known_accuracy();
      if (!accuracy) {
        ++unknown;
      } else {
        best = std::max(best.value_or(0), *accuracy);
      }
    }
    if (!best) return "the accuracies of all are unknown";
    return fmt::format("the best has {:.4g} %{}", *best * 100,
                       unknown == 0 ? "" : fmt::format(", and {} are unknown", unknown));
  }

  std::vector<std::uint32_t> chosen_among(const FleetStrategySpec& spec,
                                          const std::vector<Partition>& partitions,
                                          const std::string& path) {
    std::vector<std::uint32_t> chosen;
    std::vector<std::string> labels;
    for (std::uint32_t i = 0; i < partitions.size(); ++i) {
      const Partition& partition = partitions[i];
      labels.push_back(partition.label);
      const bool suits = spec.policy->takes_units() || !partition.channels;
      const bool named =
          std::find(spec.among.begin(), spec.among.end(), partition.label) != spec.among.end();
      if (named || (spec.among.empty() && suits)) chosen.push_back(i);
    }
    if (partitions.empty()) return chosen;  // an error that is already reported
    for (std::size_t i = 0; i < spec.among.size(); ++i) {
      if (std::find(labels.begin(), labels.end(), spec.among[i]) != labels.end()) continue;
      checker_.item_error(path + ".among", i,
                          fmt::format("no fixed strategy gives the partition '{}'{}", spec.among[i],
                                      suggestion(spec.among[i], labels)));
    }
    return chosen;
  }

  FleetSpec& spec_;
  const ScenarioSource& source_;
  ProfileCache& profiles_;
  const Calibration& calibration_;
  Checker& checker_;
  FleetModel& model_;
  const PublishedTables* published_{nullptr};
  Measurements measurements_;
  std::set<TableOrigin> tables_;
  std::set<std::string> opaque_;
  std::vector<std::optional<IdlePower>> idle_;      // [mobiles]
  std::vector<std::vector<Partition>> partitions_;  // [groups]
  std::optional<std::size_t> without_energy_;       // a group whose table has no energies
};

}  // namespace

FleetPrices price_fleet(FleetSpec& spec, const ScenarioSource& source, ProfileCache& profiles,
                        const Calibration& calibration, Checker& checker, FleetModel& model) {
  return Pricer{spec, source, profiles, calibration, checker, model}.price();
}

}  // namespace papilio
