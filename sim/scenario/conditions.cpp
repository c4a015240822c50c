#include "sim/scenario/conditions.hpp"

#include "sim/base/error.hpp"

namespace papilio {

Basis under(const ConditionsSpec& conditions, Basis basis) {
  auto& [demand, use] = basis;
  demand.mobile_time = demand.mobile_time * conditions.mobile_load_level;
  demand.mobile_energy = demand.mobile_energy * conditions.mobile_load_level;
  demand.cloud_time = demand.cloud_time * conditions.cloud_load_level;
  if (demand.upload > Bytes{0}) {
    PAPILIO_CHECK(conditions.result_bytes.has_value());
    demand.result = Bytes{static_cast<double>(*conditions.result_bytes)};
  }
  if (conditions.uplink_bit_per_s) {
    use.radio.uplink = bits_per_second(*conditions.uplink_bit_per_s);
  }
  if (conditions.downlink_bit_per_s) {
    use.radio.downlink = bits_per_second(*conditions.downlink_bit_per_s);
  }
  use.download_takes_time = conditions.download_takes_time;
  use.delay = Seconds{conditions.delay_of(use.radio.name)};
  use.idle_power = Watts{conditions.mobile_idle_power_w.value_or(0)};
  return basis;
}

}  // namespace papilio
