#include "sim/play/fleet/result.hpp"

namespace papilio {

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
