#include "sim/plan/plan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include "sim/base/error.hpp"

namespace papilio {

std::string_view name(Tier tier) {
  constexpr std::array<std::string_view, 3> kNames{"mobile", "edge", "cloud"};
  return kNames[static_cast<std::size_t>(tier)];
}

Seconds Plan::time_at(Tier tier) const {
  Seconds time;
  for (const Stage& stage : stages) {
    const auto* compute = std::get_if<Compute>(&stage);
    if (compute != nullptr && compute->at == tier) time += compute->time;
  }
  return time;
}

Joules Plan::mobile_energy() const {
  Joules energy;
  for (const Stage& stage : stages) {
    if (const auto* compute = std::get_if<Compute>(&stage)) energy += compute->energy;
  }
  return energy;
}

Bytes Plan::bytes_between(Tier from, Tier to) const {
  Bytes bytes;
  for (const Stage& stage : stages) {
    const auto* transfer = std::get_if<Transfer>(&stage);
    if (transfer != nullptr && !transfer->answer && transfer->from == from && transfer->to == to) {
      bytes += transfer->size;
    }
  }
  return bytes;
}

Bytes Plan::upload_per_token() const {
  if (tokens < 2) return {};
  Bytes bytes;
  for (std::size_t i = first_token; i < stages.size(); ++i) {
    if (is_upload(stages[i])) bytes += std::get_if<Transfer>(&stages[i])->size;
  }
  return bytes / static_cast<double>(tokens - 1);
}

Bytes Plan::upload() const {
  return bytes_between(Tier::kMobile, Tier::kEdge) + bytes_between(Tier::kMobile, Tier::kCloud);
}

Bytes Plan::answer() const {
  const Transfer* last = stages.empty() ? nullptr : std::get_if<Transfer>(&stages.back());
  return last != nullptr && last->answer ? last->size : Bytes{0};
}

Plan coded(Plan plan, const Coding& coding) {
  const auto first = std::find_if(plan.stages.begin(), plan.stages.end(), [](const Stage& stage) {
    return std::holds_alternative<Transfer>(stage);
  });
  PAPILIO_CHECK(first != plan.stages.begin() && first != plan.stages.end());
  auto& sender = std::get<Compute>(*std::prev(first));
  sender.time += coding.encode;
  // An unknown power does not matter where nothing is encoded.
  if (coding.encode > Seconds{0}) sender.energy += coding.encode_power * coding.encode;
  std::get<Transfer>(*first).size = coding.payload;
  std::get<Compute>(*std::next(first)).time += coding.decode;
  return plan;
}

}  // namespace papilio
