#pragma once

#include <limits>

namespace papilio {

inline constexpr double kInfinite = std::numeric_limits<double>::infinity();
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace papilio
