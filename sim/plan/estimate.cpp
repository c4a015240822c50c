#include "sim/plan/estimate.hpp"

namespace papilio {
namespace {

Breakdown nominal(std::span<const Stage> stages, const RadioUse& use) {
  return estimate(stages, Nominal{use});
}

}  // namespace

Seconds arrival(const Transfer& transfer, const RadioUse& use) {
  Transfer waited_for = transfer;
  waited_for.streamed = false;
  const Stage stage{waited_for};
  return nominal({&stage, 1}, use).latency();
}

Breakdown closed_form(const Plan& plan, const RadioUse& use) {
  const std::span<const Stage> stages{plan.stages.data(), plan.stages.size()};
  Breakdown sum = nominal(stages, use);
  if (plan.first_token == 0) return sum;
  sum.first_token = nominal(stages.first(plan.first_token), use).latency();
  const auto* last = std::get_if<Transfer>(&stages[plan.first_token - 1]);
  if (last != nullptr && last->streamed) sum.first_token += arrival(*last, use);
  return sum;
}

}  // namespace papilio
