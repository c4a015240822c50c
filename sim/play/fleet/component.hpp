#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/play/fleet/model.hpp"

namespace papilio {

/// A part of a fleet that shares nothing with the rest: mobiles, and the copies of cells and
/// servers that serve them. It can be simulated by itself, and its state dropped afterwards.
struct FleetComponent {
  std::vector<std::uint32_t> mobiles;               ///< their numbers in the fleet, increasing
  std::vector<std::vector<std::uint32_t>> cells;    ///< `[cells]` of each the copies, increasing
  std::vector<std::vector<std::uint32_t>> servers;  ///< `[servers]` likewise

  /// How many of its mobiles have numbers from `begin` to before `end`: those of a group, say.
  [[nodiscard]] std::size_t mobiles_in(std::uint32_t begin, std::uint32_t end) const;
};

/// Which copies serve a mobile.
struct Attachment {
  std::uint32_t cell{0};    ///< of its group's cell
  std::uint32_t server{0};  ///< of its group's server
  std::uint32_t edge{0};    ///< of its group's edge, if it has one
};

/// Attaches mobiles: equal cells and servers take them in turn, whatever groups these are of.
class Attachments {
 public:
  explicit Attachments(const FleetModel& model);
  /// @param group position in the model's
  /// @param index of the mobile in its group
  [[nodiscard]] Attachment of(std::size_t group, std::uint32_t index) const;

 private:
  /// Mobiles of earlier groups that the cell, server and edge of a group have taken before.
  struct Before {
    std::uint64_t cell{0};
    std::uint64_t server{0};
    std::uint64_t edge{0};
  };
  const FleetModel& model_;
  std::vector<Before> before_;  // [groups]
};

/// The whole fleet as one component.
FleetComponent whole_fleet(const FleetModel& model);

/// As many mobiles as still fit a processor's cache, and are worth the trouble to set them up
/// alone.
inline constexpr std::size_t kComponentMobiles = 1000;

/// A fleet's components, by their first mobiles. Small ones are joined.
/// So are those of a fleet with a long time series, of which each component has the whole length. A
/// fleet is one component where links are SimGrid's, whose clock is one for all, and where
/// servers have background jobs, which go on until the last mobile of the fleet has its answer.
/// @param fewest mobiles of each but that of a fleet of fewer
std::vector<FleetComponent> components_of(const FleetModel& model,
                                          std::size_t fewest = kComponentMobiles);

}  // namespace papilio
