#include "sim/study/run/point.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <variant>

#include "sim/report/summary.hpp"

namespace papilio {
namespace {

// What `CellPoints` holds at most: some 20 MB.
constexpr std::size_t kMostHeldCells = 50'000;

void add(Digest& digest, const std::optional<double>& value) {
  digest.add(std::int64_t{value.has_value()}).add(value.value_or(0));
}

void add(Digest& digest, const Stage& stage) {
  if (const auto* compute = std::get_if<Compute>(&stage)) {
    digest.add(name(compute->at)).add(compute->time.value()).add(compute->energy.value());
  } else if (const auto* transfer = std::get_if<Transfer>(&stage)) {
    digest.add(name(transfer->from)).add(name(transfer->to)).add(transfer->size.value());
  }
}

void add(Digest& digest, const Cell& cell, const World& base) {
  digest.add(cell.strategy).add(cell.network).add(cell.cut).add(cell.codec);
  digest.add(cell.channels.value_or(0)).add(cell.bits.value_or(0));
  digest.add(std::int64_t{cell.measured}).add(std::int64_t{cell.energy_known});
  add(digest, cell.plan.accuracy);
  const auto& [plan, use] = base;
  digest.add(plan.time_at(Tier::kMobile).value()).add(plan.mobile_energy().value());
  digest.add(plan.upload().value()).add(plan.time_at(Tier::kCloud).value());
  if (cell.strategy == "path" || plan.tokens > 0) {
    digest.add(cell.route).add(plan.tokens);
    for (const Stage& stage : plan.stages) add(digest, stage);
  }
  if (plan.bytes_between(Tier::kMobile, Tier::kEdge) > Bytes{0}) {
    digest.add("edge").add(cell.edge_after).add(plan.time_at(Tier::kEdge).value());
    digest.add(plan.bytes_between(Tier::kEdge, Tier::kCloud).value());
  }
  digest.add(use.radio.uplink.value()).add(use.radio.downlink.value());
  digest.add(use.radio.alpha_uplink.value()).add(use.radio.alpha_downlink.value());
  digest.add(use.radio.beta.value());
  digest.add(name(use.energy_model));
}

void add(Digest& digest, const Calibration& calibration) {
  if (calibration.neutral()) return;
  digest.add("calibration");
  for (const Calibration::Computing& one : {calibration.mobile, calibration.server}) {
    digest.add(one.factor).add(one.fixed_s);
  }
  for (const Calibration::Messages& one : {calibration.upload, calibration.download}) {
    digest.add(one.factor).add(one.message_bytes).add(one.message_s);
  }
}

/// What a choice hangs on beside what cells cost: the limits, and what they ask of each cell.
void add(Digest& digest, const Limits& limits, const std::vector<Cell>& cells) {
  if (!limits.stated()) return;
  digest.add("limits");
  add(digest, limits.accuracy.budget);
  add(digest, limits.accuracy.least);
  add(digest, limits.accuracy.baseline);
  for (const Criterion criterion : limits.limited()) {
    digest.add(name(criterion)).add(limits.most[criterion]);
  }
  for (const Cell& cell : cells) {
    digest.add(std::int64_t{cell.exact});
    for (const Bytes stored : cell.plan.weights) digest.add(stored.value());
  }
}

}  // namespace

Hash CellPoint::hash() const {
  Digest digest;
  digest.add(shared->hash);
  digest.add(conditions.mobile_load_level);
  add(digest, conditions.mobile_idle_power_w);
  digest.add(conditions.cloud_load_level);
  add(digest, conditions.uplink_bit_per_s);
  add(digest, conditions.downlink_bit_per_s);
  add(digest, conditions.delay_s);
  digest.add(static_cast<std::int64_t>(conditions.network_delays.size()));
  for (const NetworkDelay& one : conditions.network_delays) {
    digest.add(one.network).add(one.delay_s);
  }
  digest.add(*conditions.result_bytes).add(std::int64_t{conditions.download_takes_time});
  add(digest, conditions.calibration);
  if (conditions.has_edge) {
    digest.add("edge").add(conditions.edge_load_level);
    add(digest, conditions.backhaul_bit_per_s);
    add(digest, conditions.backhaul_delay_s);
  }
  return digest.hash();
}

CellPoints::CellPoints(const Study& study) : study_{study} {
  for (std::size_t a = 0; a < study.axes.size(); ++a) {
    bool structural = false;
    const std::vector<AxisColumn>& columns = study.axes[a].columns;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (const ConditionKey* key = find_condition_key(columns[c].key())) {
        conditions_.push_back({a, c, key});
      } else {
        structural = true;
      }
    }
    if (structural) structural_.push_back(a);
  }
}

