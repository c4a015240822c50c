#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/play/fleet/calendar.hpp"
#include "sim/play/fleet/mobile.hpp"
#include "sim/play/fleet/model.hpp"

namespace papilio {

/// A request that has arrived and not begun.
struct Waiting {
  double arrival_s{0};
  float service_factor{1};
  float upload_factor{1};
  std::uint32_t number{0};       ///< of its mobile, from 0
  std::uint32_t next{kNothing};  ///< in its mobile's queue, or in the free list
};

/// When the next request of a mobile comes, and the queue of those that wait for it.
class Arrivals {
 public:
  /// @param calendar   takes the events of kind kArrival; outlives the arrivals
  /// @param duration_s no request arrives at or after it
  Arrivals(Calendar& calendar, double duration_s) : calendar_{calendar}, duration_s_{duration_s} {}

  /// Puts the mobile's next arrival on the calendar, if there is to be one.
  /// @param id of the mobile, in its events
  void schedule_next(std::uint32_t id, Mobile& mobile, const Workload& workload, double now);
  /// The request whose arrival the calendar has played, with its random factors.
  Waiting take(Mobile& mobile, const GroupModel& group, double now);

  /// Lets a request wait behind the others of its mobile.
  void queue(Mobile& mobile, const Waiting& waiting);
  /// Takes the first of a mobile's queue out of it.
  std::optional<Waiting> next_of(Mobile& mobile);

  /// Arrivals on the calendar.
  [[nodiscard]] std::uint64_t pending() const { return pending_; }

 private:
  Calendar& calendar_;
  double duration_s_;
  std::uint64_t pending_{0};
  std::vector<Waiting> places_;  // of all mobiles' queues, linked
  std::uint32_t free_{kNothing};
};

}  // namespace papilio
