#include "sim/plan/search/spend.hpp"

namespace papilio {

std::string_view name(Criterion criterion) {
  constexpr std::array<std::string_view, kCriteria> kNames{
      "latency_s",           "mobile_energy_j",   "cloud_s",           "upload_bytes",
      "mobile_weight_bytes", "edge_weight_bytes", "cloud_weight_bytes"};
  return kNames.at(static_cast<std::size_t>(criterion));
}

}  // namespace papilio
