#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "models/link/shaped_link.hpp"

namespace papilio {

/// A forked process on one side of a link: a half of a split network, say. It is killed when this
/// object goes, and when the thread that made it does, unless it has changed its user by then: the
/// kernel forgets the second with that. Of what it inherited it closes its own link's descriptors
/// only, and would keep another link's devices alive: a process that starts these has one link.
class LinkProcess {
 public:
  /// @param cpus processors that it may use; empty: those of this process
  /// @param work what it does; returns its exit code, or does not return (exec). Of an exception it
  ///             prints the text on stderr, and ends with the `ExitCode` of its kind, that of
  ///             SimulationError where it is none of Papilio's. What is no std::exception aborts
  ///             it.
  /// @throws SimulationError if the system has no process left
  LinkProcess(const ShapedLink& link, LinkEnd end, const std::vector<int>& cpus,
              const std::function<int()>& work);
  ~LinkProcess();
  LinkProcess(LinkProcess&& other) noexcept;
  LinkProcess& operator=(LinkProcess&& other) noexcept;
  LinkProcess(const LinkProcess&) = delete;
  LinkProcess& operator=(const LinkProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Sends a signal, SIGTERM to end gracefully. Before wait().
  void signal(int number) const;
  /// Waits for its end, once.
  /// @return its exit code; 128 + the signal that ended it, as a shell has it
  /// @throws SimulationError if the system does not tell: where this process ignores SIGCHLD, or
  ///         something else in it has waited for all children
  int wait();

 private:
  pid_t pid_{-1};
};

}  // namespace papilio
