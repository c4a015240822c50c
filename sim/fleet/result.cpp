#include "sim/fleet/result.hpp"

namespace papilio {

EnergyLedger& EnergyLedger::operator+=(const EnergyLedger& other) {
  compute += other.compute;
  promotion += other.promotion;
  transmit += other.transmit;
  receive += other.receive;
  tail += other.tail;
  idle += other.idle;
  return *this;
}

PhaseTimes& PhaseTimes::operator+=(const PhaseTimes& other) {
  queue += other.queue;
  mobile += other.mobile;
  promotion += other.promotion;
  uplink += other.uplink;
  delay += other.delay;
  wait += other.wait;
  service += other.service;
  backhaul += other.backhaul;
  downlink += other.downlink;
  recovery += other.recovery;
  return *this;
}

RequestSums& RequestSums::operator+=(const RequestSums& other) {
  arrived += other.arrived;
  completed += other.completed;
  dropped += other.dropped;
  failed += other.failed;
  late += other.late;
  retries += other.retries;
  fell_back += other.fell_back;
  phases += other.phases;
  energy += other.energy;
  server_s += other.server_s;
  saved_s += other.saved_s;
  mobile_share += other.mobile_share;
  return *this;
}

}  // namespace papilio
