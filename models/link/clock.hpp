#pragma once

#include <cstdint>
#include <ctime>

namespace papilio {

inline constexpr std::int64_t kNsPerS = 1'000'000'000;

/// Of a date or a duration.
inline std::int64_t nanoseconds_of(const timespec& time) {
  return time.tv_sec * kNsPerS + time.tv_nsec;
}

/// @param clock one that every Linux has, as CLOCK_MONOTONIC
/// @return its date in nanoseconds
inline std::int64_t read_clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return nanoseconds_of(now);
}

}  // namespace papilio
