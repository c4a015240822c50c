#pragma once

#include <span>

#include "sim/plan/plan.hpp"

namespace papilio {

/// What plans are corrected by, so that they take what was measured of live requests: a factor on
/// each stage's time or bytes, and what comes on top of each. By default it changes nothing.
/// Equations and limits: docs/models/calibration.md.
struct Calibration {
  /// Of computations.
  struct Computing {
    double factor{1};   ///< on their time, > 0
    double fixed_s{0};  ///< on top of each, in s; may be below 0

    bool operator==(const Computing&) const = default;
  };
  /// Of messages that cross the radio.
  struct Messages {
    double factor{1};         ///< on their bytes, > 0
    double message_bytes{0};  ///< on top of each, >= 0
    /// What both sides do with each beside computing and sending, in s; may be below 0.
    double message_s{0};

    bool operator==(const Messages&) const = default;
  };

  Computing mobile;  ///< `fixed_s` where an upload follows
  Computing server;  ///< at the edge and the cloud alike
  Messages upload;
  Messages download;

  bool operator==(const Calibration&) const = default;
  /// Whether it changes nothing.
  [[nodiscard]] bool neutral() const { return *this == Calibration{}; }
};

/// Corrects the stages of one plan, once: to be called after everything else that says what they
/// take (`price`, `coded`). No time gets below 0; the mobile's energies keep their mean powers;
/// bytes that are corrected are whole. Transfers between edge and cloud stay as they are.
/// @param stages of a whole plan, in its order
void calibrate(std::span<Stage> stages, const Calibration& calibration);

/// The plan so corrected.
Plan calibrated(Plan plan, const Calibration& calibration);

/// A computation's time in s, so corrected.
/// @param time_s >= 0
/// @return >= 0
double calibrated_s(double time_s, const Calibration::Computing& computing);

}  // namespace papilio
