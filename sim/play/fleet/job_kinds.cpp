#include "sim/play/fleet/job_kinds.hpp"

#include <map>
#include <string>
#include <utility>

namespace papilio {

JobKinds::JobKinds(const FleetModel& model) {
  std::map<std::pair<std::string, double>, std::uint32_t> known;
  const auto kind_of = [&](const std::string& runs, double service_s) {
    const std::pair key{runs, runs.empty() ? service_s : 0};
    return known.try_emplace(key, static_cast<std::uint32_t>(known.size())).first->second;
  };
  for (const GroupModel& group : model.groups) {
    first_.push_back(static_cast<std::uint32_t>(first_stage_.size()));
    for (const FleetPlan& plan : group.partitions) {
      first_stage_.push_back(static_cast<std::uint32_t>(kinds_.size()));
      for (std::size_t i = 0; i < plan.stages.size(); ++i) {
        const auto* layers = std::get_if<Compute>(&plan.stages[i]);
        kinds_.push_back(layers == nullptr ? 0
                                           : kind_of(plan.runs.empty() ? "" : plan.runs[i],
                                                     layers->time.value()));
      }
    }
  }
}

}  // namespace papilio
