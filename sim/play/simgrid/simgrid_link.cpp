#include "sim/play/simgrid/simgrid_link.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

namespace sg = simgrid::s4u;

}  // namespace

SimGridLink::SimGridLink(RateTimeline rate, sg::Link* link, EndsOf ends_of,
                         std::function<void()> on_end)
    : rate_{std::move(rate)},
      link_{link},
      ends_of_{std::move(ends_of)},
      on_end_{std::move(on_end)} {}

void SimGridLink::follow_rate(double now) {
  if (now < change_s_) return;
  change_s_ = rate_.next_change(now);
  // SimGrid aborts on a rate of 0. At this one a year moves no byte.
  constexpr double kStalled = 1e-9;
  const double rate = std::max(rate_.rate_byte_per_s(now), kStalled);
  if (rate == rate_now_) return;
  rate_now_ = rate;
  if (!rate_.constant()) link_->set_bandwidth(rate);
}

double SimGridLink::next_date() const {
  if (open_.empty()) return RateTimeline::kNever;
  return change_s_;
}

void SimGridLink::do_start(double now, Flow flow, double bytes, double cap_byte_per_s) {
  follow_rate(now);
  const Ends ends = ends_of_(flow, cap_byte_per_s);
  Open& open = open_[{flow.request, flow.generation}];
  open.bytes = bytes;
  open.begin_s = now;
  open.transfer = sg::Comm::sendto_init();
  open.transfer->set_payload_size(static_cast<std::uint64_t>(bytes));
  open.actor = sg::Actor::create("flow", ends.from, [this, flow, ends, transfer = open.transfer] {
    // SimGrid 3.32 keeps the bandwidth that a transfer began at as its bound for life, so one that
    // begins in a poor moment would never see a better one: it begins in the best.
    constexpr double kUnbounded = 1e15;
    if (!rate_.constant()) link_->set_bandwidth(kUnbounded);
    // Knowing both its ends it starts.
    transfer->set_source(ends.from)->set_destination(ends.to);
    if (!rate_.constant()) link_->set_bandwidth(rate_now_);
    transfer->wait();
    ended_.push_back(flow);
    on_end_();
  });
}

double SimGridLink::do_abort(double now, Flow flow) {
  follow_rate(now);
  const auto open = open_.find({flow.request, flow.generation});
  if (open == open_.end()) return 0;
  // One that ended at this very date, and was not told yet, is aborted all the same.
  std::erase_if(ended_, [&](const Flow& other) {
    return other.request == flow.request && other.generation == flow.generation;
  });
  const double left = open->second.transfer->get_remaining();
  const double sent = std::clamp(open->second.bytes - left, 0.0, open->second.bytes);
  open->second.actor->kill();
  open_.erase(open);
  return sent;
}

double SimGridLink::advance(double now, std::vector<Flow>& ended) {
  integrate(now);
  follow_rate(now);
  for (const Flow& flow : ended_) {
    const auto open = open_.find({flow.request, flow.generation});
    PAPILIO_CHECK(open != open_.end());
    carried(open->second.bytes);
    ended.push_back(flow);
    ended.back().elapsed_s = now - open->second.begin_s;
    open_.erase(open);
  }
  ended_.clear();
  return next_date();
}

}  // namespace papilio
