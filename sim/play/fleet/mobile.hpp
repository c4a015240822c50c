#pragma once

#include <cstdint>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/mobile_radio.hpp"
#include "sim/play/fleet/request.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// One mobile. Each of 100,000 lies in memory that is far when it asks, so a mobile fills three
/// cache lines and has nothing elsewhere that each request touches.
struct Mobile {
  Stream arrivals;
  Stream work;
  std::uint32_t group;
  std::uint32_t uplink;
  std::uint32_t downlink;
  std::uint32_t server;
  std::uint32_t edge;
  std::uint32_t issued{0};
  // The request being served; where requests overlap, the one that its processor computes.
  std::uint32_t current{kNothing};
  std::uint32_t queue_head{kNothing};
  std::uint32_t queue_tail{kNothing};
  std::uint32_t queue_length{0};
  // Of its last transfers, which tell it the rates.
  double seen_uplink{0};
  double seen_downlink{0};
  double seen_s{-1};
  MobileRadio radio;
  double frame_s{0};      // date of its last periodic frame, before jitter
  EnergyLedger energy{};  // of the requests that have ended
  bool battery_empty{false};
  std::uint16_t away{0};    // where requests overlap: those that it has computed, and that go on
  std::uint32_t number{0};  // in the fleet, of which a component may be simulated by itself

  /// Whether a request that comes now must wait for earlier ones.
  /// @param overlap of its group
  [[nodiscard]] bool busy(std::uint32_t overlap) const {
    return current != kNothing || away > overlap;
  }

  /// Fetches the mobile from far memory, a few events before it is asked for.
  void fetch_ahead() const {
    __builtin_prefetch(&arrivals);
    __builtin_prefetch(&seen_s);
    __builtin_prefetch(&battery_empty);
  }
};
static_assert(sizeof(Mobile) <= 192, "three cache lines of 64 bytes");

}  // namespace papilio
