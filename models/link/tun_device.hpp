#pragma once

#include <cstdint>
#include <string>

#include "sim/base/descriptor.hpp"

namespace papilio {

/// A TUN device: what the kernel sends to it is read from the descriptor, a packet a read, and what
/// is written comes in from it. Its settings:
struct TunSettings {
  std::string address;      ///< "10.77.0.1", within a network of four addresses
  int mtu{1500};            ///< bytes
  int queue_packets{1000};  ///< that may wait to be read; what comes on top the kernel drops
  /// Of TCP connections over it, "cubic", fewer than 16 characters; empty: that of the machine.
  std::string congestion_control;
  int initial_window{0};  ///< segments that a TCP connection begins with; 0: those of the kernel
};

inline constexpr const char* kTunName = "link0";

/// Brings the loopback of the calling thread's namespace up.
void bring_up_loopback();

/// Makes the device `kTunName` in the calling thread's namespace, with its address, and up. Without
/// IPv6, whose own messages would take their time on the link, and with a plain queue, whatever the
/// machine's default is: fq, for one, paces each flow of TCP.
/// @return its descriptor, which does not block; the device goes when it is closed
/// @throws ConfigError if this process may not (CAP_NET_ADMIN), or the system has no TUN devices,
///         no plain queue or no such congestion control
Descriptor open_tun(const TunSettings& settings);

/// What the kernel itself dropped at the device `kTunName` of the calling thread's namespace:
/// packets that found its queue full, or that it would not take.
struct DeviceDrops {
  std::uint64_t sending{0};
  std::uint64_t receiving{0};
};
DeviceDrops device_drops();

}  // namespace papilio
