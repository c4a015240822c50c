#pragma once

#include <string>
#include <string_view>

#include "sim/base/document/column.hpp"

namespace papilio {

/// How numbers of a column are shown on an axis: in the units of the tables.
struct PlotQuantity {
  std::string label;   ///< "latency, ms"
  double factor{1.0};  ///< from the column's numbers to the axis's
};

/// What people call a column's quantity: "mobile energy", "p95 latency".
std::string quantity_name(const Column& column);

/// Seconds are shown in ms, joules in mJ, rates in Mbit/s, shares of right answers in %.
PlotQuantity quantity_of(const Column& column);
/// The same of a column or a dimension that is not declared, by the end of its name:
/// "uplink_bit_per_s" is "uplink, Mbit/s".
PlotQuantity quantity_of(std::string_view name);

}  // namespace papilio
