// Compiled once as it is, which must succeed, and once with each misuse, which must fail.
#include "sim/base/units/units.hpp"

namespace papilio {

constexpr Seconds transfer_time(Bytes size, BytesPerSecond rate) {
  return size / rate;
}

static_assert(transfer_time(Bytes{1000}, bits_per_second(8000)) == Seconds{1});
static_assert(Watts{2} * Seconds{3} == Joules{6});
static_assert(joules_per_bit(1e-9) * Bytes{1e9} == Joules{8});
static_assert(joules_per_bit(1e-9) * bits_per_second(1e9) == Watts{1});
static_assert(Seconds{3} / Seconds{2} == 1.5);
static_assert(Seconds{1} < Seconds{2});

#ifdef ADD_SECONDS_TO_JOULES
constexpr auto kSum = Seconds{1} + Joules{1};
#endif
#ifdef COMPARE_BYTES_WITH_SECONDS
constexpr bool kLess = Bytes{1} < Seconds{1};
#endif
#ifdef IMPLICIT_FROM_DOUBLE
constexpr Seconds kTime = 1.0;
#endif
#ifdef RATE_TIMES_TIME_IS_NOT_ENERGY
constexpr Joules kEnergy = BytesPerSecond{1} * Seconds{1};
#endif
#ifdef SWAPPED_ARGUMENTS
constexpr Seconds kTime = transfer_time(bits_per_second(8000), Bytes{1000});
#endif

}  // namespace papilio
