#pragma once

#include "sim/play/fleet/state.hpp"

namespace papilio {

/// What a request that begins now will take with a plan, in s, if nothing but what is here now
/// contends: the links' rates are known for all time, their flows and the servers' queues as they
/// are. Infinite if it never ends.
double true_latency_s(const FleetState& fleet, const Mobile& mobile, const Request& request,
                      const FleetPlan& plan, double now);

}  // namespace papilio
