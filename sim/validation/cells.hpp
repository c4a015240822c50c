#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/validation/errors.hpp"

namespace papilio {

/// One way to run a network over one radio, run live and simulated.
struct ValidationCell {
  std::string model;
  std::string network;    ///< the radio
  std::string partition;  ///< as a live run calls it
  std::string mode;       ///< "sequential" or "overlapping"
  std::string folder;     ///< of its ledgers, below `live/` and `simulated/`
  LiveLinkFacts link;
  double payload_bytes{0};  ///< of a request's frame, the median
  double answer_bytes{0};
  double load_level{1};       ///< K_mobile
  std::string calibration;    ///< that was applied to what was simulated; empty: none
  double rate_per_s{0};       ///< of random arrivals; 0: one after another
  std::size_t unanswered{0};  ///< live requests that fell back or failed: not compared
  std::size_t left_out{0};    ///< requests at the beginning, not compared
  LatencyErrors errors;
};

/// What a set of cells says together.
struct ValidationSummary {
  std::size_t cells{0};
  double median_error{0};  ///< of the |errors| of the cells' median latencies
  double worst_error{0};
  std::string worst_cell;
  std::size_t slow_cells{0};       ///< of 20 ms or more, live
  double median_error_of_slow{0};  ///< of them; 0 where there are none
  std::size_t beyond{0};           ///< cells off by more than 15 % and more than 1 ms
  double median_p90_error{0};      ///< of the cells whose P90 is known
  double median_p99_error{0};
  std::size_t p90_cells{0};
  std::size_t p99_cells{0};
};

/// @param cells at least one
ValidationSummary summary_of(const std::vector<ValidationCell>& cells);

/// The cells as a file for machines, which `read_validation_cells` reads back.
std::string validation_csv(const std::vector<ValidationCell>& cells);

/// The cells in a folder that `papilio validate` wrote, with medians and means of their stages.
/// @throws ConfigError naming the file: it is not there, or has other columns
std::vector<ValidationCell> read_validation_cells(const std::filesystem::path& folder);

/// The tables for people.
/// @param calibration the file that was applied; empty: none
Document validation_report(const std::string& name, const std::vector<ValidationCell>& cells,
                           const std::string& calibration);

}  // namespace papilio