std::shared_ptr<const SharedCells> CellPoints::load(const Place& place, bool with_conditions) {
  const Node root = study_.scenario(place, [&](const AxisColumn& column) {
    return !with_conditions && find_condition_key(column.key()) != nullptr;
  });
  Scenario scenario = load_scenario(root, study_.source, caches_);
  auto shared = std::make_shared<SharedCells>();
  Digest digest;
  digest.add(kModelVersion).add(study_.spec.method);
  add(digest, scenario.limits, scenario.cells);
  for (std::size_t i = 0; i < scenario.cells.size(); ++i) {
    add(digest, scenario.cells[i], scenario.bases[i]);
    shared->baseline.push_back(
        cloud_only_of(scenario.cells[i], scenario.cells.size(),
                      [&](std::size_t j) -> const Cell& { return scenario.cells[j]; }));
  }
  shared->cells = std::move(scenario.cells);
  shared->bases = std::move(scenario.bases);
  shared->conditions = scenario.spec.conditions;
  shared->limits = scenario.limits;
  shared->hash = digest.hash();
  return shared;
}

CellPoint CellPoints::at(const Place& place) {
  std::vector<std::size_t> key;
  key.reserve(structural_.size());
  for (const std::size_t axis : structural_) key.push_back(place.values[axis]);
  std::shared_ptr<const SharedCells>& shared = shared_[key];
  if (!shared) {
    try {
      shared = load(place, false);
    } catch (...) {
      shared_.erase(key);
      throw;
    }
    held_ += shared->cells.size();
    if (held_ > kMostHeldCells) {
      const std::shared_ptr<const SharedCells> last = shared;
      shared_.clear();
      held_ = last->cells.size();
      shared_[key] = last;
      return at(place);
    }
  }
  CellPoint point{shared, shared->conditions};
  for (const Condition& condition : conditions_) {
    const AxisColumn& column = study_.axes[condition.axis].columns[condition.column];
    const std::optional<double> value = column.number(place.values[condition.axis]);
    const bool meant = !condition.key->of_edge || point.conditions.has_edge;
    if (!value || !meant || !condition.key->accepts(*value)) {
      // The scenario's own reader says what is wrong with it, and where.
      point.shared = load(place, true);
      return {point.shared, point.shared->conditions};
    }
    condition.key->set(point.conditions, *value);
  }
  return point;
}

FleetPoints::FleetPoints(const Study& study)
    : study_{study},
      sources_{study.folders, std::filesystem::path{study.source.file}.parent_path()} {}

FleetPoint FleetPoints::at(const Place& place) {
  Node root = study_.scenario(place, [](const AxisColumn&) { return false; });
  if (const std::optional<std::int64_t> seed = study_.seed(place.replicate)) {
    Node value{.kind = Node::Kind::kScalar, .mark = root.mark};
    value.scalar = std::to_string(*seed);
    set_value(root, "seed", std::move(value), root.mark);
  }
  FleetPoint point{.fleet = load_fleet(root, study_.source, caches_)};
  std::set<std::string> texts;
  gather_texts(root, texts);
  FleetSpec spec = point.fleet.spec;
  // What they are called changes no number; where their profiles lie neither.
  spec.name.clear();
  spec.description.clear();
  spec.profiles.clear();
  point.hash = Digest{}
                   .add(kModelVersion)
                   .add(std::int64_t{study_.spec.records})
                   .add(write_fields([&](FieldVisitor& visitor) { describe_fleet(visitor, spec); }))
                   .add(sources_.hash(texts))
                   .hash();
  return point;
}

}  // namespace papilio
