#include "sim/fleet/mobile_radio.hpp"

#include <algorithm>

namespace papilio {

void MobileRadio::charge(const RadioStates& states, double now, EnergyLedger& ledger) {
  const double from = charged_s_;
  if (now <= from) return;
  charged_s_ = now;
  if (active()) return;
  const double tail_s = states.tail_length().value();
  if (from < last_s_ + tail_s) {
    ledger.tail += (states.tail_energy(Seconds{now - last_s_}) -
                    states.tail_energy(Seconds{std::max(0.0, from - last_s_)}))
                       .value();
  }
  const double idle_s = now - std::max(from, last_s_ + tail_s);
  if (idle_s > 0) ledger.idle += states.idle_power().value() * idle_s;
}

double MobileRadio::promote(const RadioStates& states, double now, EnergyLedger& ledger) {
  charge(states, now, ledger);
  const double promotion_s = states.promotion.value();
  ledger.promotion += promotion_s * states.promotion_power.value();
  last_s_ = charged_s_ = now + promotion_s;
  return promotion_s;
}

double MobileRadio::connect(const RadioStates& states, double now, EnergyLedger& ledger) {
  charge(states, now, ledger);
  if (active()) return 0;
  if (now < last_s_) return last_s_ - now;
  if (now - last_s_ < states.tail_length().value()) return 0;
  return promote(states, now, ledger);
}

}  // namespace papilio
