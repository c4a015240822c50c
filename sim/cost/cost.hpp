#pragma once

#include <limits>

#include "models/graph/graph.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/radio/radio.hpp"
#include "sim/units/units.hpp"

namespace papilio {

/// What one inference asks of each resource: the outcome of partitioning a network between the
/// mobile and the cloud. All >= 0.
struct Demand {
  Seconds mobile_time;   ///< TM: the layers before the cut, on the mobile
  Joules mobile_energy;  ///< of those layers; TM·PM
  Bytes upload;          ///< what crosses the radio; a whole number
  Seconds cloud_time;    ///< TC: the layers after the cut, on the cloud
  Bytes result;          ///< what the cloud sends back; 0 when nothing was offloaded

  /// PM, the mean power while the mobile computes; 0 W when it does not.
  [[nodiscard]] Watts mobile_power() const {
    return mobile_time > Seconds{0} ? mobile_energy / mobile_time : Watts{0};
  }
};

/// What a codec does to one request.
struct Coding {
  Bytes payload;       ///< in place of the tensor's own size; > 0
  Seconds encode;      ///< quantising and encoding on the mobile; >= 0
  Watts encode_power;  ///< of the mobile in that time; >= 0, or NaN where nobody knows
  Seconds decode;      ///< by the tier that gets the payload; >= 0
};

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
  Seconds delay;                    ///< propagation each way between mobile and cloud; >= 0
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

/// Demand of running the whole network on the mobile.
Demand mobile_only_demand(const Graph& graph, const LayerPricer& mobile);

/// Demand of cutting `graph` at `cut`: layers up to it on the mobile, the rest on the cloud. The
/// cut after the input is cloud-only.
/// @param graph  the network, or a rewrite of it; both pricers describe the network
/// @param bits   of one element of the crossing tensor, in 1..32
/// @param result size of the answer
Demand split_demand(const Graph& graph, const Cut& cut, int bits, Bytes result,
                    const LayerPricer& mobile, const LayerPricer& cloud);

/// Demand of a partition whose payload is coded: encoding is mobile computing, decoding cloud
/// computing.
Demand coded(const Demand& demand, const Coding& coding);

/// Latency and mobile energy in closed form, for a request that waits for nothing.
/// Source: butterfly paper, Algorithm 1 (profiling and selection phases).
/// Limits: no queueing, no contention, no radio states; the engine agrees wherever none of them
/// acts.
Breakdown closed_form(const Demand& demand, const RadioUse& use);

}  // namespace papilio
