#include "sim/play/fleet/chooser.hpp"

#include <algorithm>
#include <optional>

#include "sim/base/error.hpp"
#include "sim/play/fleet/foresight.hpp"

namespace papilio {

/// What a policy may find out about one request.
class Chooser::View final : public Outlook {
 public:
  View(const Chooser& chooser, const Mobile& mobile, const Request& request, double now)
      : chooser_{chooser}, mobile_{mobile}, request_{request}, now_{now} {}

  [[nodiscard]] Observation observation() const override { return chooser_.observation(mobile_); }
  [[nodiscard]] double true_latency_s(std::uint32_t partition) const override {
    const FleetState& fleet = chooser_.fleet_;
    return papilio::true_latency_s(fleet, mobile_, request_,
                                   fleet.group_of(mobile_).partitions[partition], now_);
  }

 private:
  const Chooser& chooser_;
  const Mobile& mobile_;
  const Request& request_;
  double now_;
};

Chooser::Chooser(FleetState& fleet, const FleetStrategy& strategy, int replication)
    : fleet_{fleet}, strategy_{strategy} {
  if (!strategy.policy) return;
  const auto mobiles = static_cast<std::uint32_t>(fleet.between.size());
  policy_ = strategy.policy->make(fleet.model, replication, mobiles);
  learns_ = strategy.policy->learns();
  const std::optional<double> interval_s = strategy.policy->ping_s();
  if (!interval_s) return;
  ping_interval_s_ = *interval_s;
  server_views_.resize(fleet.resources.servers());
  link_views_.resize(fleet.resources.links());
  ping(0);
}

void Chooser::ping(double now) {
  ping_s_ = now;
  const Resources& resources = fleet_.resources;
  for (std::uint32_t i = 0; i < resources.servers(); ++i) {
    server_views_[i] = resources.server(i).view(now);
  }
  for (std::uint32_t i = 0; i < resources.links(); ++i) {
    const Link& link = resources.link(i);
    link_views_[i] = link.rate().rate_byte_per_s(now) / (link.flows() + 1);
  }
  fleet_.calendar.push(now + ping_interval_s_, EventKind::kPing, 0, 0);
}

std::uint32_t Chooser::choose(const Mobile& mobile, const Request& request, double now) {
  const std::vector<std::uint32_t>& candidates = strategy_.candidates[mobile.group];
  if (candidates.size() == 1) return candidates.front();
  PAPILIO_CHECK(policy_ != nullptr);
  const View view{*this, mobile, request, now};
  return policy_->decide({request.mobile, mobile.number, request.number, fleet_.group_of(mobile),
                          fleet_.cell_of(mobile), candidates, view});
}

Observation Chooser::observation(const Mobile& mobile) const {
  PAPILIO_CHECK(ping_s_ >= 0);
  const GroupModel& group = fleet_.group_of(mobile);
  const double signal = fleet_.signal_of(mobile);
  Observation seen{.uplink_byte_per_s =
                       std::min(link_views_[mobile.uplink] * signal, group.uplink_cap_byte_per_s),
                   .downlink_byte_per_s = std::min(link_views_[mobile.downlink] * signal,
                                                   group.downlink_cap_byte_per_s),
                   .delay_s = fleet_.cell_of(mobile).delay_s,
                   .server = server_views_[mobile.server],
                   .battery = std::max(0.0, fleet_.battery_left(mobile)),
                   .queue = mobile.queue_length};
  if (mobile.edge != kNothing) {
    seen.edge = server_views_[mobile.edge];
    seen.backhaul_delay_s = fleet_.resources.model_of(mobile.edge).backhaul_delay_s;
    const std::uint32_t up = fleet_.resources.backhaul(mobile.edge, 0);
    if (up != kNothing) {
      seen.backhaul_up_byte_per_s = link_views_[up];
      seen.backhaul_down_byte_per_s = link_views_[fleet_.resources.backhaul(mobile.edge, 1)];
    }
  }
  if (mobile.seen_s > ping_s_) {
    seen.uplink_byte_per_s = mobile.seen_uplink;
    if (mobile.seen_downlink > 0) seen.downlink_byte_per_s = mobile.seen_downlink;
  }
  return seen;
}

void Chooser::tell(const Request& request, RequestEnd how) {
  if (strategy_.candidates[fleet_.mobile_of(request).group].size() == 1) return;
  policy_->observe({request.mobile, request.number, request.partition, how,
                    request.phases.total() - request.phases[Phase::kQueue],
                    request.energy.total()});
}

}  // namespace papilio
