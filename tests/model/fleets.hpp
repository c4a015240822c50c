#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/play/engine/simulate.hpp"
#include "sim/play/fleet/component.hpp"
#include "sim/play/fleet/fleet.hpp"
#include "sim/play/fleet/merge.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/request.hpp"
#include "sim/play/fleet/result.hpp"

namespace papilio::testing {

/// Plays components of a fleet one after another, without SimGrid, whose engine can play one run a
/// process.
inline FleetResult play_here(const FleetModel& model, const std::vector<FleetComponent>& components,
                             SpanSink* sink = nullptr) {
  FleetMerge merge{model};
  for (const FleetComponent& component : components) {
    Fleet fleet{model,
                component,
                0,
                0,
                [](const LinkPlace& place) { return std::make_unique<SharedLink>(place.rate); },
                sink};
    while (fleet.next_date() < kNever) fleet.play_events(1000);
    EXPECT_TRUE(fleet.over()) << "requests wait for answers that will never come";
    merge.add(component, fleet.finish());
  }
  return merge.finish();
}

/// Plays a fleet as one component.
inline FleetResult play_whole(const FleetModel& model, SpanSink* sink = nullptr) {
  return play_here(model, {whole_fleet(model)}, sink);
}

/// A cell of constant rates.
inline CellModel cell_of(double uplink_byte_per_s, double downlink_byte_per_s) {
  CellModel cell;
  cell.name = "cell";
  cell.uplink = {RateTimeline{BytesPerSecond{uplink_byte_per_s}}};
  cell.downlink = {RateTimeline{BytesPerSecond{downlink_byte_per_s}}};
  return cell;
}

/// Requests of every mobile at these dates.
inline Workload asked_at(std::vector<double> dates_s) {
  Workload workload;
  workload.process = Workload::Process::kTrace;
  workload.dates_s = std::move(dates_s);
  return workload;
}

/// One cell, one server, one group of mobiles that all ask for `task`, and one strategy.
inline FleetModel simple_fleet(const TaskModel& task, const Workload& workload,
                               std::uint32_t mobiles) {
  FleetModel model;
  constexpr double kFast = 1e7;
  model.cells = {cell_of(kFast, kFast)};
  model.servers.resize(1);
  model.servers[0].name = "server";
  GroupModel group;
  group.name = "mobiles";
  group.count = mobiles;
  group.workload = workload;
  group.partitions = {plan_of(task, false)};
  model.groups = {group};
  model.strategies = {{.name = "task", .candidates = {{0}}}};
  model.record_share = 1;
  return model;
}

/// One mobile that asks for what a world asks for, on the world's radio and, through an edge, its
/// backhaul, with a timed answer.
inline FleetModel fleet_of(const World& world, const Workload& workload) {
  FleetModel model = simple_fleet({}, workload, 1);
  model.groups[0].partitions[0].stages = world.plan.stages;
  model.servers.push_back({.name = "edge",
                           .backhaul_byte_per_s = world.use.backhaul.rate.value(),
                           .backhaul_delay_s = world.use.backhaul.delay.value()});
  model.groups[0].edge = 1;
  CellModel& cell = model.cells[0];
  cell = cell_of(world.use.radio.uplink.value(), world.use.radio.downlink.value());
  cell.radio = world.use.radio;
  cell.delay_s = world.use.delay.value();  // the same word means the same
  cell.energy_model = world.use.energy_model;
  model.groups[0].idle_power_w = world.use.idle_power.value();
  return model;
}

/// A random fleet of one to three groups over a short time, with a little of everything: caps,
/// delays, losses, outages, a trace, timeouts, retries, an edge, batching, a crash. Requests arrive
/// by themselves and not for long: where an answer begets the next request, as in a closed loop or
/// a long queue at a mobile, the last digit's difference grows from answer to answer.
inline FleetModel random_fleet(std::uint64_t seed) {
  Stream draw{StreamFamily{seed, "random fleet"}};
  const auto between = [&](double low, double high) { return low + (high - low) * draw.uniform(); };
  const auto chance = [&](double p) { return draw.uniform() < p; };
  const auto count = [&](std::uint32_t most) {
    return 1 + static_cast<std::uint32_t>(draw.uniform() * most);
  };
  FleetModel model;
  model.seed = seed;
  model.duration_s = 6;
  model.record_share = 1;

  auto trace = std::make_shared<Trace>();
  for (int i = 0; i < 20; ++i) {
    trace->start_s.push_back(0.25 * i);
    trace->rate_byte_per_s.push_back(chance(0.2) ? 0 : between(1e5, 2e6));
  }
  trace->rate_byte_per_s.front() = 1e6;
  trace->length_s = 5;
  model.traces.push_back(trace);

  const std::uint32_t cells = count(2);
  for (std::uint32_t c = 0; c < cells; ++c) {
    CellModel cell;
    cell.name = "cell" + std::to_string(c);
    cell.count = count(2);
    for (std::uint32_t copy = 0; copy < cell.count; ++copy) {
      const double rate = between(2e5, 2e6);
      RateTimeline up{BytesPerSecond{rate}};
      if (chance(0.4)) up = RateTimeline{*trace, Seconds{between(0, 5)}};
      if (chance(0.4)) up.add_outage({between(2, 4), between(4, 5)});
      cell.uplink.push_back(up);
      cell.downlink.emplace_back(BytesPerSecond{between(2e5, 2e6)});
    }
    cell.delay_s = chance(0.5) ? between(0, 0.02) : 0;
    cell.loss = chance(0.3) ? 0.05 : 0;
    model.cells.push_back(cell);
  }
  for (const char* name : {"cloud", "edge"}) {
    ServerModel server;
    server.name = name;
    server.count = count(2);
    server.gpus = static_cast<int>(count(3));
    server.priority = chance(0.3);
    // Not on the edge: the requests of a batch would leave it at one instant, with payloads of one
    // size, and reach the cloud in an order that neither player defines.
    if (server.name == "cloud" && chance(0.4)) {
      server.batch_size = 4;
      server.batch_delay_s = between(0, 0.02);
      server.batch_factors = {{1, 1}, {4, 2}};
    }
    if (chance(0.4)) {
      server.background_s = 0.01;
      server.background = {{0, 0.3}, {5, 0.6}};
      server.background_variation = {Variation::Kind::kExponential, 1};
    }
    if (chance(0.3)) server.faults.push_back({3, 4, chance(0.5) ? 0 : 3.0});
    if (chance(0.5)) server.backhaul_byte_per_s = between(2e5, 2e6);
    server.backhaul_delay_s = 0.005;
    model.servers.push_back(server);
  }
  const std::uint32_t groups = count(3);
  for (std::uint32_t g = 0; g < groups; ++g) {
    GroupModel group;
    group.name = "group" + std::to_string(g);
    group.count = count(20);
    group.cell = g % cells;
    group.server = 0;
    group.workload.process = Workload::Process::kPoisson;
    group.workload.rate_per_s = between(0.3, 2);
    group.workload.drop_when_busy = chance(0.3);
    group.workload.deadline_s = 0.2;
    group.recovery = {1, static_cast<int>(count(2)), 0.05, chance(0.5)};
    group.service_variation = {Variation::Kind::kLognormal, 0.7};
    group.upload_variation = {Variation::Kind::kExponential, 1};
    group.idle_power_w = 0.3;
    group.priority = static_cast<int>(g);
    if (chance(0.5)) group.uplink_cap_byte_per_s = between(1e5, 4e5);
    TaskModel task{.mobile_s = between(0, 0.02),
                   .mobile_j = between(0, 0.1),
                   .upload_bytes = between(1e3, 1e5),
                   .server_s = between(1e-3, 2e-2),
                   .result_bytes = between(0, 1e4),
                   .fallback = {0.05, 0.2}};
    if (chance(0.4)) {
      group.edge = 1;
      task.edge_s = chance(0.7) ? between(1e-3, 1e-2) : 0;
      task.backhaul_bytes = between(1e3, 1e4);
    }
    group.partitions = {plan_of(task, group.edge.has_value())};
    group.partitions[0].mobile_share = 0.3;
    group.partitions[0].cloud_only_s = 0.02;
    model.groups.push_back(group);
  }
  model.strategies = {{.name = "task",
                       .candidates = std::vector<std::vector<std::uint32_t>>(
                           groups, std::vector<std::uint32_t>{0})}};
  return model;
}

/// What of one resource was done over the whole run: bytes carried, or jobs served.
inline double done(const FleetModel& model, const FleetResult& result,
                   const std::string& resource) {
  const std::vector<std::string> names = resource_names(model);
  const auto place = std::find(names.begin(), names.end(), resource);
  EXPECT_NE(place, names.end());
  FleetModel sampled = model;
  sampled.sample_s = 1e9;  // one row of each resource, to the end of the run
  const FleetResult again = play_whole(sampled);
  EXPECT_EQ(again.counts.requests, result.counts.requests);
  const SampleRow& row = again.samples.at(static_cast<std::size_t>(place - names.begin()));
  return row.per_second * (row.to_s - row.from_s);
}

/// Makes a plan that ends on the cloud send twice: what the cloud has computed goes back to the
/// mobile, which computes some more and sends that.
inline void send_twice(FleetPlan& plan) {
  const auto answer = plan.stages.end() - 1;
  ASSERT_EQ(std::get<Transfer>(*answer).from, Tier::kCloud);
  const Stages more{Transfer{Tier::kCloud, Tier::kMobile, Bytes{3000}},
                    Compute{Tier::kMobile, Seconds{0.005}, Joules{0.02}},
                    Transfer{Tier::kMobile, Tier::kCloud, Bytes{2000}},
                    Compute{Tier::kCloud, Seconds{0.003}, {}}};
  plan.stages.insert(answer, more.begin(), more.end());
  plan.rests.push_back({0.02, 0.1});
}

/// The records of a run in an order that two runs of one fleet share.
inline std::vector<RequestRecord> by_request(std::vector<RequestRecord> records) {
  std::sort(records.begin(), records.end(), [](const RequestRecord& a, const RequestRecord& b) {
    return std::tuple{a.mobile, a.number} < std::tuple{b.mobile, b.number};
  });
  return records;
}

}  // namespace papilio::testing
