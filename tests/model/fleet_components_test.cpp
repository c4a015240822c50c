// Claims: a fleet falls into components that share nothing and leave nothing out; played one after
// another they do to every request what happens in the whole fleet, to the last digit, and sums
// differ from the whole's in their last digits only; and the bytes are the same on any number of
// workers.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/radio/states.hpp"
#include "tests/model/fleets.hpp"

namespace papilio {
namespace {

using testing::by_request;
using testing::play_here;
using testing::play_whole;
using testing::random_fleet;

constexpr double kLastDigits = 1e-12;

void expect_near(double one, double other, const char* what) {
  EXPECT_LE(std::abs(one - other), kLastDigits * std::max(std::abs(one), std::abs(other))) << what;
}

/// Gives every group a second partition, and a policy that chooses; of every fourth seed none.
void choose_by(FleetModel& model, std::uint64_t seed) {
  const std::vector<const char*> names{"", "selection", "oracle", "bandit"};
  const std::string name = names[seed % names.size()];
  if (name.empty()) return;
  FleetStrategy& strategy = model.strategies.front();
  strategy.policy = find_policy(name)->make();
  for (std::size_t g = 0; g < model.groups.size(); ++g) {
    model.groups[g].partitions.push_back(plan_of({.mobile_s = 0.1, .mobile_j = 0.2}, false));
    model.groups[g].partitions.back().cloud_only_s = 0.02;
    strategy.candidates[g] = {0, 1};
  }
}

/// A random fleet whose cells and servers have `copies` equal ones each, so that mobile i of a
/// group meets those of i + copies, i + 2 copies … only.
FleetModel copied_fleet(std::uint64_t seed, std::uint32_t copies) {
  FleetModel model = random_fleet(seed);
  for (CellModel& cell : model.cells) {
    cell.count = copies;
    cell.uplink.resize(copies, cell.uplink.front());
    cell.downlink.resize(copies, cell.downlink.front());
    RadioStates states;
    states.promotion = Seconds{0.05};
    states.promotion_power = Watts{1};
    states.tail = {{"tail", Seconds{0.2}, Watts{0.5}}};
    if (seed % 2 == 0) cell.machine = std::make_shared<RadioStates>(states);
  }
  for (ServerModel& server : model.servers) {
    server.count = copies;
    server.background.clear();
  }
  for (GroupModel& group : model.groups) {
    group.count = 3 * copies;
    if (seed % 3 == 0) group.battery_j = 0.5;
    if (seed % 5 != 0) continue;
    group.workload = {.process = Workload::Process::kClosedLoop, .think_s = 0.5, .requests = 7};
  }
  if (seed % 5 == 0) model.duration_s = std::numeric_limits<double>::infinity();
  model.sample_s = 0.7;
  model.most_samples = 1'000'000;
  model.warm_up_s = 1;
  model.windows = {{"first", 0, 3}, {"second", 3, 5}};
  model.keep_latencies_by_request = true;
  choose_by(model, seed);
  return model;
}

/// Nothing is lost, and no attempt given up: what is in flight when a component's last request has
/// ended is cut there, earlier than in the whole fleet.
void take_every_answer(FleetModel& model) {
  for (CellModel& cell : model.cells) cell.loss = 0;
  for (ServerModel& server : model.servers) server.faults.clear();
  for (GroupModel& group : model.groups) group.recovery = {};
}

auto told(const RequestRecord& r) {
  return std::tuple{r.group,
                    r.mobile,
                    r.number,
                    r.partition,
                    r.attempts,
                    r.end,
                    r.fell_back,
                    r.late,
                    r.arrival_s,
                    r.latency_s,
                    r.upload_bytes,
                    r.phases[Phase::kQueue],
                    r.phases[Phase::kMobile],
                    r.phases[Phase::kUplink],
                    r.phases[Phase::kWait],
                    r.phases[Phase::kService],
                    r.phases[Phase::kDownlink],
                    r.energy[EnergyPart::kTransmit],
                    r.energy[EnergyPart::kReceive],
                    r.energy[EnergyPart::kIdle]};
}

TEST(Components, LeaveNothingOutAndShareNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    constexpr std::uint32_t kCopies = 5;
    const FleetModel model = copied_fleet(seed, kCopies);
    const std::vector<FleetComponent> components = components_of(model, 1);
    EXPECT_EQ(components.size(), kCopies);
    std::vector<std::uint32_t> mobiles;
    std::vector<std::set<std::uint32_t>> cells(model.cells.size());
    std::vector<std::set<std::uint32_t>> servers(model.servers.size());
    for (const FleetComponent& component : components) {
      EXPECT_TRUE(std::is_sorted(component.mobiles.begin(), component.mobiles.end()));
      mobiles.insert(mobiles.end(), component.mobiles.begin(), component.mobiles.end());
      for (std::size_t c = 0; c < cells.size(); ++c) {
        for (const std::uint32_t copy : component.cells[c]) {
          EXPECT_TRUE(cells[c].insert(copy).second) << "in one component only";
        }
      }
      for (std::size_t s = 0; s < servers.size(); ++s) {
        for (const std::uint32_t copy : component.servers[s]) {
          EXPECT_TRUE(servers[s].insert(copy).second) << "in one component only";
        }
      }
    }
    std::sort(mobiles.begin(), mobiles.end());
    EXPECT_EQ(mobiles, whole_fleet(model).mobiles);
  }
}

TEST(Components, AreJoinedUntilTheyHaveMobilesEnough) {
  FleetModel model = copied_fleet(1, 10);
  model.groups.resize(1);
  model.groups[0].count = 40;  // in ten components of four
  EXPECT_EQ(components_of(model, 4).size(), 10U);
  EXPECT_EQ(components_of(model, 5).size(), 5U) << "of eight";
  EXPECT_EQ(components_of(model, 12).size(), 3U) << "of twelve, twelve and sixteen";
  EXPECT_EQ(components_of(model, 40).size(), 1U);
  EXPECT_EQ(components_of(model).size(), 1U) << "too few to be parted";
}

// 2e7 rows for all: with four kinds of resource (mobiles, up, down, server) and 250,000 dates,
// twenty components of a million rows each.
TEST(Components, AreFewerWhereEachHasALongTimeSeries) {
  FleetModel model = testing::simple_fleet({.mobile_s = 1}, {}, 100);
  model.cells[0].count = 100;
  model.cells[0].uplink.resize(100, model.cells[0].uplink.front());
  model.cells[0].downlink.resize(100, model.cells[0].downlink.front());
  model.servers[0].count = 100;
  EXPECT_EQ(components_of(model, 1).size(), 100U);
  model.duration_s = 250'000;
  model.sample_s = 1;
  EXPECT_EQ(components_of(model, 1).size(), 20U);
}

TEST(Components, AreOneWhereSomethingIsSharedByAll) {
  const FleetModel parted = copied_fleet(3, 4);
  ASSERT_EQ(components_of(parted, 1).size(), 4U);
  FleetModel one_server = parted;
  one_server.servers[0].count = 1;
  EXPECT_EQ(components_of(one_server, 1).size(), 1U);
  FleetModel simgrid = parted;
  simgrid.simgrid_links = true;
  EXPECT_EQ(components_of(simgrid, 1).size(), 1U) << "SimGrid's clock";
  FleetModel background = parted;
  background.servers[0].background = {{0, 0.3}};
  EXPECT_EQ(components_of(background, 1).size(), 1U) << "background jobs go on to the run's end";
}

TEST(Components, DoToEveryRequestWhatTheWholeFleetDoes) {
  std::size_t requests = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const FleetModel model = copied_fleet(seed, 4);
    const FleetResult whole = play_whole(model);
    const FleetResult parted = play_here(model, components_of(model, 1));
    ASSERT_EQ(components_of(model, 1).size(), 4U);
    const std::vector<RequestRecord> in_whole = by_request(whole.records);
    const std::vector<RequestRecord> in_parts = by_request(parted.records);
    ASSERT_EQ(in_whole.size(), in_parts.size());
    for (std::size_t i = 0; i < in_whole.size(); ++i) {
      ASSERT_EQ(told(in_whole[i]), told(in_parts[i])) << "seed " << seed;
    }
    requests += in_whole.size();
  }
  EXPECT_GT(requests, 1000U);
}

