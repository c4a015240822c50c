#include "sim/plan/search/chain.hpp"

#include "sim/base/error.hpp"

namespace papilio {

Chain::Chain(std::size_t steps, std::size_t tiers)
    : steps_{steps}, tiers_{tiers}, compute_(steps * tiers), move_((steps + 1) * tiers * tiers) {
  PAPILIO_CHECK(steps >= 1 && tiers >= 1);
}

Spend cost_of(const Chain& chain, const std::vector<std::uint8_t>& tiers) {
  PAPILIO_CHECK(tiers.size() == chain.steps());
  Spend spend;
  std::size_t at = 0;
  for (std::size_t step = 0; step < chain.steps(); ++step) {
    spend += chain.move(step, at, tiers[step]);
    at = tiers[step];
    spend += chain.compute(step, at);
  }
  return spend += chain.move(chain.steps(), at, 0);
}

}  // namespace papilio
