#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/fleet/model.hpp"

namespace papilio {

/// Where servers stand on a request's way.
enum class Tier : std::uint8_t { kEdge, kCloud };

/// Which jobs of a fleet a server may compute as one batch: those for which it runs the same. That
/// is what the partition's `edge_runs` or `server_runs` says, and where these are empty the time
/// that the job takes. Neither the group that asks matters, nor how the payload was coded on its
/// way.
class JobKinds {
 public:
  explicit JobKinds(const FleetModel& model);

  /// @param group     position in the model's
  /// @param partition position in the group's
  [[nodiscard]] std::uint32_t of(std::uint32_t group, std::uint32_t partition, Tier tier) const {
    return kinds_[first_[group] + partition][static_cast<std::size_t>(tier)];
  }

 private:
  std::vector<std::uint32_t> first_;                 // [groups] of their partitions
  std::vector<std::array<std::uint32_t, 2>> kinds_;  // [partitions][tiers]
};

}  // namespace papilio
