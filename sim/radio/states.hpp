#pragma once

#include <string>
#include <vector>

#include "sim/data/provenance.hpp"
#include "sim/units/units.hpp"

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

/// How data for a mobile reach its radio.
struct Hearing {
  Seconds wait;      ///< for its next listening time
  bool idle{false};  ///< it listens as an idle radio then: the data are announced by a page, and
                     ///< come after a promotion
};

/// What a radio does around its transfers: it is promoted from idle, stays connected for a tail of
/// phases, and then listens for pages now and then. Source: Huang et al., MobiSys 2012, whose model
/// this is; the shipped values' provenance is in `profiles/radios/`.
struct RadioStates {
  Provenance provenance;
  Seconds promotion;      ///< from idle to connected
  Watts promotion_power;  ///< during the promotion
  std::vector<TailPhase> tail;
  Watts idle_on_power;  ///< while an idle radio listens
  Seconds idle_on;      ///< listening time a cycle
  Seconds idle_cycle;   ///< 0: an idle radio draws nothing

  /// Length of the tail, after which the radio is idle.
  [[nodiscard]] Seconds tail_length() const;
  /// Energy of the first `elapsed` of the tail; of the whole of it for longer times.
  [[nodiscard]] Joules tail_energy(Seconds elapsed) const;
  /// When data for the mobile are heard that come `elapsed` after its last transfer: at once, but
  /// in a cycle's silent part at the next listening time, with which every cycle, phase and the
  /// idle time begin. The mobile itself may send at any time.
  [[nodiscard]] Hearing hearing(Seconds elapsed) const;
  /// Mean power of an idle radio: its listening time by the cycle.
  [[nodiscard]] Watts idle_power() const;
};

/// Describes the keys of `states` in a radio file.
void describe_radio_states(FieldVisitor& visitor, RadioStates& states);

/// Adds the constants to those that a radio lists, each with the provenance of all.
void add_constants(const RadioStates& states, Described& about);

}  // namespace papilio
