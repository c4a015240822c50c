#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/descriptor.hpp"

namespace papilio {

/// A network namespace of our own: devices, addresses, routes and settings of TCP apart from the
/// machine's. It lives as long as this object, a process or a thread in it, or a device that is
/// held open. It has no name, so nothing of it is left when the process ends, however it ends.
class NetworkNamespace {
 public:
  /// Makes one, with its loopback up.
  /// @throws ConfigError if this process may not (CAP_SYS_ADMIN); says what to do
  static NetworkNamespace create();

  /// Moves the calling thread into it; sockets that it makes from then on are there. In a process
  /// of one thread, as after a fork: the process.
  /// @throws ConfigError if it may not
  void enter() const;

  /// Does work in a thread of its own that has entered. Hands on what it throws.
  void run(const std::function<void()>& work) const;

  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  explicit NetworkNamespace(Descriptor fd) : fd_{std::move(fd)} {}

  Descriptor fd_;
};

/// Writes a setting of the calling thread's namespace, where it is another.
/// @param name  below /proc/sys/net, "ipv4/tcp_slow_start_after_idle"
/// @param value one word
/// @throws ConfigError if it cannot be written
void set_network_setting(std::string_view name, std::string_view value);

/// @param cpus numbers of processors; empty: nothing is changed
/// @throws ConfigError if the calling thread may not run on them
void keep_to_processors(const std::vector<int>& cpus);

/// @param action  "open a socket", which was not done
/// @param problem the system's number of what was wrong
/// @throws ConfigError that says so, and what to do where it was forbidden
[[noreturn]] void refuse_action(std::string_view action, int problem);

}  // namespace papilio
