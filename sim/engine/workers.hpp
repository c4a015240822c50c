#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace papilio {

/// How `run_workers` goes about its work. None of it changes a result.
struct WorkerOptions {
  int jobs{1};                           ///< worker processes at a time, >= 1
  std::function<bool()> stop_requested;  ///< polled ten times a second: true stops the work
  std::function<void()> on_tick;         ///< called ten times a second
};

/// Runs each task in a forked process of its own, for SimGrid keeps its clock for as long as a
/// process lives (ADR 0002), and hands back what it returned.
/// @param tasks  their number
/// @param child  runs in the worker; returns the bytes to hand back
/// @param done   called in this process with a task's number and bytes, in the order of ending
/// @throws SimulationError with the text of an exception that `child` threw, or if a worker dies
/// @throws Interrupted if `stop_requested` said so; no worker outlives it
void run_workers(std::size_t tasks, const std::function<std::string(std::size_t)>& child,
                 const std::function<void(std::size_t, std::string)>& done,
                 const WorkerOptions& options);

}  // namespace papilio
