#include "sim/fleet/calendar.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::size_t kEventsPerBucket = 8;
constexpr std::size_t kMostBuckets = 1U << 16U;

bool later(const Event& a, const Event& b) {
  return a.date > b.date || (a.date == b.date && a.order > b.order);
}

}  // namespace

void Calendar::push(double date, EventKind kind, std::uint32_t target, std::uint32_t generation) {
  const Event event{date, (added_++ << 8U) | static_cast<std::uint64_t>(kind), target, generation};
  if (date >= rung_end_) {
    far_.push_back(event);
    return;
  }
  // The bucket is a monotone function of the date, so rounding cannot swap two events.
  const std::size_t bucket = bucket_of(date);
  if (bucket >= next_) {
    buckets_[bucket].push_back(event);
    return;
  }
  near_.push_back(event);
  std::push_heap(near_.begin(), near_.end(), later);
}

Event Calendar::pop() {
  if (near_.empty()) refill();
  PAPILIO_CHECK(!near_.empty());
  std::pop_heap(near_.begin(), near_.end(), later);
  const Event event = near_.back();
  near_.pop_back();
  return event;
}

std::size_t Calendar::bucket_of(double date) const {
  if (date <= rung_begin_ || used_ == 0) return 0;
  return std::min(used_ - 1, static_cast<std::size_t>((date - rung_begin_) * buckets_per_second_));
}

void Calendar::refill() {
  while (near_.empty()) {
    if (next_ == used_) {
      if (far_.empty()) return;
      spread_far_events();
    }
    near_.swap(buckets_[next_++]);
    std::make_heap(near_.begin(), near_.end(), later);
  }
}

void Calendar::spread_far_events() {
  const auto [first, last] = std::minmax_element(
      far_.begin(), far_.end(), [](const Event& a, const Event& b) { return a.date < b.date; });
  rung_begin_ = first->date;
  // Events of the latest date belong to this rung; what is added at that date later comes after.
  rung_end_ = last->date;
  used_ = std::clamp<std::size_t>(far_.size() / kEventsPerBucket, 1, kMostBuckets);
  next_ = 0;
  const double span = rung_end_ - rung_begin_;
  if (span <= 0) used_ = 1;
  buckets_per_second_ = span > 0 ? static_cast<double>(used_) / span : 0;
  if (buckets_.size() < used_) buckets_.resize(used_);
  for (const Event& event : far_) buckets_[bucket_of(event.date)].push_back(event);
  far_.clear();
}

}  // namespace papilio
