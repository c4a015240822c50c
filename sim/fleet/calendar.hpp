#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace papilio {

/// What happens at an event's date; `Event::target` says to whom.
enum class EventKind : std::uint8_t {
  kArrival,      ///< a request arrives at a mobile
  kStep,         ///< a request ends a phase of fixed length
  kTimeout,      ///< a request's attempt has taken too long
  kLink,         ///< a link's next completion or change of rate
  kServerDone,   ///< a GPU ends a batch
  kServerBatch,  ///< a batch has waited as long as it may
  kServerFault,  ///< a server crashes or comes back
  kBackground,   ///< a background job arrives at a server
  kPing,         ///< servers and cells publish their state
  kSample,       ///< the time series takes a row
};

/// One event. Events of one date happen in the order in which they were added.
struct Event {
  double date;
  std::uint64_t order;       ///< of adding, and in its lowest byte the kind
  std::uint32_t target;      ///< mobile, request, link or server
  std::uint32_t generation;  ///< of the target when the event was added

  [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(order & 0xFFU); }
};

/// The events to come, earliest first.
///
/// A ladder queue of one rung: a heap holds the near events, buckets those after, a plain list the
/// far ones. Most events of a large fleet are thinking times far ahead: they are appended to a
/// bucket and are sorted only when their time comes, so the cost of an event hardly depends on how
/// many mobiles think. Measured against a heap of all events in docs/performance.md.
class Calendar {
 public:
  /// @param date finite, not before the last event that was popped
  void push(double date, EventKind kind, std::uint32_t target, std::uint32_t generation);

  /// Date of the earliest event; infinity if there is none.
  [[nodiscard]] double next_date() {
    if (near_.empty()) refill();
    return near_.empty() ? std::numeric_limits<double>::infinity() : near_.front().date;
  }
  /// Removes the earliest event; there must be one.
  Event pop();

 private:
  void refill();
  void spread_far_events();
  [[nodiscard]] std::size_t bucket_of(double date) const;

  std::uint64_t added_{0};
  std::vector<Event> near_;  // a heap
  std::vector<std::vector<Event>> buckets_;
  std::size_t used_{0};  // buckets of the current rung
  std::size_t next_{0};  // the first bucket that has not been moved to near_
  double rung_begin_{0};
  double rung_end_{0};
  double buckets_per_second_{0};
  std::vector<Event> far_;  // dates >= rung_end_, unsorted
};

}  // namespace papilio
