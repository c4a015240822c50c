#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/validation/cells.hpp"

namespace papilio {

/// What a time becomes: factor · simulated + fixed_s.
struct TimeFit {
  double factor{1};
  double fixed_s{0};
};

/// What a message becomes: factor · bytes + message_bytes on the wire, and message_s beside.
struct MessageFit {
  double factor{1};
  double message_bytes{0};
  double message_s{0};
};

/// What simulations of live runs leave out: docs/models/calibration.md.
struct CalibrationFit {
  TimeFit mobile;
  TimeFit server;
  MessageFit upload;
  MessageFit download;
  std::size_t cells{0};  ///< that it rests on

  /// A cell's latency by it: the sum of its stages' medians, calibrated, s.
  [[nodiscard]] double latency_s(const ValidationCell& cell) const;
};

/// Least squares of errors, by the cell's latency, over cells whose requests came one after
/// another, and were simulated without calibration: of the mobile's and the server's stage with two
/// unknowns, of the upload with three, of the answer with two, since answers have one size. A
/// number of bytes that would be negative is 0.
/// @param cells sequential ones, at least two
CalibrationFit fit_calibration(const std::vector<ValidationCell>& cells);

/// What a fit is worth on cells that it does not rest on: every cell is left out once.
struct LeaveOneOut {
  /// Of the |errors| of the cells' median latencies, by the sums of their stages' medians, a share.
  double median_before{0};
  double worst_before{0};
  double median_after{0};
  double worst_after{0};
  /// `[cells]`: error of each, calibrated by the others.
  std::vector<double> errors;
};

/// @param cells sequential ones, at least three
LeaveOneOut cross_validate(const std::vector<ValidationCell>& cells);

/// The sequential ones among some cells.
/// @throws ConfigError where there are fewer than three, or some were simulated with a calibration
///         or ran with a load level
std::vector<ValidationCell> cells_to_fit(const std::vector<ValidationCell>& cells);

/// The file that scenarios name with `calibration`.
/// @param about what it rests on, a sentence
std::string calibration_yaml(const std::string& name, const std::string& about,
                             const CalibrationFit& fit, const LeaveOneOut& worth);

/// The fit, and what it does to each cell that was left out, for people.
Document calibration_report(const std::string& name, const std::vector<ValidationCell>& cells,
                            const CalibrationFit& fit, const LeaveOneOut& worth);

}  // namespace papilio
