#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/play/fleet/component.hpp"
#include "sim/play/fleet/component_result.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio {

/// Makes the result of a run of what its components left. Sums are made in the order in which
/// components are added, so the last digits do not depend on who played them, or when.
class FleetMerge {
 public:
  /// @param model outlives the merge
  explicit FleetMerge(const FleetModel& model);

  /// Adds what a component left; to be called in the order of `components_of`.
  void add(const FleetComponent& component, ComponentResult result);
  /// Takes the result, `counts` but for wall times and memory, once all have been added. Charges
  /// radios up to the end of the run, which is known by then.
  FleetResult finish();

 private:
  void add_buckets(const FleetComponent& component, ComponentResult& result);
  void add_samples(const ComponentResult& result);
  void make_samples();
  void charge_radios();
  void add_short_series();
  void sort_keyed();

  /// A completed request of a component that completed too few for a series of their own.
  struct Completion {
    double date_s;
    double latency_s;
    std::uint32_t mobile;
  };

  const FleetModel& model_;
  FleetResult result_;
  std::size_t components_{0};
  std::vector<std::vector<Completion>> short_series_;  // [buckets]
  std::vector<MobileEnd> mobiles_;                     // [mobiles]
  std::vector<double> sampled_s_;
  std::vector<Totals> sampled_;  // [dates][resource_names] sums of the components' totals
  std::vector<Totals> totals_;   // [resource_names] likewise, over all
  double in_flight_s_{0};
  double now_s_{0};  // date of the last event
};

}  // namespace papilio
