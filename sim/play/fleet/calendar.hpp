#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
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
/// A ladder queue of two rungs: a heap holds the events of now, fine buckets those of the next
/// moments, coarse buckets those after, a plain list the far ones. Most events of a large fleet are
/// thinking times far ahead: each is appended to a list of its like and is sorted only when its
/// time comes, among a handful, so the cost of an event hardly depends on how many mobiles think.
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

  /// Called with events whose time comes soon, in no order and at times not at all, so that what
  /// they will touch can be fetched ahead.
  void on_nearing(std::function<void(const std::vector<Event>&)> handler) {
    on_nearing_ = std::move(handler);
  }

 private:
  /// Buckets of equal width over a stretch of time, emptied one after another. The bucket is a
  /// monotone function of the date, so rounding cannot swap two events.
  class Rung {
   public:
    void cover(double begin, double end, std::size_t buckets);
    /// @return false if the event's bucket has been taken already
    bool add(const Event& event) {
      if (!left()) return false;
      const std::size_t bucket = bucket_of(event.date);
      if (bucket < next_) return false;
      buckets_[bucket].push_back(event);
      return true;
    }
    [[nodiscard]] bool left() const { return next_ < used_; }
    /// The next bucket, for the taker to empty.
    std::vector<Event>& take() { return buckets_[next_++]; }
    /// The bucket `count` after the next; the last one where there are not so many.
    [[nodiscard]] const std::vector<Event>& ahead(std::size_t count) const {
      return buckets_[std::min(next_ + count, used_ - 1)];
    }
    /// Begin and end of the next bucket.
    [[nodiscard]] std::pair<double, double> next_span() const {
      const double width = (end_ - begin_) / static_cast<double>(used_);
      const double begin = begin_ + static_cast<double>(next_) * width;
      return {begin, begin + width};
    }
    [[nodiscard]] double end() const { return end_; }

   private:
    [[nodiscard]] std::size_t bucket_of(double date) const;

    std::vector<std::vector<Event>> buckets_;
    std::size_t used_{0};
    std::size_t next_{0};
    double begin_{0};
    double end_{0};
    double buckets_per_second_{0};
  };

  void refill();
  void spread_coarse_bucket();
  void spread_far_events();

  std::uint64_t added_{0};
  std::vector<Event> near_;  // a heap
  Rung fine_;                // over the last coarse bucket that was taken
  Rung coarse_;
  std::vector<Event> far_;  // dates from the end of coarse_ on, unsorted
  std::function<void(const std::vector<Event>&)> on_nearing_;
};

}  // namespace papilio
