#include "sim/play/fleet/mobile_radio.hpp"

namespace papilio {

void MobileRadio::charge(const RadioMachine& machine, double now, EnergyLedger& ledger) {
  const double from = charged_s_;
  if (now <= from) return;
  charged_s_ = now;
  if (active()) return;
  const RadioDraw drawn = machine.draw(Seconds{last_s_}, Seconds{from}, Seconds{now});
  ledger[EnergyPart::kTail] += drawn.tail.value();
  ledger[EnergyPart::kIdle] += drawn.idle.value();
}

double MobileRadio::promote(const RadioMachine& machine, double now, EnergyLedger& ledger) {
  charge(machine, now, ledger);
  const double promotion_s = machine.promotion_length().value();
  ledger[EnergyPart::kPromotion] += machine.promotion_energy().value();
  last_s_ = charged_s_ = now + promotion_s;
  return promotion_s;
}

double MobileRadio::connect(const RadioMachine& machine, double now, EnergyLedger& ledger) {
  charge(machine, now, ledger);
  if (active()) return 0;
  if (now < last_s_) return last_s_ - now;
  if (machine.connected(Seconds{now - last_s_})) return 0;
  return promote(machine, now, ledger);
}

}  // namespace papilio
