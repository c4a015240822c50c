#include "sim/play/fleet/model.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

bool begins_on_mobile(const Stage& stage) {
  const auto* layers = std::get_if<Compute>(&stage);
  return (layers != nullptr ? layers->at : std::get_if<Transfer>(&stage)->from) == Tier::kMobile;
}

}  // namespace

MobileCost FleetPlan::fallback(std::span<const Stage> of, std::size_t from) const {
  PAPILIO_CHECK(from < of.size() && begins_on_mobile(of.front()));
  while (!begins_on_mobile(of[from])) --from;
  const auto uploads = static_cast<std::size_t>(
      std::count_if(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(from), is_upload));
  MobileCost cost = uploads < rests.size() ? rests[uploads] : MobileCost{};
  if (const auto* layers = std::get_if<Compute>(&of[from])) {
    cost.time_s += layers->time.value();
    cost.energy_j += layers->energy.value();
  }
  return cost;
}

void FleetPlan::check(bool edge, std::size_t images) const {
  PAPILIO_CHECK(!stages.empty() && std::holds_alternative<Compute>(stages.front()));
  PAPILIO_CHECK(stages.size() == kFirstTransfer || is_upload(stages[kFirstTransfer]));
  PAPILIO_CHECK(of_images.empty() || of_images.size() == images * stages.size());
  PAPILIO_CHECK(runs.empty() || runs.size() == stages.size());
  Tier at = Tier::kMobile;
  for (const Stage& stage : stages) {
    const auto* transfer = std::get_if<Transfer>(&stage);
    const Tier begins = transfer != nullptr ? transfer->from : std::get_if<Compute>(&stage)->at;
    PAPILIO_CHECK(begins == at && (at != Tier::kEdge || edge));
    if (transfer == nullptr) continue;
    PAPILIO_CHECK(transfer->to != at && (at != Tier::kMobile || transfer->size > Bytes{0}));
    at = transfer->to;
  }
  PAPILIO_CHECK(at == Tier::kMobile);
}

bool FleetPlan::returns() const {
  return std::any_of(stages.begin() + 1, stages.end(), [](const Stage& stage) {
    const auto* layers = std::get_if<Compute>(&stage);
    return layers != nullptr && layers->at == Tier::kMobile;
  });
}

bool FleetPlan::energy_known() const {
  return std::none_of(stages.begin(), stages.end(), [](const Stage& stage) {
    const auto* layers = std::get_if<Compute>(&stage);
    return layers != nullptr && std::isnan(layers->energy.value());
  });
}

FleetPlan plan_of(const TaskModel& task, bool edge) {
  FleetPlan plan{
      .name = "task",
      .stages = {Compute{
          .at = Tier::kMobile, .time = Seconds{task.mobile_s}, .energy = Joules{task.mobile_j}}},
      .rests = {task.fallback},
      .cloud_only_s = task.server_s};
  if (task.upload_bytes <= 0) return plan;
  const bool on_edge = edge && task.edge_s > 0;
  const bool on_cloud = !edge || task.server_s > 0;
  Tier at = on_edge || !on_cloud ? Tier::kEdge : Tier::kCloud;
  plan.stages.push_back(
      Transfer{.from = Tier::kMobile, .to = at, .size = Bytes{task.upload_bytes}});
  if (on_edge) {
    plan.stages.push_back(Compute{.at = at, .time = Seconds{task.edge_s}, .energy = {}});
  }
  if (on_edge && on_cloud) {
    at = Tier::kCloud;
    plan.stages.push_back(
        Transfer{.from = Tier::kEdge, .to = at, .size = Bytes{task.backhaul_bytes}});
  }
  if (on_cloud) {
    plan.stages.push_back(Compute{.at = at, .time = Seconds{task.server_s}, .energy = {}});
  }
  plan.stages.push_back(
      Transfer{.from = at, .to = Tier::kMobile, .size = Bytes{task.result_bytes}, .answer = true});
  return plan;
}

void GroupModel::check_overlap(const CellModel& of) const {
  if (overlap == 0) return;
  PAPILIO_CHECK(workload.process != Workload::Process::kClosedLoop);
  PAPILIO_CHECK(recovery.timeout_s <= 0 && of.machine == nullptr);
  PAPILIO_CHECK(std::isinf(battery_j) && idle_power_w == 0);
  for (const FleetPlan& plan : partitions) PAPILIO_CHECK(!plan.returns());
}

std::uint32_t FleetModel::mobiles() const {
  std::uint32_t count = 0;
  for (const GroupModel& group : groups) count += group.count;
  return count;
}

}  // namespace papilio
