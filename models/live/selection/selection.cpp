#include "models/live/selection/selection.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/play/fleet/selection_policy.hpp"

namespace papilio {

/// The parts as plans of a fleet's mobile, and behind them the mobile alone.
class LiveSelection::Model {
 public:
  Model(const std::vector<PartCosts>& parts, double alone_s) {
    constexpr double kAnswerBytes = 8;  // its position; what it takes is the delay
    for (const PartCosts& part : parts) {
      FleetPlan plan;
      plan.stages = {
          Compute{Tier::kMobile, Seconds{part.mobile_s}, Joules{0}},
          Transfer{Tier::kMobile, Tier::kCloud, Bytes{static_cast<double>(part.upload_bytes)}},
          Compute{Tier::kCloud, Seconds{part.server_s}, Joules{0}},
          Transfer{Tier::kCloud, Tier::kMobile, Bytes{kAnswerBytes}, true}};
      add(std::move(plan));
    }
    FleetPlan alone;
    alone.stages = {Compute{Tier::kMobile, Seconds{alone_s}, Joules{0}}};
    add(std::move(alone));
  }

  [[nodiscard]] std::optional<std::size_t> choose(const LinkState& state) const {
    Observation seen;
    seen.uplink_byte_per_s = state.uplink_byte_per_s;
    seen.downlink_byte_per_s = state.uplink_byte_per_s;
    seen.delay_s = state.delay_s;
    seen.server.wait_s = state.wait_s;
    const std::size_t chosen =
        choose_partition({.load = LoadRule::kWait}, candidates_, group_, cell_, seen);
    return chosen + 1 == candidates_.size() ? std::nullopt : std::optional{chosen};
  }

 private:
  void add(FleetPlan plan) {
    candidates_.push_back(static_cast<std::uint32_t>(candidates_.size()));
    group_.partitions.push_back(std::move(plan));
  }

  GroupModel group_;
  CellModel cell_;
  std::vector<std::uint32_t> candidates_;
};

LinkState no_server() {
  return {.uplink_byte_per_s = 1, .wait_s = std::numeric_limits<double>::infinity()};
}

LinkState LinkMeter::after(const PingReport& empty, const PingReport& full) {
  if (!empty.failure.empty() || !full.failure.empty()) return no_server();
  constexpr std::size_t kRemembered = 8;
  empty_s_.push_back(empty.round_trip_s);
  if (empty_s_.size() > kRemembered) empty_s_.pop_front();
  std::vector<double> sorted{empty_s_.begin(), empty_s_.end()};
  std::sort(sorted.begin(), sorted.end());
  constexpr double kLeast = 1e-6;  // what clocks and threads scatter by
  const double jitter_s = std::max(kLeast, sorted[sorted.size() / 2] - sorted.front());
  const double filling_s = full.round_trip_s - sorted.front();
  const auto bytes = static_cast<double>(bytes_);
  if (filling_s > jitter_s) byte_per_s_ = bytes / filling_s;
  const double unknown_byte_per_s = bytes / std::max(jitter_s, std::abs(filling_s));
  return {.uplink_byte_per_s = byte_per_s_ > 0 ? byte_per_s_ : unknown_byte_per_s,
          .delay_s = std::min(empty.round_trip_s, full.round_trip_s) / 2,
          .wait_s = full.wait_s};
}

LiveSelection::LiveSelection(const std::vector<PartCosts>& parts, double alone_s)
    : model_{std::make_unique<const Model>(parts, alone_s)}, state_{no_server()} {}

LiveSelection::~LiveSelection() = default;

void LiveSelection::observe(const LinkState& state) {
  const std::lock_guard lock{mutex_};
  state_ = state;
  constexpr std::size_t kMost = 1'000'000;
  if (observed_.size() < kMost) observed_.push_back({std::chrono::steady_clock::now(), state});
}

std::vector<LinkObservation> LiveSelection::observations() const {
  const std::lock_guard lock{mutex_};
  return observed_;
}

std::optional<std::size_t> LiveSelection::choose() const {
  LinkState state;
  {
    const std::lock_guard lock{mutex_};
    state = state_;
  }
  return model_->choose(state);
}

LivePinger::LivePinger(CloudLink& link, LiveSelection& selection, std::size_t bytes,
                       double period_s, double deadline_s)
    : link_{link},
      selection_{selection},
      bytes_{bytes},
      period_s_{period_s},
      deadline_s_{deadline_s},
      meter_{bytes} {
  ping();
  thread_ = std::thread{[this] { work(); }};
}

LivePinger::~LivePinger() {
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LivePinger::ping() {
  const PingReport empty = link_.ping(0, 0, deadline_s_);
  // Where nothing answers the second would but wait as long.
  const PingReport full = empty.failure.empty() ? link_.ping(bytes_, 0, deadline_s_) : empty;
  selection_.observe(meter_.after(empty, full));
}

void LivePinger::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    const std::chrono::duration<double> period{period_s_};
    if (changed_.wait_for(lock, period, [this] { return ended_; })) return;
    lock.unlock();
    ping();
    lock.lock();
  }
}

}  // namespace papilio
