#include "sim/plan/generation.hpp"

#include <iterator>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The same cuts, by name, in another pass' network.
Placement placed_in(const Graph& graph, const Placement& placement) {
  Placement placed = placement;
  for (Hop& hop : placed.hops) {
    const std::optional<Cut> cut = graph.find_cut(hop.after.name);
    PAPILIO_CHECK(cut.has_value());
    hop.after = *cut;
  }
  return placed;
}

Tier last_tier(const Placement& placement) {
  return placement.hops.empty() ? Tier::kMobile : placement.hops.back().to;
}

/// Where the first layers behind the inputs run.
Tier first_tier(const Placement& placement) {
  const bool sent_on = !placement.hops.empty() && placement.hops.front().after.of_inputs;
  return sent_on ? placement.hops.front().to : Tier::kMobile;
}

/// The stages of a pass whose token is where its first layers run, unless the mobile knows it and
/// must send it there.
Stages computed(const Pass& pass, const Placement& placement) {
  Stages stages = price(pass.graph, placement, pass.devices, Bytes{0}).stages;
  const bool mobile_knows = last_tier(placement) == Tier::kMobile;
  if (!mobile_knows && first_tier(placement) != Tier::kMobile) {
    stages.erase(stages.begin(), stages.begin() + 2);  // the inputs on the mobile, and their way
  }
  return stages;
}

/// The stages that one more token takes.
void add_step(Plan& plan, const Pass& step, const Placement& placement) {
  const Tier last = last_tier(placement);
  const Tier first = first_tier(placement);
  ++plan.tokens;
  if (last != Tier::kMobile && first != Tier::kMobile) {
    std::get<Transfer>(plan.stages.back()).streamed = true;
    if (first != last) plan.stages.push_back(Transfer{.from = last, .to = first, .answer = true});
  }
  Stages stages = computed(step, placed_in(step.graph, placement));
  std::move(stages.begin(), stages.end(), std::back_inserter(plan.stages));
}

}  // namespace

Generation::Generation(const Pass& prompt, std::vector<Placement> placements)
    : placements_{std::move(placements)} {
  for (const Placement& placement : placements_) {
    PAPILIO_CHECK(!placement.channels);
    plans_.push_back(price(prompt.graph, placement, prompt.devices, Bytes{0}));
    plans_.back().tokens = 1;  // later passes compute with the same weights
    plans_.back().first_token = plans_.back().stages.size();
  }
}

void Generation::add(const Pass& step) {
  for (std::size_t i = 0; i < plans_.size(); ++i) add_step(plans_[i], step, placements_[i]);
}

}  // namespace papilio
