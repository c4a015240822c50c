#include "sim/planner/costs.hpp"

#include <limits>

#include "sim/base/error.hpp"
#include "sim/plan/limits.hpp"
#include "sim/planner/shared_weights.hpp"
#include "sim/scenario/conditions.hpp"

namespace papilio {
StepCosts::StepCosts(const Graph& graph, const Devices& devices, const RadioUse& use,
                     const ConditionsSpec& conditions, bool energies_known)
    : graph_{graph},
      devices_{devices},
      use_{use},
      conditions_{conditions},
      energies_known_{energies_known} {}

Spend StepCosts::of(const Stage& stage) const {
  Plan plan;
  plan.stages.push_back(stage);
  const World world = under(conditions_, {.plan = std::move(plan), .use = use_});
  return spend_of(world.plan, closed_form(world.plan, world.use));
}

Spend StepCosts::compute(const std::vector<LayerId>& layers, Tier at) const {
  const LayerPricer* prices = at == Tier::kMobile ? &devices_.mobile
                              : at == Tier::kEdge ? devices_.edge
                                                  : devices_.cloud;
  PAPILIO_CHECK(prices != nullptr);
  LayerCost cost;
  double bytes = 0;
  for (const LayerId id : layers) {
    cost += prices->cost(graph_.layer(id));
    if (!graph_.layer(id).weights_of) bytes += static_cast<double>(graph_.parameter_bytes(id));
  }
  Spend spend = of(Compute{
      .at = at, .time = cost.latency, .energy = at == Tier::kMobile ? cost.energy : Joules{0}});
  spend[weights_at(at)] = bytes;
  if (at == Tier::kMobile && !energies_known_ && cost.latency > Seconds{0}) {
    spend[Criterion::kEnergy] = std::numeric_limits<double>::infinity();
  }
  return spend;
}

Spend StepCosts::move(Tier from, Tier to, Bytes size) const {
  return of(Transfer{.from = from, .to = to, .size = size});
}

Spend StepCosts::answer(Tier from) const {
  if (from == Tier::kMobile) return {};
  return of(Transfer{.from = from, .to = Tier::kMobile, .size = Bytes{0}, .answer = true});
}

}  // namespace papilio
