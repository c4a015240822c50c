#include "sim/plan/limits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace papilio {

Spend spend_of(const Plan& plan, const Breakdown& took) {
  Spend spend;
  spend[Criterion::kLatency] = took.latency().value();
  spend[Criterion::kEnergy] = took.energy().value();
  spend[Criterion::kCloudTime] = took.cloud.value();
  spend[Criterion::kUpload] = plan.upload().value();
  spend[Criterion::kMobileWeights] = plan.weights_at(Tier::kMobile).value();
  spend[Criterion::kEdgeWeights] = plan.weights_at(Tier::kEdge).value();
  spend[Criterion::kCloudWeights] = plan.weights_at(Tier::kCloud).value();
  return spend;
}

std::vector<Criterion> Limits::limited() const {
  std::vector<Criterion> limited;
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    if (most[criterion] != Spend::unlimited()[criterion]) limited.push_back(criterion);
  }
  return limited;
}

bool Limits::admits(const std::optional<double>& of_plan, bool exact, const Spend& spend) const {
  return accuracy.admits(of_plan, exact) && spend.within(most);
}

std::string Limits::text() const {
  std::vector<std::string> all;
  if (accuracy.stated()) all.push_back("an accuracy of " + accuracy.text());
  for (const Criterion criterion : limited()) {
    all.push_back(fmt::format("{} of at most {:g}", name(criterion), most[criterion]));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace papilio
