#include "models/link/link_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

RateTimeline timeline_of(const LinkDirection& direction) {
  RateTimeline rate = direction.trace ? RateTimeline{*direction.trace, direction.trace_offset}
                                      : RateTimeline{direction.rate};
  for (const RateTimeline::Outage& outage : direction.outages) rate.add_outage(outage);
  return rate;
}

}  // namespace

void check_link_direction(const LinkDirection& direction, std::string_view name,
                          std::uint32_t packet) {
  const auto require = [&](bool holds, std::string_view key, std::string_view problem) {
    if (holds) return;
    throw ConfigError{fmt::format("papilio: error: {}: {}: {}", name, key, problem)};
  };
  if (direction.trace) {
    const Trace& trace = *direction.trace;
    require(
        direction.trace_offset >= Seconds{0} && direction.trace_offset.value() <= trace.length_s,
        "trace_offset_s",
        fmt::format("expected 0 to {} s, the trace's length, got {}", trace.length_s,
                    direction.trace_offset.value()));
    require(trace.mean() > BytesPerSecond{0}, "trace", "its rate is 0 throughout");
  } else {
    require(std::isfinite(direction.rate.value()) && direction.rate > BytesPerSecond{0}, "rate",
            fmt::format("expected bytes a second above 0, got {}", direction.rate.value()));
  }
  // Who moves the packets goes through a trace piece by piece, and before other programs.
  constexpr Seconds kLongest{86'400};
  const BytesPerSecond mean = direction.trace ? direction.trace->mean() : direction.rate;
  require(Bytes{static_cast<double>(packet)} / mean <= kLongest, direction.trace ? "trace" : "rate",
          fmt::format("a packet of {} bytes takes more than a day at {} bytes a second; take a "
                      "faster link",
                      packet, mean.value()));
  for (const RateTimeline::Outage& outage : direction.outages) {
    require(outage.from_s >= 0 && outage.to_s > outage.from_s, "outages",
            fmt::format("expected dates from 0 on, each begin before its end, got {} to {}",
                        outage.from_s, outage.to_s));
  }
  require(std::isfinite(direction.delay.value()) && direction.delay >= Seconds{0}, "delay_s",
          fmt::format("expected seconds from 0 on, got {}", direction.delay.value()));
  require(direction.loss >= 0 && direction.loss <= 1, "loss",
          fmt::format("expected a probability from 0 to 1, got {}", direction.loss));
  require(direction.queue_bytes >= packet, "queue_bytes",
          fmt::format("{} bytes hold no packet of {}; take as many at least", direction.queue_bytes,
                      packet));
}

LinkQueue::LinkQueue(const LinkDirection& direction, const StreamFamily& losses)
    : trace_{direction.trace},
      rate_{timeline_of(direction)},
      delay_s_{direction.delay.value()},
      loss_{direction.loss},
      queue_bytes_{direction.queue_bytes},
      losses_{losses} {}

PacketFate LinkQueue::offer(double arrival_s, std::uint32_t bytes) {
  PAPILIO_CHECK(arrival_s >= last_arrival_s_ && bytes > 0);
  last_arrival_s_ = arrival_s;
  const bool lost = loss_ > 0 && losses_.uniform() < loss_;
  if (backlog(arrival_s).bytes + bytes > queue_bytes_) {
    return {PacketFate::End::kDropped, RateTimeline::kNever, RateTimeline::kNever};
  }
  const double begin_s = std::max(arrival_s, last_departure_s_);
  // Behind a packet that is never sent, none is.
  if (begin_s < RateTimeline::kNever) {
    constexpr double kAlone = 1;
    constexpr double kUncapped = RateTimeline::kNever;
    constexpr double kAllLoops = RateTimeline::kNever;
    last_departure_s_ = rate_.finish_s(begin_s, bytes, kAlone, kUncapped, kAllLoops);
  }
  waiting_.push_back({last_departure_s_, bytes});
  backlog_.add(bytes);
  return {lost ? PacketFate::End::kLost : PacketFate::End::kDelivered, last_departure_s_,
          last_departure_s_ + delay_s_};
}

PacketCount LinkQueue::backlog(double date_s) {
  while (!waiting_.empty() && waiting_.front().departure_s <= date_s) {
    --backlog_.packets;
    backlog_.bytes -= waiting_.front().bytes;
    waiting_.pop_front();
  }
  return backlog_;
}

}  // namespace papilio
