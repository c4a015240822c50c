#pragma once

#include <limits>
#include <vector>

#include "sim/base/units/units.hpp"
#include "sim/radio/trace.hpp"

namespace papilio {

/// The rate of one link over time: constant or a trace played in a loop from an offset, and 0
/// during outages. A plain value: any date may be asked for, in any order.
class RateTimeline {
 public:
  struct Outage {
    double from_s;
    double to_s;
  };
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  explicit RateTimeline(BytesPerSecond rate) : constant_byte_per_s_{rate.value()} {}
  /// @param trace  must outlive the timeline
  /// @param offset time in the trace at date 0, in 0..length
  RateTimeline(const Trace& trace, Seconds offset) : trace_{&trace}, offset_s_{offset.value()} {}

  /// @param outage after those added before it
  void add_outage(Outage outage) { outages_.push_back(outage); }

  /// Whether the rate never changes.
  [[nodiscard]] bool constant() const { return trace_ == nullptr && outages_.empty(); }
  /// The greatest rate that it ever has, outages aside.
  [[nodiscard]] BytesPerSecond greatest_rate() const;
  [[nodiscard]] double rate_byte_per_s(double date_s) const;
  /// The first date after `date_s` at which the rate may change, or kNever.
  [[nodiscard]] double next_change(double date_s) const;
  /// Date at which a transfer ends that begins at `begin_s` and gets the share 1/`flows` of the
  /// rate, `cap_byte_per_s` at most; kNever if that is beyond `most_loops` loops of the trace.
  /// @param most_loops kNever: however many it takes; the trace is not 0 throughout then
  [[nodiscard]] double finish_s(double begin_s, double bytes, double flows, double cap_byte_per_s,
                                double most_loops = 10) const;

 private:
  [[nodiscard]] const Outage* outage_at(double date_s) const;
  [[nodiscard]] double time_in_trace(double date_s) const;

  double constant_byte_per_s_{0};
  const Trace* trace_{nullptr};
  double offset_s_{0};
  std::vector<Outage> outages_;
};

}  // namespace papilio
