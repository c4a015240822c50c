#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "sim/play/fleet/component.hpp"
#include "sim/play/fleet/component_result.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/spans.hpp"

namespace papilio {

/// What is to be played: some components of one strategy × replication, one after another.
struct FleetTask {
  const FleetModel& model;
  std::size_t strategy;
  int replication;
  std::span<const FleetComponent* const> components;  ///< >= 1
  /// Makes what hears of a component's spans, by its position in `components`; null: nobody. May be
  /// empty.
  std::function<std::unique_ptr<SpanSink>(std::size_t place)> watch{};
};

/// What it took to play a component.
struct PlayTimes {
  double set_up_s{0};  ///< to build it
  double wall_s{0};    ///< to play it
};

/// Those who want to hear of a task's progress.
struct FleetListener {
  /// A component has been played; its state is gone.
  std::function<void(ComponentResult result, const PlayTimes& took)> on_result;
  /// Called now and then with the requests of the present component that have ended, and its date.
  std::function<void(std::uint64_t requests, double date_s)> on_stride;
};

/// Plays a task in this process, which must not have played anything before.
/// @throws SimulationError as `simulate_fleet`
void play_fleet(const FleetTask& task, const FleetListener& listener);

}  // namespace papilio
