#include "sim/plan/estimate.hpp"

namespace papilio {

Breakdown closed_form(const Plan& plan, const RadioUse& use) {
  return estimate({plan.stages.data(), plan.stages.size()}, Nominal{use});
}

}  // namespace papilio