TEST(Components, SumUpToTheWholeFleet) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    FleetModel model = copied_fleet(seed, 4);
    take_every_answer(model);
    const FleetResult whole = play_whole(model);
    const FleetResult parted = play_here(model, components_of(model, 1));
    EXPECT_EQ(parted.counts.requests, whole.counts.requests);
    EXPECT_EQ(parted.counts.end_s, whole.counts.end_s);
    expect_near(parted.mean_in_flight, whole.mean_in_flight, "requests in the system");
    expect_near(parted.energy.total(), whole.energy.total(), "energy");
    ASSERT_EQ(parted.mobiles.size(), whole.mobiles.size());
    for (std::size_t i = 0; i < whole.mobiles.size(); ++i) {
      EXPECT_EQ(parted.mobiles[i].total(), whole.mobiles[i].total()) << "tails up to the end too";
    }
    for (std::size_t b = 0; b < whole.buckets.size(); ++b) {
      const RequestSums& one = parted.buckets[b].sums;
      const RequestSums& other = whole.buckets[b].sums;
      EXPECT_EQ(one.arrived, other.arrived);
      EXPECT_EQ(one.completed, other.completed);
      expect_near(one.phases.total(), other.phases.total(), "latencies");
      expect_near(one.server_s, other.server_s, "GPU time");
      EXPECT_EQ(parted.buckets[b].choices, whole.buckets[b].choices);
      ASSERT_LT(one.completed, 4 * kFewestOfASeries) << "none has a series of its own, so that";
      EXPECT_EQ(parted.buckets[b].latencies_s, whole.buckets[b].latencies_s)
          << "the order of completion is that of the whole fleet";
      EXPECT_EQ(parted.buckets[b].mobiles, whole.buckets[b].mobiles);
    }
    for (std::size_t r = 0; r < whole.resources.size(); ++r) {
      expect_near(parted.resources[r].utilisation, whole.resources[r].utilisation, "utilisation");
      expect_near(parted.resources[r].mean_queue, whole.resources[r].mean_queue, "queue");
      expect_near(parted.resources[r].per_second, whole.resources[r].per_second, "rate");
    }
    ASSERT_EQ(parted.keyed.size(), whole.keyed.size());
    for (std::size_t i = 0; i < whole.keyed.size(); ++i) {
      EXPECT_EQ(parted.keyed[i].mobile, whole.keyed[i].mobile);
      EXPECT_EQ(parted.keyed[i].number, whole.keyed[i].number);
    }
    ASSERT_EQ(parted.samples.size(), whole.samples.size());
    for (std::size_t i = 0; i < whole.samples.size(); ++i) {
      EXPECT_EQ(parted.samples[i].to_s, whole.samples[i].to_s);
      // Differences of totals, which lose digits.
      EXPECT_NEAR(parted.samples[i].utilisation, whole.samples[i].utilisation, 1e-9);
      EXPECT_NEAR(parted.samples[i].mean_queue, whole.samples[i].mean_queue, 1e-9);
    }
  }
}

