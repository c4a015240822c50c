#pragma once

#include <cstdint>
#include <vector>

#include "sim/play/fleet/mobile_radio.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// What a mobile leaves when its component is over. Its radio goes on by itself up to the end of
/// the run.
struct MobileEnd {
  EnergyLedger requests;  ///< what its requests were charged
  EnergyLedger between;   ///< what it drew between them
  MobileRadio radio;
};

/// What one component of a fleet leaves: plain numbers that travel through a pipe as bytes.
struct ComponentResult {
  std::vector<Bucket> buckets;  ///< as FleetResult's, without `ends`
  /// `[buckets]` dates of the first completions, `kFewestOfASeries` at most.
  std::vector<std::vector<double>> completed_s;
  RequestSums warm_up;             ///< likewise
  std::vector<MobileEnd> mobiles;  ///< `[mobiles of the component]`
  std::vector<double> sampled_s;   ///< dates of the time series
  std::vector<Totals> sampled;     ///< `[dates][resource_names]` up to each
  std::uint8_t samples_cut{0};     ///< 1: there would have been more than `most_samples`
  std::vector<Totals> totals;      ///< `[resource_names]` over all
  std::vector<RequestRecord> records;
  std::vector<KeyedLatency> keyed;
  double in_flight_s{0};  ///< integral of the requests in the system over the counted time
  std::uint64_t batteries_empty{0};
  double end_s{0};  ///< date of the last event
  std::uint64_t requests{0};
  std::uint64_t events{0};
};

}  // namespace papilio
