#pragma once

#include <optional>

#include "sim/base/document/cell.hpp"
#include "sim/base/units/units.hpp"

namespace papilio {

/// Numbers as the tables print them: milliseconds and millijoules with one decimal, as the paper.
/// @param unit where the column's header does not say it: "ms", "mJ"
TableCell in_ms(Seconds time, std::string_view unit = {});
TableCell in_mj(Joules energy, std::string_view unit = {});
/// Relative deviation of `simulated` from `printed` in percent, signed, e.g. "-0.5".
TableCell deviation_percent(double simulated, double printed);
/// A top-1 fraction, in percent for people, e.g. "74.1 %"; none where there is none.
TableCell accuracy_cell(const std::optional<double>& accuracy);
/// Likewise; where nobody knows the accuracy of what computes the uncut network, "no loss".
/// @param exact whether its answers are the uncut network's, `Partition::exact`
TableCell accuracy_cell(const std::optional<double>& accuracy, bool exact);
/// A ratio as the paper prints speedups, e.g. "77.2".
TableCell ratio(double value);

}  // namespace papilio
