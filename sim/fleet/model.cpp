#include "sim/fleet/model.hpp"

namespace papilio {

Stages FleetPartition::stages(const ImageDemand& demand, bool edge) const {
  Stages stages{Compute{
      .at = Tier::kMobile, .time = Seconds{demand.mobile_s}, .energy = Joules{demand.mobile_j}}};
  if (demand.upload_bytes <= 0) return stages;
  const bool to_edge = edge && (on_edge() || !on_cloud());
  Tier at = to_edge ? Tier::kEdge : Tier::kCloud;
  stages.push_back(Transfer{.from = Tier::kMobile, .to = at, .size = Bytes{demand.upload_bytes}});
  if (to_edge && on_edge()) {
    stages.push_back(Compute{.at = Tier::kEdge, .time = Seconds{demand.edge_s}, .energy = {}});
  }
  if (to_edge && on_cloud()) {
    at = Tier::kCloud;
    stages.push_back(Transfer{.from = Tier::kEdge, .to = at, .size = Bytes{backhaul_bytes}});
  }
  if (at == Tier::kCloud) {
    stages.push_back(Compute{.at = at, .time = Seconds{demand.server_s}, .energy = {}});
  }
  stages.push_back(
      Transfer{.from = at, .to = Tier::kMobile, .size = Bytes{result_bytes}, .answer = true});
  return stages;
}

std::uint32_t FleetModel::mobiles() const {
  std::uint32_t count = 0;
  for (const GroupModel& group : groups) count += group.count;
  return count;
}

}  // namespace papilio
