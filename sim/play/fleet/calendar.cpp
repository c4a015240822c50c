#include "sim/play/fleet/calendar.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

// Measured with tests/bench/fleet.sh: a coarse bucket that fits the nearest cache, and fine ones
// that hold an event or two once those that the bucket's own events beget have joined them.
constexpr std::size_t kEventsPerCoarseBucket = 256;
constexpr std::size_t kFineBucketsPerEvent = 4;
// Fine buckets between the one that is played and the one whose mobiles are fetched: long enough
// for far memory, short enough for them to be still there.
constexpr std::size_t kFetchAhead = 8;
constexpr std::size_t kMostBuckets = 1U << 16U;

/// Orders a heap; a type and not a function, so that it is inlined into the heap's loops.
struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.date > b.date || (a.date == b.date && a.order > b.order);
  }
};

}  // namespace

void Calendar::Rung::cover(double begin, double end, std::size_t buckets) {
  begin_ = begin;
  end_ = end;
  next_ = 0;
  const double span = end - begin;
  used_ = span > 0 ? std::clamp<std::size_t>(buckets, 1, kMostBuckets) : 1;
  buckets_per_second_ = span > 0 ? static_cast<double>(used_) / span : 0;
  if (buckets_.size() < used_) buckets_.resize(used_);
}

std::size_t Calendar::Rung::bucket_of(double date) const {
  if (date <= begin_) return 0;
  return std::min(used_ - 1, static_cast<std::size_t>((date - begin_) * buckets_per_second_));
}

void Calendar::push(double date, EventKind kind, std::uint32_t target, std::uint32_t generation) {
  const Event event{date, (added_++ << 8U) | static_cast<std::uint64_t>(kind), target, generation};
  if (date >= coarse_.end()) {
    far_.push_back(event);
  } else if (!coarse_.add(event) && !fine_.add(event)) {
    near_.push_back(event);
    std::push_heap(near_.begin(), near_.end(), Later{});
  }
}

Event Calendar::pop() {
  if (near_.empty()) refill();
  PAPILIO_CHECK(!near_.empty());
  std::pop_heap(near_.begin(), near_.end(), Later{});
  const Event event = near_.back();
  near_.pop_back();
  return event;
}

void Calendar::refill() {
  while (near_.empty()) {
    if (fine_.left()) {
      if (on_nearing_) on_nearing_(fine_.ahead(kFetchAhead));
      near_.swap(fine_.take());
      std::make_heap(near_.begin(), near_.end(), Later{});
    } else if (coarse_.left()) {
      spread_coarse_bucket();
    } else if (!far_.empty()) {
      spread_far_events();
    } else {
      return;
    }
  }
}

void Calendar::spread_coarse_bucket() {
  const auto [begin, end] = coarse_.next_span();
  std::vector<Event>& events = coarse_.take();
  fine_.cover(begin, end, kFineBucketsPerEvent * std::max<std::size_t>(events.size(), 1));
  for (const Event& event : events) fine_.add(event);
  events.clear();
}

void Calendar::spread_far_events() {
  const auto [first, last] = std::minmax_element(
      far_.begin(), far_.end(), [](const Event& a, const Event& b) { return a.date < b.date; });
  // Events of the latest date belong to this rung; what is added at that date later comes after.
  coarse_.cover(first->date, last->date, far_.size() / kEventsPerCoarseBucket);
  for (const Event& event : far_) coarse_.add(event);
  far_.clear();
}

}  // namespace papilio
