#pragma once

#include "sim/base/yaml/fields.hpp"

namespace papilio {

// What keys of scenarios and of fleets have in common.
inline constexpr NumberRange kRateRange{.min = 1, .max = 1e15};  ///< bit/s
inline constexpr NumberRange kPowerRange{.min = 0, .max = 1e6};  ///< W
inline constexpr NumberRange kShareRange{.min = 0, .max = 1};    ///< of a whole
inline constexpr NumberRange kSeedRange{.min = 0, .max = 9e15};  ///< whole; exact as a double

}  // namespace papilio
