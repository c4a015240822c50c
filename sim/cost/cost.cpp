#include "sim/cost/cost.hpp"

namespace papilio {

Watts RadioUse::uplink_power() const {
  return energy_model == EnergyModel::kStated ? radio.uplink_power()
                                              : radio.alpha_uplink * radio.uplink;
}

Watts RadioUse::downlink_power() const {
  return energy_model == EnergyModel::kStated ? radio.downlink_power()
                                              : radio.alpha_downlink * radio.downlink;
}

Joules RadioUse::untimed_download_energy(Bytes result) const {
  const bool charged = energy_model == EnergyModel::kThroughputOnly && !download_takes_time;
  return charged ? radio.alpha_downlink * result : Joules{0};
}

}  // namespace papilio
