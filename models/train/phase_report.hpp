#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/train/first_phase.hpp"
#include "sim/base/document/document.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {

/// How much more a unit gets right than the baseline that was trained with the same seed, over the
/// same test pictures: a mean over seeds and pictures, in -1..1, with the interval over the
/// pictures (Student's t of the pictures' differences).
struct PairedDifference {
  Estimate difference;
  std::size_t seeds{0};
};

/// @param results of one phase
/// @param cut     name of the unit's cut
PairedDifference paired_difference(const std::vector<PointResult>& results, const std::string& cut,
                                   std::int64_t channels);

/// The rows of `accuracy.csv`, which scenarios read with `accuracy_from`: one a point, the
/// baseline's without cut and with 0 channels.
Table accuracy_table(const FirstPhaseSpec& spec, const std::vector<PointResult>& results);

/// Tables for people: accuracy by cut and channels, difference from the baseline, and the fewest
/// channels within a budget.
/// @param budget share of right answers that a unit may lose
Document phase_report(const FirstPhaseSpec& spec, const std::vector<PointResult>& results,
                      const std::string& dataset, double budget);

}  // namespace papilio
