#include "sim/fleet/job_kinds.hpp"

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
    first_.push_back(static_cast<std::uint32_t>(kinds_.size()));
    for (const FleetPartition& partition : group.partitions) {
      kinds_.push_back({kind_of(partition.edge_runs, partition.edge_s),
                        kind_of(partition.server_runs, partition.server_s)});
    }
  }
}

}  // namespace papilio
