#include "sim/play/fleet/arrivals.hpp"

#include <limits>

namespace papilio {

void Arrivals::schedule_next(std::uint32_t id, Mobile& mobile, const Workload& workload,
                             double now) {
  // Without a battery nothing is asked in a closed loop; other requests come, and are dropped.
  if (mobile.battery_empty && workload.process == Workload::Process::kClosedLoop) return;
  if (workload.requests > 0 && mobile.issued >= workload.requests) return;
  double date = kNever;
  switch (workload.process) {
    case Workload::Process::kClosedLoop:
      date = now + (workload.think_exponential ? mobile.arrivals.exponential(workload.think_s)
                                               : workload.think_s);
      break;
    case Workload::Process::kPoisson:
      date = now + mobile.arrivals.exponential(1 / workload.rate_per_s);
      break;
    case Workload::Process::kPeriodic:
      mobile.frame_s += workload.period_s * (mobile.issued == 0 ? mobile.arrivals.uniform() : 1);
      date = mobile.frame_s;
      if (workload.jitter_s > 0) date += workload.jitter_s * mobile.arrivals.uniform();
      break;
    case Workload::Process::kTrace:
      if (mobile.issued < workload.dates_s.size()) date = workload.dates_s[mobile.issued];
      break;
  }
  if (date >= duration_s_ || date == kNever) return;
  ++pending_;
  calendar_.push(date, EventKind::kArrival, id, 0);
}

Waiting Arrivals::take(Mobile& mobile, const GroupModel& group, double now) {
  --pending_;
  Waiting waiting{.arrival_s = now, .number = mobile.issued++};
  // Drawn whether or not the request is served, so that the next one's numbers do not depend on it.
  waiting.service_factor = static_cast<float>(group.service_variation.draw(mobile.work));
  waiting.upload_factor = static_cast<float>(group.upload_variation.draw(mobile.work));
  return waiting;
}

void Arrivals::queue(Mobile& mobile, const Waiting& waiting) {
  std::uint32_t place = free_;
  if (place == kNothing) {
    place = static_cast<std::uint32_t>(places_.size());
    places_.push_back(waiting);
  } else {
    free_ = places_[place].next;
    places_[place] = waiting;
  }
  (mobile.queue_tail == kNothing ? mobile.queue_head : places_[mobile.queue_tail].next) = place;
  mobile.queue_tail = place;
  ++mobile.queue_length;
}

std::optional<Waiting> Arrivals::next_of(Mobile& mobile) {
  const std::uint32_t place = mobile.queue_head;
  if (place == kNothing) return std::nullopt;
  const Waiting waiting = places_[place];
  mobile.queue_head = waiting.next;
  if (mobile.queue_head == kNothing) mobile.queue_tail = kNothing;
  --mobile.queue_length;
  places_[place].next = free_;
  free_ = place;
  return waiting;
}

}  // namespace papilio
