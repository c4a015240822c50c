#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/component_result.hpp"
#include "sim/play/fleet/mobile.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/request.hpp"
#include "sim/play/fleet/resources.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// Keeps what one component leaves: sums by group and window, records, integrals over time, the
/// time series and the totals.
class Meter {
 public:
  /// @param model outlives the meter, as do the others
  Meter(const FleetModel& model, const std::vector<Mobile>& mobiles, int replication);

  /// A request arrives and is in the system from now on.
  void arrive(const Mobile& mobile, double now) {
    integrate(now);
    ++in_system_;
    sums_of(mobile.group, now).arrived += 1;
  }
  /// A request waits in its mobile's queue, and does so no longer.
  void begin_waiting() { ++waiting_; }
  void end_waiting() { --waiting_; }
  /// A mobile is busy from now on: a request that came would wait.
  void begin_serving() { ++serving_; }
  /// It no longer is.
  void end_serving(double now) {
    integrate(now);
    --serving_;
  }
  /// A request leaves that was never begun.
  void drop(const Request& request, double now);
  /// A request leaves that its mobile had begun, completed or failed.
  void end(const Request& request, RequestEnd how, double now);
  /// A server has worked for an attempt that was given up.
  void add_server_time(const Request& request, double gpu_s) {
    sums_of(mobiles_[request.mobile].group, request.arrival_s).server_s += gpu_s;
  }
  void empty_battery() { result_.batteries_empty += 1; }

  /// Takes the totals of each kind of resource up to now, for the time series.
  void sample(double now, Resources& resources);
  /// Whether the time series may have further rows; notes that it was cut where not.
  bool samples_left();

  /// Requests in the system.
  [[nodiscard]] std::uint64_t in_system() const { return in_system_; }
  /// Requests that have ended.
  [[nodiscard]] std::uint64_t ended() const { return ended_; }

  /// Takes the result, of which nothing else may be asked afterwards.
  /// @param now     date of the last event
  /// @param between `[mobiles]` what each drew while no request paid
  ComponentResult finish(double now, std::uint64_t events, Resources& resources,
                         const std::vector<EnergyLedger>& between);

 private:
  [[nodiscard]] bool counted(double arrival_s) const { return arrival_s >= model_.warm_up_s; }
  [[nodiscard]] std::size_t bucket_of(std::uint32_t group, double arrival_s) const;
  RequestSums& sums_of(std::uint32_t group, double arrival_s) {
    if (!counted(arrival_s)) return result_.warm_up;
    return result_.buckets[bucket_of(group, arrival_s)].sums;
  }
  void record(const Request& request, RequestEnd how, bool late, double now);
  void integrate(double now);
  [[nodiscard]] std::vector<Totals> totals(double now, Resources& resources);

  const FleetModel& model_;
  const std::vector<Mobile>& mobiles_;
  StreamFamily sampling_;
  ComponentResult result_;
  std::uint64_t in_system_{0};
  std::uint64_t waiting_{0};
  std::uint64_t serving_{0};
  std::uint64_t ended_{0};
  Totals of_mobiles_;
  double integrated_s_{0};
};

}  // namespace papilio
