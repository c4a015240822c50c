#include "sim/fleet/model.hpp"

namespace papilio {

std::uint32_t FleetModel::mobiles() const {
  std::uint32_t count = 0;
  for (const GroupModel& group : groups) count += group.count;
  return count;
}

}  // namespace papilio
