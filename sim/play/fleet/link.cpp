#include "sim/play/fleet/link.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Orders a heap; a type and not a function, so that it is inlined into the heap's loops.
struct EndsLater {
  template <class Entry>
  bool operator()(const Entry& a, const Entry& b) const {
    return a.finish > b.finish || (a.finish == b.finish && a.order > b.order);
  }
};

}  // namespace

void Link::start(double now, Flow flow, double bytes, double cap_byte_per_s) {
  PAPILIO_CHECK(bytes > 0 && cap_byte_per_s > 0);
  integrate(now);
  do_start(now, flow, bytes, cap_byte_per_s);
}

double Link::abort(double now, Flow flow) {
  integrate(now);
  const double sent = do_abort(now, flow);
  carried(sent);
  return sent;
}

void Link::integrate(double now) {
  const double elapsed = now - last_s_;
  if (elapsed <= 0) return;
  last_s_ = now;
  const std::uint32_t count = flows();
  if (count == 0) return;
  use_.busy_s += elapsed;
  use_.flow_seconds += elapsed * count;
}

void SharedLink::run_clocks(double now, double elapsed_s) {
  const double elapsed = now - last_s_;
  last_s_ = now;
  busy_s_ = flows_ == 0 ? 0 : busy_s_ + elapsed_s;
  if (flows_ == 0) {
    // A busy period begins at 0, so that the clocks keep their digits however long the run is.
    for (Class& one : classes_) one.clock = 0;
  } else if (elapsed > 0) {
    for (Class& one : classes_) one.clock += one.speed * elapsed;
  }
  if (now >= change_s_) {
    rate_now_ = rate_.rate_byte_per_s(now);
    change_s_ = rate_.next_change(now);
  }
}

/// Water filling: classes below their fair share get their cap, the others share what is left.
void SharedLink::share() {
  double left = rate_now_;
  auto sharers = static_cast<double>(flows_);
  for (Class& one : classes_) {
    if (one.heap.empty()) continue;
    const auto count = static_cast<double>(one.heap.size());
    one.speed = std::min(one.cap_byte_per_s, left / sharers);
    left -= one.speed * count;
    sharers -= count;
  }
}

double SharedLink::left_s(const Class& one) {
  if (one.heap.empty() || one.speed <= 0) return RateTimeline::kNever;
  return std::max(0.0, one.heap.front().finish - one.clock) / one.speed;
}

double SharedLink::next_date() const {
  if (flows_ == 0) return RateTimeline::kNever;
  double date = change_s_;
  for (const Class& one : classes_) date = std::min(date, last_s_ + left_s(one));
  return date;
}

void SharedLink::do_start(double now, Flow flow, double bytes, double cap_byte_per_s) {
  run_clocks(now);
  auto place =
      std::lower_bound(classes_.begin(), classes_.end(), cap_byte_per_s,
                       [](const Class& one, double cap) { return one.cap_byte_per_s < cap; });
  if (place == classes_.end() || place->cap_byte_per_s != cap_byte_per_s) {
    place = classes_.emplace(place);
    place->cap_byte_per_s = cap_byte_per_s;
  }
  flow.elapsed_s = busy_s_;
  place->heap.push_back({place->clock + bytes, bytes, started_++, flow});
  std::push_heap(place->heap.begin(), place->heap.end(), EndsLater{});
  ++flows_;
  share();
}

double SharedLink::do_abort(double now, Flow flow) {
  run_clocks(now);
  for (Class& one : classes_) {
    const auto entry = std::find_if(one.heap.begin(), one.heap.end(), [&](const Entry& candidate) {
      return candidate.flow.request == flow.request && candidate.flow.generation == flow.generation;
    });
    if (entry == one.heap.end()) continue;
    const double sent = std::clamp(entry->bytes - (entry->finish - one.clock), 0.0, entry->bytes);
    *entry = one.heap.back();
    one.heap.pop_back();
    std::make_heap(one.heap.begin(), one.heap.end(), EndsLater{});
    --flows_;
    share();
    return sent;
  }
  return 0;
}

double SharedLink::advance(double now, std::vector<Flow>& ended) {
  integrate(now);
  // The date of an end was computed from these same numbers: what is due now is due to the last
  // bit, and its clock is set, not summed, to the value it ends at.
  double elapsed_s = now - last_s_;
  for (Class& one : classes_) {
    const double left = left_s(one);
    one.due = last_s_ + left <= now;
    if (last_s_ + left == now) elapsed_s = left;
  }
  run_clocks(now, elapsed_s);
  for (Class& one : classes_) {
    if (one.due) one.clock = std::max(one.clock, one.heap.front().finish);
    while (!one.heap.empty() && one.heap.front().finish <= one.clock) {
      std::pop_heap(one.heap.begin(), one.heap.end(), EndsLater{});
      carried(one.heap.back().bytes);
      ended.push_back(one.heap.back().flow);
      ended.back().elapsed_s = busy_s_ - ended.back().elapsed_s;
      one.heap.pop_back();
      --flows_;
    }
  }
  share();
  return next_date();
}

}  // namespace papilio
