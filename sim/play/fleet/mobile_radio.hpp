#pragma once

#include <cstdint>
#include <limits>

#include "sim/play/fleet/result.hpp"
#include "sim/radio/machine.hpp"

namespace papilio {

/// The radio of one mobile: its transfers, and what its machine does around them where the cell
/// has one. Each moment is charged once: a transfer by its own model, all other time by the
/// machine. Energies are evaluated when something happens, over the time since the last: machines
/// cost no events.
class MobileRadio {
 public:
  /// Whether a transfer is going on.
  [[nodiscard]] bool active() const { return transfers_ > 0; }
  /// End of the last transfer or promotion; ahead of now while a promotion goes on.
  [[nodiscard]] double last_s() const { return last_s_; }

  /// Charges the tail and the idle time up to `now`.
  void charge(const RadioMachine& machine, double now, EnergyLedger& ledger);
  /// Begins a promotion and charges it. @return its length in s
  double promote(const RadioMachine& machine, double now, EnergyLedger& ledger);
  /// Promotes an idle radio, or joins a promotion that goes on. What it draws is charged up to now.
  /// @return time until it is connected, in s; 0 where it is
  double connect(const RadioMachine& machine, double now, EnergyLedger& ledger);

  /// A transfer begins; the radio has been charged up to `now`.
  void begin_transfer(double now) {
    if (transfers_++ == 0) active_from_s_ = now;
  }
  /// A transfer ends.
  /// @param elapsed_s its length, to more digits than the dates have
  /// @return the time of the active radio that it is to be charged for, in s: of transfers side by
  ///         side, the last part of it once
  double end_transfer(double now, double begin_s, double elapsed_s) {
    const double active_s = active_from_s_ == begin_s ? elapsed_s : now - active_from_s_;
    active_from_s_ = last_s_ = charged_s_ = now;
    --transfers_;
    return active_s;
  }

 private:
  double last_s_{-std::numeric_limits<double>::infinity()};
  double charged_s_{0};
  double active_from_s_{0};
  std::uint32_t transfers_{0};
};

}  // namespace papilio
