#include "models/link/network_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <fstream>
#include <thread>
#include <utility>

#include "models/link/tun_device.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Does work in a thread of its own, whose namespaces may be changed and nobody else's with them.
void in_thread(const std::function<void()>& work) {
  std::exception_ptr thrown;
  std::thread thread{[&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }};
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

NetworkNamespace NetworkNamespace::create() {
  Descriptor made{-1};
  in_thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) refuse_action("make a network namespace", errno);
    made = Descriptor{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (made.get() < 0) refuse_action("open a network namespace below /proc", errno);
    bring_up_loopback();
  });
  return NetworkNamespace{std::move(made)};
}

void NetworkNamespace::enter() const {
  if (::setns(fd_.get(), CLONE_NEWNET) != 0) refuse_action("enter a network namespace", errno);
}

void NetworkNamespace::run(const std::function<void()>& work) const {
  in_thread([&] {
    enter();
    work();
  });
}

void set_network_setting(std::string_view name, std::string_view value) {
  const std::string path = fmt::format("/proc/sys/net/{}", name);
  // What may not be written may be right all the same.
  std::ifstream setting{path};
  std::string present;
  setting >> present;
  if (present == value) return;
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (file.get() < 0 || ::write(file.get(), value.data(), value.size()) < 0) {
    refuse_action(fmt::format("set {} to '{}' in a network namespace", path, value), errno);
  }
}

void refuse_action(std::string_view action, int problem) {
  constexpr const char* kRemedy =
      "; run as root, or with CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW (of a container: "
      "--privileged)";
  // A container without privileges has its /proc/sys to read only.
  const bool forbidden = problem == EPERM || problem == EACCES || problem == EROFS;
  throw ConfigError{fmt::format("papilio: error: cannot {}: {}{}", action, std::strerror(problem),
                                forbidden ? kRemedy : "")};
}

void keep_to_processors(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t wanted;
  cpu_set_t had;
  CPU_ZERO(&wanted);
  CPU_ZERO(&had);
  bool known = true;
  for (const int cpu : cpus) {
    known = known && cpu >= 0 && cpu < CPU_SETSIZE;
    if (known) CPU_SET(static_cast<std::size_t>(cpu), &wanted);
  }
  // The kernel takes what it can of a set, and says nothing of the others.
  if (known && ::sched_setaffinity(0, sizeof wanted, &wanted) == 0 &&
      ::sched_getaffinity(0, sizeof had, &had) == 0 && CPU_EQUAL(&wanted, &had) != 0) {
    return;
  }
  throw ConfigError{
      fmt::format("papilio: error: cannot run on the processors {}: this machine has 0 to {}, of "
                  "which this program may use some; see 'taskset -p $$'",
                  fmt::join(cpus, ", "), ::sysconf(_SC_NPROCESSORS_CONF) - 1)};
}

}  // namespace papilio
