#pragma once

#include <string>
#include <vector>

#include "sim/base/data/provenance.hpp"
#include "sim/base/units/units.hpp"
#include "sim/radio/machine.hpp"

namespace papilio {

/// A stretch of the time that a radio stays connected after its last transfer.
struct TailPhase {
  std::string name;  ///< e.g. "long-drx"
  Seconds duration;  ///< > 0
  Watts power;       ///< while it does not listen
  Watts on_power;    ///< while it listens; as `power` where it always does
  Seconds on;        ///< listening time at the start of each cycle
  Seconds cycle;     ///< 0: no cycle, the phase draws `power` throughout
};

/// What a radio does around its transfers: it is promoted from idle, stays connected for a tail of
/// phases, and then listens for pages now and then. Source: Huang et al., MobiSys 2012, whose model
/// this is; the shipped values' provenance is in `profiles/radios/`.
struct RadioStates final : RadioMachine {
  Provenance provenance;
  Seconds promotion;      ///< from idle to connected
  Watts promotion_power;  ///< during the promotion
  std::vector<TailPhase> tail;
  Watts idle_on_power;  ///< while an idle radio listens
  Seconds idle_on;      ///< listening time a cycle
  Seconds idle_cycle;   ///< 0: an idle radio draws nothing

  void describe(FieldVisitor& visitor) override;
  [[nodiscard]] const Provenance& source() const override { return provenance; }
  void add_constants(Described& about) const override;

  [[nodiscard]] Seconds promotion_length() const override { return promotion; }
  [[nodiscard]] Joules promotion_energy() const override { return promotion_power * promotion; }
  [[nodiscard]] bool connected(Seconds elapsed) const override { return elapsed < tail_length(); }
  /// At once, but in a cycle's silent part at the next listening time, with which every cycle,
  /// phase and the idle time begin.
  [[nodiscard]] Hearing hearing(Seconds elapsed) const override;
  [[nodiscard]] RadioDraw draw(Seconds last, Seconds from, Seconds to) const override;
  /// The tail's phases by their names, then "idle".
  void each_state(Seconds last, Seconds from, Seconds to, const TakeState& take) const override;

  /// Length of the tail, after which the radio is idle.
  [[nodiscard]] Seconds tail_length() const;
  /// Energy of the first `elapsed` of the tail; of the whole of it for longer times.
  [[nodiscard]] Joules tail_energy(Seconds elapsed) const;
  /// Mean power of an idle radio: its listening time by the cycle.
  [[nodiscard]] Watts idle_power() const;
};

}  // namespace papilio
