#pragma once

#include <optional>
#include <string>

#include "sim/units/units.hpp"

namespace papilio {

/// Numbers as the tables print them: milliseconds and millijoules with one decimal, as the paper.
std::string in_ms(Seconds time);
std::string in_mj(Joules energy);
/// Relative deviation of `simulated` from `printed` in percent, signed, e.g. "-0.5".
std::string deviation_percent(double simulated, double printed);
/// A top-1 fraction in percent, e.g. "74.1 %"; empty where there is none.
std::string accuracy_text(const std::optional<double>& accuracy);
/// A ratio as the paper prints speedups, e.g. "77.2".
std::string ratio(double value);

}  // namespace papilio
