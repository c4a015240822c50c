#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/play/fleet/model.hpp"

namespace papilio {

/// Which jobs of a fleet a server may compute as one batch: those for which it runs the same. That
/// is what the plan's `runs` say, and where they say nothing the time that the job takes. Neither
/// the group that asks matters, nor how the payload was coded on its way.
class JobKinds {
 public:
  explicit JobKinds(const FleetModel& model);

  /// @param group     position in the model's
  /// @param partition position in the group's
  /// @param stage     position in the partition's: layers of a server
  [[nodiscard]] std::uint32_t of(std::uint32_t group, std::uint32_t partition,
                                 std::size_t stage) const {
    return kinds_[first_stage_[first_[group] + partition] + stage];
  }

 private:
  std::vector<std::uint32_t> first_;        // [groups] of their partitions
  std::vector<std::uint32_t> first_stage_;  // [partitions of all groups]
  std::vector<std::uint32_t> kinds_;        // [stages of all partitions]
};

}  // namespace papilio
