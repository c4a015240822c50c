#pragma once

#include <limits>

#include "sim/base/units/units.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {

/// The link between edge and cloud.
struct Backhaul {
  BytesPerSecond rate{std::numeric_limits<double>::infinity()};  ///< > 0, each way
  Seconds delay;                                                 ///< propagation each way; >= 0
};

/// How the radio and the waiting mobile are charged.
struct RadioUse {
  Radio radio;
  EnergyModel energy_model{EnergyModel::kStated};
  bool download_takes_time{false};  ///< whether the result's transfer is part of the latency
  Seconds delay;                    ///< propagation each way over the radio; >= 0
  Watts idle_power;                 ///< of the mobile while it does not compute; >= 0
  Backhaul backhaul;                ///< takes no time where there is no edge

  /// Power that the radio adds during an upload or a download.
  [[nodiscard]] Watts uplink_power() const;
  [[nodiscard]] Watts downlink_power() const;
  /// Energy of receiving `result` beyond that of the time it takes: under `throughput-only` every
  /// received byte costs α, even when its transfer takes no simulated time.
  [[nodiscard]] Joules untimed_download_energy(Bytes result) const;
};

/// Time and mobile energy of one inference by phase. The sums are exact by construction.
struct Breakdown {
  Seconds mobile;
  Seconds uplink;
  Seconds edge;
  Seconds backhaul;  ///< transfers between edge and cloud, both ways
  Seconds cloud;
  Seconds downlink;
  Seconds delay;  ///< propagation, both ways
  Joules compute_energy;
  Joules idle_energy;
  Joules uplink_energy;
  Joules downlink_energy;
  /// Where a decoder generates: from the beginning until its first token is on the mobile; no part
  /// of a sum. Else 0 s.
  Seconds first_token;

  /// T = TM + TU + TC, the propagation both ways, the edge and its backhaul, and the download where
  /// it takes time.
  [[nodiscard]] Seconds latency() const {
    return mobile + uplink + delay + edge + backhaul + cloud + downlink;
  }
  /// E = TM·PM + TU·PU, and the download and the waiting where they are charged.
  [[nodiscard]] Joules energy() const {
    return compute_energy + idle_energy + uplink_energy + downlink_energy;
  }
};

}  // namespace papilio
