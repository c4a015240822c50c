#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/play/engine/trace_spool.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/recorder.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// How far a fleet's simulation has come, over all its runs.
struct FleetProgress {
  double share{0};            ///< of the work, in 0..1, by simulated time
  std::uint64_t requests{0};  ///< ended
  double simulated_s{0};      ///< the latest date that has been reached
};

/// A timeline of the first replication of some strategies.
struct FleetTrace {
  TraceSample sample;                   ///< its `most_events`: of all together
  std::optional<std::size_t> strategy;  ///< the one; else all
  const TraceSpool* spool{nullptr};     ///< takes the text: pieces by run and component

  /// Whether a run is drawn.
  [[nodiscard]] bool draws(std::size_t of_strategy, int replication) const {
    return replication == 0 && (!strategy || *strategy == of_strategy);
  }
};

/// How `simulate_fleet` goes about its work. None of it changes a result.
struct SimulateFleetOptions {
  int jobs{1};                                            ///< worker processes at a time, >= 1
  std::function<void(const FleetProgress&)> on_progress;  ///< called about ten times a second
  std::function<bool()> stop_requested;                   ///< polled likewise: true stops the work
  const FleetTrace* trace{nullptr};                       ///< null: none
};

/// Plays every strategy × replication of a fleet in forked workers with a SimGrid engine each;
/// where there are more `jobs` than runs, workers share a run's components (`components_of`). The
/// results depend neither on `jobs` nor on the order in which workers end.
///
/// SimGrid is the clock. Where every link is a queue in virtual time nothing but the fleet's own
/// events can happen in SimGrid, so its clock follows the fleet's calendar in strides (ADR 0010);
/// with `simgrid_links`, and in Wi-Fi cells, SimGrid's solver plays the transfers and its clock
/// stops at each event.
///
/// @return one entry a run, strategies first: `[strategies × replications]`
/// @throws SimulationError if a simulation deadlocks, fails or loses a worker
/// @throws Interrupted if `stop_requested` said so; no worker outlives it
std::vector<FleetResult> simulate_fleet(const FleetModel& model,
                                        const SimulateFleetOptions& options = {});

}  // namespace papilio
