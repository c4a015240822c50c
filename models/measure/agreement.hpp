#pragma once

#include <span>
#include <string>

#include "sim/base/stats/estimate.hpp"

namespace papilio {

/// The two times that a measurement has of a whole pass. On a quiet machine they are the same;
/// where something else computes, most layers escape it and few whole passes do.
struct Agreement {
  Estimate by_layers;  ///< the layers' medians added up, s, and their intervals
  Estimate by_passes;  ///< the median of passes timed as a whole, s

  /// Whether they differ by no more than their intervals together.
  [[nodiscard]] bool holds() const { return agree(by_layers, by_passes); }
  /// How far the layers are from the passes, as a share of these: below 0 where they fall short.
  [[nodiscard]] double disagreement() const;
};

/// @param layers medians with their intervals, s; what has none is taken to be exact
/// @param whole  median of whole passes, s, > 0
Agreement agreement_of(std::span<const Estimate> layers, const Estimate& whole);

/// "its layers add up to 1.80 ± 0.01 ms, whole passes take 9.92 ± 2.97 ms".
std::string to_string(const Agreement& agreement);

/// Why the table of a network is not written, and what helps; empty where its times agree.
/// @param network     its name
/// @param accelerator whether the layers ran on one, which is waited for after each of them
std::string refusal_text(const std::string& network, const Agreement& agreement, bool accelerator);

}  // namespace papilio
