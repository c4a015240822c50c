#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {

/// A worker died, or could not be started: nothing that was simulated says so, and another try may
/// end well.
class WorkerLost : public SimulationError {
 public:
  using SimulationError::SimulationError;
};

/// A set of forked processes that do a task each and hand back bytes, for SimGrid keeps its clock
/// for as long as a process lives (ADR 0002). They end with this object, and with this process
/// however it ends.
class Workers {
 public:
  /// How a task ended.
  struct Ended {
    enum class How {
      kDone,
      kThrew,  ///< the task threw; `bytes` is the text
      kLost,   ///< its process died or lacked memory, or a worker of its own did; `bytes` says how
    };
    std::size_t task{0};
    How how{How::kDone};
    std::string bytes;
  };

  /// @param jobs processes at a time, >= 1
  explicit Workers(int jobs);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Whether as many are at work as there may be.
  [[nodiscard]] bool full() const;
  [[nodiscard]] bool idle() const { return workers_.empty(); }

  /// Starts a task in a process of its own.
  /// @param task  its number, for `Ended`
  /// @param child runs there; returns the bytes to hand back
  /// @throws WorkerLost if the system has no process or pipe left
  void start(std::size_t task, const std::function<std::string()>& child);

  /// Waits until some have ended, but no longer than a tenth of a second.
  std::vector<Ended> wait();

 private:
  class Worker;
  int jobs_;
  std::vector<Worker> workers_;
};

/// How `run_workers` goes about its work. None of it changes a result.
struct WorkerOptions {
  int jobs{1};                           ///< worker processes at a time, >= 1
  std::function<bool()> stop_requested;  ///< polled ten times a second: true stops the work
  std::function<void()> on_tick;         ///< called ten times a second
};

/// Runs each task in a forked process of its own and hands back what it returned.
/// @param tasks  their number
/// @param child  runs in the worker; returns the bytes to hand back
/// @param done   called in this process with a task's number and bytes, in the order of ending
/// @throws SimulationError with the text of an exception that `child` threw
/// @throws WorkerLost      if a worker dies
/// @throws Interrupted if `stop_requested` said so; no worker outlives it
void run_workers(std::size_t tasks, const std::function<std::string(std::size_t)>& child,
                 const std::function<void(std::size_t, std::string)>& done,
                 const WorkerOptions& options);

}  // namespace papilio
