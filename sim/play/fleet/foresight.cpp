#include "sim/play/fleet/foresight.hpp"

#include <cmath>

#include "sim/plan/estimate.hpp"

namespace papilio {
namespace {

/// A plan as it will be, if nothing but what is here now contends. Walks along the dates at
/// which its stages end: what a transfer or a service takes depends on when it begins.
class Actual {
 public:
  Actual(const FleetState& fleet, const Mobile& mobile, const Request& request, double now)
      : fleet_{fleet},
        mobile_{mobile},
        request_{request},
        group_{fleet.group_of(mobile)},
        cell_{fleet.cell_of(mobile)},
        now_{now},
        date_{now},
        radio_s_{mobile.radio.last_s()},
        radio_active_{mobile.radio.active()} {}

  /// Where the walk has come to; infinite if it never ends.
  [[nodiscard]] double date() const { return date_; }

  Seconds compute(const Compute& layers) {
    if (layers.at == Tier::kMobile) {
      date_ += layers.time.value() * group_.load_level;
      return {};
    }
    if (date_ == kNever) return {};
    const Server& server = server_at(layers.at);
    date_ += server.wait_at(now_, date_);
    if (date_ == kNever) return {};
    const double begin_s = date_;
    date_ += layers.time.value() * request_.service_factor * server.slowdown_at(date_);
    if (server.down_within(begin_s, date_)) date_ = kNever;
    return {};
  }

  Seconds uplink(Bytes size) {
    if (cell_.machine && !radio_active_) {
      if (date_ < radio_s_) {
        date_ = radio_s_;
      } else if (!cell_.machine->connected(Seconds{date_ - radio_s_})) {
        date_ += cell_.machine->promotion_length().value();
      }
    }
    transfer(mobile_.uplink, size.value() * request_.upload_factor, group_.uplink_cap_byte_per_s,
             fleet_.signal_of(mobile_));
    end_transfer();
    inbound_ = true;
    return {};
  }

  Seconds delay(const Transfer& transfer) {
    date_ += radio_delay(Seconds{cell_.delay_s}, transfer).value();
    // A node that is down forwards nothing.
    if (inbound_ && has_edge() && server_at(Tier::kEdge).down(date_)) date_ = kNever;
    inbound_ = false;
    return {};
  }

  Seconds backhaul(const Transfer& transfer) {
    downwards_ = transfer.from == Tier::kCloud;
    if (!has_edge() || date_ == kNever) return {};
    const double begin_s = date_;
    const std::uint32_t link = fleet_.resources.backhaul(mobile_.edge, downwards_ ? 1 : 0);
    // What passes the edge as it came up has the request's own size.
    const double factor = transfer.from == Tier::kMobile ? request_.upload_factor : 1;
    if (link != kNothing) this->transfer(link, transfer.size.value() * factor, kNever, 1);
    const Server& sender = server_at(downwards_ ? Tier::kCloud : Tier::kEdge);
    if (sender.down_within(begin_s, date_)) date_ = kNever;
    return {};
  }

  Seconds backhaul_delay() {
    if (!has_edge()) return {};
    date_ += fleet_.resources.model_of(mobile_.edge).backhaul_delay_s;
    if (downwards_ && server_at(Tier::kEdge).down(date_)) date_ = kNever;
    return {};
  }

  Seconds downlink(Bytes size) {
    if (date_ == kNever) return {};
    if (cell_.machine && size > Bytes{0}) {
      const Hearing hearing = cell_.machine->hearing(Seconds{date_ - radio_s_});
      date_ += hearing.wait.value();
      if (hearing.idle) date_ += cell_.machine->promotion_length().value();
    }
    transfer(mobile_.downlink, size.value(), group_.downlink_cap_byte_per_s,
             fleet_.signal_of(mobile_));
    if (size > Bytes{0}) end_transfer();
    return {};
  }

  [[nodiscard]] static bool times_answer() { return true; }
  // Nobody asks what it will draw.
  [[nodiscard]] static Joules compute_energy(const Compute& /*layers*/) { return {}; }
  [[nodiscard]] static Joules uplink_energy(Bytes /*sent*/, Seconds /*time*/) { return {}; }
  [[nodiscard]] static Joules downlink_energy(Bytes /*received*/, Seconds /*time*/,
                                              Bytes /*untimed*/) {
    return {};
  }
  [[nodiscard]] static Joules idle_energy(Seconds /*away*/) { return {}; }

 private:
  [[nodiscard]] bool has_edge() const { return mobile_.edge != kNothing; }
  [[nodiscard]] const Server& server_at(Tier tier) const {
    return fleet_.resources.server(tier == Tier::kEdge ? mobile_.edge : mobile_.server);
  }
  void end_transfer() {
    radio_s_ = date_;
    radio_active_ = false;
  }
  void transfer(std::uint32_t link, double bytes, double cap, double signal) {
    if (bytes <= 0) return;
    const double flows = (fleet_.resources.link(link).flows() + 1.0) / signal;
    date_ = fleet_.resources.link(link).rate().finish_s(date_, std::ceil(bytes), flows, cap);
  }

  const FleetState& fleet_;
  const Mobile& mobile_;
  const Request& request_;
  const GroupModel& group_;
  const CellModel& cell_;
  double now_;
  double date_;
  double radio_s_;         // when its last transfer or promotion ends
  bool radio_active_;      // with a transfer that was there before
  bool inbound_{false};    // what was sent up has not passed its delay yet
  bool downwards_{false};  // the backhaul carries what the cloud sends
};

}  // namespace

double true_latency_s(const FleetState& fleet, const Mobile& mobile, const Request& request,
                      const FleetPlan& plan, double now) {
  Actual actual{fleet, mobile, request, now};
  estimate(plan.stages_of(request.image), actual);
  return actual.date() - now;
}

}  // namespace papilio
