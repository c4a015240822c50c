#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/units/units.hpp"

namespace papilio {

/// How long after their dates things were done.
struct LatenessStats {
  std::uint64_t count{0};
  Seconds median{0};  ///< to a microsecond, upwards; 0 where nothing was done
  Seconds p99{0};     ///< likewise
  Seconds max{0};     ///< to a nanosecond
};

/// Counts of lateness by the microsecond: as much memory after an hour as after a second.
class Lateness {
 public:
  Lateness();

  /// @param late_ns >= 0
  void add(std::int64_t late_ns);
  [[nodiscard]] LatenessStats stats() const;

 private:
  std::vector<std::uint64_t> counts_;  // by whole microseconds; the last: that and more
  std::uint64_t count_{0};
  std::int64_t max_ns_{0};
};

}  // namespace papilio
