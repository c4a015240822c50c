#include "sim/scenario/conditions.hpp"

#include <cmath>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

double load_at(const ConditionsSpec& conditions, Tier tier) {
  if (tier == Tier::kMobile) return conditions.mobile_load_level;
  return tier == Tier::kEdge ? conditions.edge_load_level : conditions.cloud_load_level;
}

}  // namespace

bool ConditionKey::accepts(double value) const {
  return value <= range.max && (range.min_excluded ? value > range.min : value >= range.min) &&
         (!whole || std::trunc(value) == value);
}

World under(const ConditionsSpec& conditions, World world) {
  PAPILIO_CHECK(conditions.result_bytes.has_value());
  for (Stage& stage : world.plan.stages) {
    if (auto* transfer = std::get_if<Transfer>(&stage); transfer != nullptr && transfer->answer) {
      transfer->size = Bytes{static_cast<double>(*conditions.result_bytes)};
    }
  }
  world.plan = calibrated(std::move(world.plan), conditions.calibration);
  for (Stage& stage : world.plan.stages) {
    if (auto* layers = std::get_if<Compute>(&stage)) {
      const double load = load_at(conditions, layers->at);
      layers->time = layers->time * load;
      layers->energy = layers->energy * load;
    }
  }
  RadioUse& use = world.use;
  if (conditions.uplink_bit_per_s) {
    use.radio.uplink = bits_per_second(*conditions.uplink_bit_per_s);
  }
  if (conditions.downlink_bit_per_s) {
    use.radio.downlink = bits_per_second(*conditions.downlink_bit_per_s);
  }
  if (conditions.backhaul_bit_per_s) {
    use.backhaul.rate = bits_per_second(*conditions.backhaul_bit_per_s);
  }
  use.backhaul.delay = Seconds{conditions.backhaul_delay_s.value_or(0)};
  use.download_takes_time = conditions.download_takes_time;
  use.delay = Seconds{conditions.delay_of(use.radio.name)};
  use.idle_power = Watts{conditions.mobile_idle_power_w.value_or(0)};
  return world;
}

}  // namespace papilio
