#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "sim/cost/ledger.hpp"

/// What one run of a fleet leaves: plain numbers that travel through a pipe as bytes.
namespace papilio {

/// How a request ended.
enum class RequestEnd : std::uint8_t {
  kCompleted,
  kDropped,  ///< never begun: the mobile was busy or its battery empty
  kFailed,   ///< begun, and no answer after the last attempt
};

/// One request, for `records.csv`.
struct RequestRecord {
  std::uint32_t group;
  std::uint32_t mobile;
  std::uint32_t number;     ///< of the mobile, from 0
  std::uint32_t partition;  ///< position in the group's list; of a dropped request, none
  std::uint32_t attempts;
  std::uint32_t image;  ///< position in the fleet's pictures; 0 where all are alike
  RequestEnd end;
  bool fell_back;
  bool late;
  double arrival_s;
  double latency_s;
  double upload_bytes;
  PhaseTimes phases;
  EnergyLedger energy;
};
inline constexpr std::uint32_t kNoPartition = std::numeric_limits<std::uint32_t>::max();

/// Sums over the requests of one group that arrived in one window.
struct RequestSums {
  std::uint64_t arrived{0};
  std::uint64_t completed{0};
  std::uint64_t dropped{0};
  std::uint64_t failed{0};
  std::uint64_t late{0};       ///< completed after their deadline
  std::uint64_t retries{0};    ///< attempts beyond the first
  std::uint64_t fell_back{0};  ///< completed on the mobile after failed attempts
  PhaseTimes phases;           ///< of the completed
  EnergyLedger energy;         ///< of all, from their start to their end
  double server_s{0};          ///< GPU time that they took
  double saved_s{0};           ///< GPU time that cloud-only would have taken beyond it
  double mobile_share{0};      ///< of the MACs, over the completed

  RequestSums& operator+=(const RequestSums& other);
};

/// One (group, window). Latencies lie series by series, each in the order of completion: a
/// component that completed `kFewestOfASeries` or more is a series of its own, and the others are
/// one together.
struct Bucket {
  RequestSums sums;
  std::vector<double> latencies_s;     ///< of the completed
  std::vector<std::uint32_t> mobiles;  ///< whose they are
  std::vector<std::uint64_t> ends;     ///< `[series]` where the latencies of each end
  std::vector<std::uint64_t> choices;  ///< `[partitions]` completed by each
};

/// As many latencies as tell of variation over time by themselves: twice the frequencies that an
/// interval looks at (`steady_state`).
inline constexpr std::size_t kFewestOfASeries = 128;

/// A latency that can be found again in another strategy's run.
struct KeyedLatency {
  double end_s;  ///< date
  std::uint32_t mobile;
  std::uint32_t number;
  std::uint64_t bucket;
  double latency_s;  ///< NaN if it did not complete
};

/// One row of the time series for one kind of resource, its equal copies taken together.
struct SampleRow {
  double from_s;
  double to_s;
  std::uint32_t resource;  ///< position in `resource_names`
  double utilisation;      ///< share of the time that a link had a flow; of the GPUs' time busy
  double mean_queue;       ///< flows on a link; requests waiting at a server; in a mobile's queue
  double per_second;       ///< bytes carried, or requests served, per second
};

/// Means over the whole run of one kind of resource.
struct ResourceMeans {
  double utilisation{0};
  double mean_queue{0};
  double per_second{0};
};

/// Totals of one kind of resource at one date.
struct Totals {
  double busy{0};   ///< s in which a link had a flow, a server's GPUs or a mobile were busy
  double queue{0};  ///< integral of the flows, or of the requests that waited
  double done{0};   ///< bytes, or requests
};

/// What happened on the kernel's side.
struct RunCounts {
  std::uint64_t requests{0};
  std::uint64_t events{0};
  double end_s{0};  ///< date of the last event
  /// Of the event loop and of building the fleet; where workers share a run, of the one that took
  /// longest.
  double wall_s{0};
  double set_up_s{0};
  std::uint64_t peak_memory_bytes{0};  ///< of its workers together
};

/// One strategy × replication.
struct FleetResult {
  std::vector<Bucket> buckets;  ///< `[groups × (windows + 1)]`; the last window: counted, in none
  RequestSums warm_up;          ///< requests that are simulated and not counted
  /// What all requests were charged and what radios drew between them, over the whole run: added up
  /// apart from the mobiles' ledgers.
  EnergyLedger energy;
  std::vector<EnergyLedger> mobiles;  ///< `[mobiles]`, over the whole run
  std::vector<SampleRow> samples;
  std::uint8_t samples_cut{0};           ///< 1: there would have been more than `most_samples`
  std::vector<ResourceMeans> resources;  ///< in the order of `resource_names`
  std::vector<RequestRecord> records;    ///< component by component, each in the order of ending
  std::vector<KeyedLatency> keyed;       ///< in the order of ending
  double mean_in_flight{0};  ///< requests in the system, over [warm-up, end of arrivals]
  double counted_s{0};       ///< length of that time
  std::uint64_t batteries_empty{0};
  RunCounts counts;
};

}  // namespace papilio
