#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "sim/play/fleet/link.hpp"
#include "sim/play/simgrid/kernel.hpp"

namespace papilio {

/// A link whose flows SimGrid's solver shares: the reference for `SharedLink`, and the only player
/// of Wi-Fi cells. A short-lived actor a flow carries it from one host to another.
class SimGridLink final : public Link {
 public:
  /// Where a flow starts and ends; the route between the two bounds it.
  struct Ends {
    simgrid::s4u::Host* from;
    simgrid::s4u::Host* to;
  };
  using EndsOf = std::function<Ends(const Flow& flow, double cap_byte_per_s)>;

  /// @param link    the one that flows share, sealed
  /// @param ends_of the hosts of a flow
  /// @param on_end  called in an actor when a flow has ended, to have `advance` called at that date
  SimGridLink(RateTimeline rate, simgrid::s4u::Link* link, EndsOf ends_of,
              std::function<void()> on_end);

  double advance(double now, std::vector<Flow>& ended) override;
  [[nodiscard]] double next_date() const override;
  [[nodiscard]] std::uint32_t flows() const override {
    return static_cast<std::uint32_t>(open_.size());
  }
  [[nodiscard]] const RateTimeline& rate() const override { return rate_; }

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // request, generation
  struct Open {
    simgrid::s4u::ActorPtr actor;
    simgrid::s4u::CommPtr transfer;
    double bytes{0};
    double begin_s{0};
  };

  void do_start(double now, Flow flow, double bytes, double cap_byte_per_s) override;
  double do_abort(double now, Flow flow) override;
  void follow_rate(double now);

  RateTimeline rate_;
  simgrid::s4u::Link* link_;
  EndsOf ends_of_;
  std::function<void()> on_end_;
  std::map<Key, Open> open_;
  std::vector<Flow> ended_;
  double rate_now_{-1};
  double change_s_{0};
};

}  // namespace papilio
