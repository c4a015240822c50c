#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/fleet/model.hpp"
#include "sim/plan/plan.hpp"

namespace papilio {

/// Which jobs of a fleet a server may compute as one batch: those for which it runs the same. That
/// is what the partition's `edge_runs` or `server_runs` says, and where these are empty the time
/// that the job takes. Neither the group that asks matters, nor how the payload was coded on its
/// way.
class JobKinds {
 public:
  explicit JobKinds(const FleetModel& model);

  /// @param group     position in the model's
  /// @param partition position in the group's
  /// @param tier      kEdge or kCloud
  [[nodiscard]] std::uint32_t of(std::uint32_t group, std::uint32_t partition, Tier tier) const {
    return kinds_[first_[group] + partition][tier == Tier::kEdge ? 0 : 1];
  }

 private:
  std::vector<std::uint32_t> first_;                 // [groups] of their partitions
  std::vector<std::array<std::uint32_t, 2>> kinds_;  // [partitions][edge, cloud]
};

}  // namespace papilio