TEST(Components, AreTheSameBytesOnAnyNumberOfWorkers) {
  FleetModel model = copied_fleet(8, 4);
  for (GroupModel& group : model.groups) {
    group.count = 4800 / static_cast<std::uint32_t>(model.groups.size());
    group.workload.rate_per_s = 0.3;
  }
  model.replications = 2;
  const std::size_t components = components_of(model).size();
  ASSERT_GE(components, 3U);
  const std::vector<FleetResult> alone = simulate_fleet(model, {.jobs = 1});
  for (const int jobs : {2, 3, 7}) {
    const std::vector<FleetResult> together = simulate_fleet(model, {.jobs = jobs});
    ASSERT_EQ(together.size(), alone.size());
    for (std::size_t r = 0; r < alone.size(); ++r) {
      ASSERT_EQ(together[r].records.size(), alone[r].records.size());
      for (std::size_t i = 0; i < alone[r].records.size(); ++i) {
        ASSERT_EQ(told(together[r].records[i]), told(alone[r].records[i]));
      }
      for (std::size_t b = 0; b < alone[r].buckets.size(); ++b) {
        EXPECT_EQ(together[r].buckets[b].latencies_s, alone[r].buckets[b].latencies_s);
        EXPECT_EQ(together[r].buckets[b].ends, alone[r].buckets[b].ends);
        EXPECT_EQ(together[r].buckets[b].sums.phases.total(),
                  alone[r].buckets[b].sums.phases.total());
      }
      EXPECT_EQ(together[r].energy.total(), alone[r].energy.total());
      EXPECT_EQ(together[r].mean_in_flight, alone[r].mean_in_flight);
      ASSERT_EQ(together[r].samples.size(), alone[r].samples.size());
      for (std::size_t i = 0; i < alone[r].samples.size(); ++i) {
        EXPECT_EQ(together[r].samples[i].utilisation, alone[r].samples[i].utilisation);
        EXPECT_EQ(together[r].samples[i].per_second, alone[r].samples[i].per_second);
      }
    }
  }
}

}  // namespace
}  // namespace papilio
