#include "sim/radio/timeline.hpp"

#include <algorithm>
#include <cmath>

namespace papilio {

double RateTimeline::time_in_trace(double date_s) const {
  return std::fmod(date_s + offset_s_, trace_->length_s);
}

const RateTimeline::Outage* RateTimeline::outage_at(double date_s) const {
  for (const Outage& outage : outages_) {
    if (date_s >= outage.from_s && date_s < outage.to_s) return &outage;
  }
  return nullptr;
}

BytesPerSecond RateTimeline::greatest_rate() const {
  if (trace_ == nullptr) return BytesPerSecond{constant_byte_per_s_};
  return BytesPerSecond{
      *std::max_element(trace_->rate_byte_per_s.begin(), trace_->rate_byte_per_s.end())};
}

double RateTimeline::rate_byte_per_s(double date_s) const {
  if (outage_at(date_s) != nullptr) return 0;
  if (trace_ == nullptr) return constant_byte_per_s_;
  const std::vector<double>& starts = trace_->start_s;
  const auto next = std::upper_bound(starts.begin(), starts.end(), time_in_trace(date_s));
  return trace_->rate_byte_per_s[static_cast<std::size_t>(next - starts.begin()) - 1];
}

double RateTimeline::next_change(double date_s) const {
  if (const Outage* outage = outage_at(date_s)) return outage->to_s;
  double change = kNever;
  for (const Outage& outage : outages_) {
    if (outage.from_s > date_s) change = std::min(change, outage.from_s);
  }
  if (trace_ == nullptr) return change;
  const double within = time_in_trace(date_s);
  const std::vector<double>& starts = trace_->start_s;
  const auto next = std::upper_bound(starts.begin(), starts.end(), within);
  const double end = next == starts.end() ? trace_->length_s : *next;
  const double piece_end = date_s + (end - within);
  // A piece that ends within the clock's last digit must not stop the clock.
  return std::min(change, std::max(piece_end, std::nextafter(date_s, kNever)));
}

double RateTimeline::finish_s(double begin_s, double bytes, double flows, double cap_byte_per_s,
                              double most_loops) const {
  const double horizon = trace_ == nullptr ? kNever : begin_s + most_loops * trace_->length_s;
  double now = begin_s;
  double left = bytes;
  while (now <= horizon) {
    const double rate = std::min(rate_byte_per_s(now) / flows, cap_byte_per_s);
    const double change = next_change(now);
    const double finish = rate > 0 ? now + left / rate : kNever;
    if (finish <= change) return finish;
    if (change == kNever) return kNever;
    left -= rate * (change - now);
    now = change;
  }
  return kNever;
}

}  // namespace papilio
