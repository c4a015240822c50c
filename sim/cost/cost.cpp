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

Demand mobile_only_demand(const Graph& graph, const LayerPricer& mobile) {
  const LayerCost cost = mobile.cost(graph, 0, graph.layers().size());
  return {.mobile_time = cost.latency, .mobile_energy = cost.energy};
}

Demand split_demand(const Graph& graph, const Cut& cut, int bits, Bytes result,
                    const LayerPricer& mobile, const LayerPricer& cloud) {
  const LayerId first_on_cloud = cut.after + 1;
  const LayerCost before = mobile.cost(graph, 0, first_on_cloud);
  const LayerCost after = cloud.cost(graph, first_on_cloud, graph.layers().size());
  return {.mobile_time = before.latency,
          .mobile_energy = before.energy,
          .upload = Bytes{static_cast<double>(cut.shape.bytes(bits))},
          .cloud_time = after.latency,
          .result = result};
}

Demand coded(const Demand& demand, const Coding& coding) {
  return {.mobile_time = demand.mobile_time + coding.encode,
          .mobile_energy = demand.mobile_energy + coding.encode_power * coding.encode,
          .upload = coding.payload,
          .cloud_time = demand.cloud_time + coding.decode,
          .result = demand.result};
}

Breakdown closed_form(const Demand& demand, const RadioUse& use) {
  Breakdown breakdown;
  breakdown.mobile = demand.mobile_time;
  breakdown.compute_energy = demand.mobile_energy;
  if (demand.upload > Bytes{0}) {
    breakdown.uplink = demand.upload / use.radio.uplink;
    breakdown.delay = use.delay * 2;  // there, and the answer back
  }
  breakdown.cloud = demand.cloud_time;
  if (use.download_takes_time && demand.result > Bytes{0}) {
    breakdown.downlink = demand.result / use.radio.downlink;
  }
  breakdown.uplink_energy = use.uplink_power() * breakdown.uplink;
  breakdown.downlink_energy =
      use.downlink_power() * breakdown.downlink + use.untimed_download_energy(demand.result);
  breakdown.idle_energy =
      use.idle_power * (breakdown.uplink + breakdown.delay + breakdown.cloud + breakdown.downlink);
  return breakdown;
}

}  // namespace papilio
