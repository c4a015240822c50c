#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "sim/fleet/calendar.hpp"
#include "sim/fleet/link.hpp"
#include "sim/fleet/model.hpp"
#include "sim/fleet/policy.hpp"
#include "sim/fleet/result.hpp"
#include "sim/fleet/server.hpp"

namespace papilio {

/// What a link of a fleet is, for those who build it.
struct LinkPlace {
  enum class Kind { kUplink, kDownlink, kBackhaulUp, kBackhaulDown };
  Kind kind;
  std::uint32_t index;  ///< of the link, in the fleet
  std::uint32_t owner;  ///< position of the cell or server in the model
  std::uint32_t copy;   ///< of the owner, in 0..count-1
  const RateTimeline& rate;
};
using LinkFactory = std::function<std::unique_ptr<Link>(const LinkPlace& place)>;

/// Names of the kinds of resource that samples and means speak of, in their order.
std::vector<std::string> resource_names(const FleetModel& model);

/// One strategy × replication of a fleet, played event by event. It has no clock of its own:
/// whoever drives it says how far it may go, and links may be played by others.
///
/// Life of a request: arrival, the mobile's queue, the choice of a partition, the mobile's layers,
/// promotion, upload, delay, edge, backhaul, cloud, delay, download (docs/models/fleet.md).
class Fleet {
 public:
  /// @param model     outlives the fleet
  /// @param strategy  position in the model's
  /// @param replication in 0..replications-1
  /// @param make_link called once a link, in the order of their indices
  Fleet(const FleetModel& model, std::size_t strategy, int replication,
        const LinkFactory& make_link);
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

  /// Ends the run and takes what it left; `counts` but for the wall time and memory.
  FleetResult finish();

 private:
  class Player;
  std::unique_ptr<Player> player_;
};

}  // namespace papilio
