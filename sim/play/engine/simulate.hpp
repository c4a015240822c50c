#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/plan/estimate.hpp"

namespace papilio {

/// What the simulation measured of one request.
struct PlayedRequest {
  Seconds finish;  ///< simulated time from its beginning to the end of its last phase
  Breakdown breakdown;
};

/// How `simulate` goes about its work. None of it changes a result.
struct SimulateOptions {
  int jobs{1};  ///< worker processes at a time, >= 1
  /// Called after each finished batch with the number of worlds done.
  std::function<void(std::size_t done)> on_progress;
  /// Polled between batches: true stops the work.
  std::function<bool()> stop_requested;
};

/// Plays every world through SimGrid, each request stage by stage on tiers and links of its own,
/// and measures its phases on the simulated clock.
///
/// The worlds are independent: each gives the same bits in any company. They are played in batches,
/// one SimGrid engine a batch, each in a forked worker, so the results depend neither on `jobs` nor
/// on the order in which workers end; the calling process never starts SimGrid, which keeps its
/// clock for as long as a process lives.
///
/// @return one entry a world, in their order
/// @throws SimulationError if a simulation deadlocks, fails, loses a worker, or differs from
///         `closed_form` by more than 1e-9 of a latency or an energy, for here nothing contends
/// @throws Interrupted if `stop_requested` said so; no worker outlives it
std::vector<PlayedRequest> simulate(const std::vector<World>& worlds,
                                    const SimulateOptions& options = {});

/// @throws SimulationError if a request would take for ever
void check_finite(std::span<const World> worlds);
/// Here nothing contends, so the simulation must say what the closed form says (ADR 0003).
/// @param played `[worlds]`
/// @throws SimulationError if a latency or an energy differs by more than 1e-9 of it
void check_agreement(std::span<const World> worlds, std::span<const PlayedRequest> played);

/// "3.32", of the SimGrid that is linked.
std::string simgrid_version();

}  // namespace papilio
