#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/base/data/provenance.hpp"
#include "sim/base/units/units.hpp"

namespace papilio {

/// How data for a mobile reach its radio.
struct Hearing {
  Seconds wait;      ///< for its next listening time
  bool idle{false};  ///< it listens as an idle radio then: the data are announced by a page, and
                     ///< come after a promotion
};

/// Energy that a radio draws by itself.
struct RadioDraw {
  Joules tail;  ///< while it is still connected after a transfer
  Joules idle;  ///< afterwards
};

/// What a kind of radio does around its transfers: how long it stays connected, how it is woken,
/// when it listens, and what it draws meanwhile. A machine has constants and no state of its own;
/// the times that a mobile's radio was last used at are the mobile's.
class RadioMachine {
 public:
  RadioMachine() = default;
  virtual ~RadioMachine() = default;

  /// Names the machine's keys in a radio's file.
  virtual void describe(FieldVisitor& visitor) = 0;
  /// Where the constants come from.
  [[nodiscard]] virtual const Provenance& source() const = 0;
  /// Adds the constants to those that a radio lists, each with the provenance of all.
  virtual void add_constants(Described& about) const = 0;

  /// Time that an idle radio needs before it can send or receive.
  [[nodiscard]] virtual Seconds promotion_length() const = 0;
  /// What that takes.
  [[nodiscard]] virtual Joules promotion_energy() const = 0;
  /// Whether it can send at once when its last transfer ended `elapsed` ago.
  [[nodiscard]] virtual bool connected(Seconds elapsed) const = 0;
  /// When data for the mobile are heard that come `elapsed` after its last transfer. The mobile
  /// itself may send at any time.
  [[nodiscard]] virtual Hearing hearing(Seconds elapsed) const = 0;
  /// What it draws by itself from one date to a later one, between transfers.
  /// @param last end of the last transfer or promotion; minus infinity: none yet
  [[nodiscard]] virtual RadioDraw draw(Seconds last, Seconds from, Seconds to) const = 0;
  /// Names what it is in from one date to a later one, between transfers, in order and without a
  /// gap; parameters as of `draw`.
  using TakeState = std::function<void(std::string_view name, Seconds from, Seconds to)>;
  virtual void each_state(Seconds last, Seconds from, Seconds to, const TakeState& take) const = 0;

 protected:
  RadioMachine(const RadioMachine&) = default;
  RadioMachine& operator=(const RadioMachine&) = default;
};

/// A radio machine in the table: the key under which a radio's file describes it.
struct RadioMachineEntry {
  std::string_view key;
  std::string_view doc;
  std::shared_ptr<RadioMachine> (*make)();
};

/// All radio machines. A radio's file has the key of one at most.
const std::vector<RadioMachineEntry>& radio_machines();

}  // namespace papilio
