#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/play/fleet/policy.hpp"
#include "sim/play/fleet/state.hpp"

namespace papilio {

/// Chooses the partition of each request: it keeps what mobiles can know, asks the strategy's
/// policy, and tells a policy that learns what came of it.
class Chooser {
 public:
  /// @param fleet    outlives the chooser, as does the strategy; its calendar takes the pings
  Chooser(FleetState& fleet, const FleetStrategy& strategy, int replication);

  /// Position in the group's partitions of the one that a request takes which begins now.
  [[nodiscard]] std::uint32_t choose(const Mobile& mobile, const Request& request, double now);
  /// A request has ended that had been begun.
  void end(const Request& request, RequestEnd how) {
    if (learns_) tell(request, how);
  }
  /// Servers and cells publish their state; puts the next ping on the calendar.
  void ping(double now);

 private:
  class View;

  [[nodiscard]] Observation observation(const Mobile& mobile) const;
  void tell(const Request& request, RequestEnd how);

  FleetState& fleet_;
  const FleetStrategy& strategy_;
  std::unique_ptr<Policy> policy_;  // null: a fixed strategy
  bool learns_{false};
  double ping_interval_s_{0};
  double ping_s_{-1};  // date of the last ping
  std::vector<ServerView> server_views_;
  std::vector<double> link_views_;  // rate that one more flow would have got
};

}  // namespace papilio
