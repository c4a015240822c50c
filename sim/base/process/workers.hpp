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

  /// What a task hands back before it ends.
  struct Part {
    std::size_t task{0};
    std::string bytes;
  };
  /// Hands a part back, from within the worker.
  using Send = std::function<void(const std::string& bytes)>;
  /// A task: runs in the worker, may hand back parts, and returns the rest.
  using Child = std::function<std::string(const Send& send)>;

  /// What has come since the last time: parts before the end of their task.
  struct News {
    std::vector<Part> parts;
    std::vector<Ended> ended;
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
  /// @throws WorkerLost if the system has no process or pipe left
  void start(std::size_t task, const Child& child);

  /// Waits until something has come, but no longer than a tenth of a second.
  News wait();

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

/// Runs each task in a forked process of its own and hands back what it sent and returned.
/// @param tasks  their number
/// @param child  runs in the worker; returns the bytes to hand back, or the last part of them
/// @param done   called in this process with a task's number and bytes, once a part, in the order
///               of coming
/// @throws SimulationError with the text of an exception that `child` threw
/// @throws WorkerLost      if a worker dies
/// @throws Interrupted if `stop_requested` said so; no worker outlives it
void run_workers(std::size_t tasks,
                 const std::function<std::string(std::size_t, const Workers::Send&)>& child,
                 const std::function<void(std::size_t, std::string)>& done,
                 const WorkerOptions& options);

}  // namespace papilio
