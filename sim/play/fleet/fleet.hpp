#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sim/play/fleet/component.hpp"
#include "sim/play/fleet/component_result.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/resources.hpp"

namespace papilio {

class SpanSink;

/// One component of a fleet in one strategy × replication, played event by event. It has no clock
/// of its own: whoever drives it says how far it may go, and links may be played by others.
class Fleet {
 public:
  /// @param model     outlives the fleet, as does the component
  /// @param strategy  position in the model's
  /// @param replication in 0..replications-1
  /// @param make_link called once a link, in the order of their indices
  /// @param sink      hears of every end of a span, and outlives the fleet; null: nobody does
  Fleet(const FleetModel& model, const FleetComponent& component, std::size_t strategy,
        int replication, const LinkFactory& make_link, SpanSink* sink = nullptr);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Date of the next event; infinity if there is none, or the fleet is over.
  [[nodiscard]] double next_date();
  /// Whether every request has ended and none will come.
  [[nodiscard]] bool over() const;
  /// Plays the events up to `date`, it included.
  void play_until(double date);
  /// Plays the next events, `count` at most.
  void play_events(std::uint64_t count);
  /// Ends what an over fleet left in flight: answers of attempts that were given up.
  void stop();
  /// To be called by a link that is played outside, when flows on it have ended.
  void play_link(double now, std::uint32_t link);

  [[nodiscard]] std::uint64_t requests() const;
  [[nodiscard]] std::uint64_t events() const;
  [[nodiscard]] double now() const;

  /// Ends the run and takes what it left.
  ComponentResult finish();

 private:
  class Player;
  std::unique_ptr<Player> player_;
};

}  // namespace papilio
