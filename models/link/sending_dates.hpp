#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/base/descriptor.hpp"

namespace papilio {

/// When the kernel sent packets to the TUN device of a namespace. Who reads the device learns of a
/// packet when it has woken up, tens of microseconds later; a second socket, which the kernel hands
/// a copy of each packet's beginning with the date of its sending, tells when that was.
class SendingDates {
 public:
  /// Of the device `kTunName` of the calling thread's namespace, whose loopback is up. Waits until
  /// the kernel dates packets, some seconds at most.
  /// @throws ConfigError if this process may not (CAP_NET_RAW), or the kernel has no such sockets
  SendingDates();

  /// @param packet  what was read from the device, in the order of reading
  /// @param read_ns when, on CLOCK_MONOTONIC
  /// @return the date of its sending on that clock, not after `read_ns`; that itself where the
  ///         kernel's date is missing
  std::int64_t date_of(const char* packet, std::size_t bytes, std::int64_t read_ns);

  /// Packets for which the date was missing, or came out after the reading.
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  Descriptor socket_;
  std::uint64_t missing_{0};
};

}  // namespace papilio
