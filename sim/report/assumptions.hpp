#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/radio/radio.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {

/// What a report must say beside its results because nobody asked for it, or because they would be
/// others without. Of where nothing is offloaded only what is opaque or calibrated.
struct Assumptions {
  std::vector<std::string> opaque;        ///< clauses of `opaque_clauses`
  std::vector<std::string> assumed;       ///< what waiting costs and by whom; what takes no
                                          ///< time; constants that a radio's file assumes
  std::vector<std::string> extrapolated;  ///< sentences of `extrapolation_text`
  std::vector<std::string> calibrated{};  ///< a sentence of each calibration
};
Assumptions assumptions_of(const Scenario& scenario);
Assumptions assumptions_of(const FleetScenario& fleet);

/// Them as paragraphs: one of all opaque layers, one of all that is assumed, one a calibration and
/// one a radio.
std::vector<std::string> texts_of(const Assumptions& assumptions);

/// Greatest rates at which a radio sends and, where that is charged, receives.
struct RatesUsed {
  BytesPerSecond uplink;
  std::optional<BytesPerSecond> downlink;
};

/// What to say where a radio is used at rates beyond those at which its file knows its power
/// coefficients to hold; nothing within them, or where the file knows none.
std::optional<std::string> extrapolation_text(const Radio& radio, const RatesUsed& rates);

}  // namespace papilio
