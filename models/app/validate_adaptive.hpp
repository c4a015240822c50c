#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/app/validation_bench.hpp"
#include "sim/base/document/document.hpp"
#include "sim/radio/trace.hpp"

namespace papilio {

/// An adaptive mobile over a link whose rate changes, with others at the server.
struct AdaptiveCase {
  std::vector<LiveCell> cells;  ///< of one radio: the cuts among which it chooses
  std::string trace_file;
  std::shared_ptr<const Trace> trace;  ///< of the uplink
  double rate_per_s{0};                ///< of the mobile's requests, > 0
  double ping_s{1};
  double others_per_s{0};    ///< whole pictures that others send the server
  double whole_server_s{0};  ///< what one of them takes it, simulated
};

/// What a mobile chose for each request, live and simulated.
struct AdaptiveOutcome {
  Document report;
  std::string choices_csv;  ///< request, arrival_s, and of both: partition and latency
};

/// Runs the mobile live and simulates the same requests, where its policy `selection` chooses anew:
/// ledgers `adaptive` in `live/` and `simulated/`.
/// @throws as `ValidationBench` does
AdaptiveOutcome validate_adaptive(const ValidationBench& bench, const AdaptiveCase& one);

}  // namespace papilio
