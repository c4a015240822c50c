// Claims: a fleet whose links are queues in virtual time and one whose links SimGrid's solver
// shares give the same requests to 1e-9; a Wi-Fi cell shares its air as SimGrid's model says; what
// contends for nothing takes what the closed form has.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/play/engine/simulate.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "tests/model/fleets.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::by_request;
using testing::fleet_of;
using testing::random_fleet;
using testing::simple_fleet;

void expect_close(double found, double expected, double scale, const char* what) {
  EXPECT_LE(std::abs(found - expected), 1e-9 * std::max(scale, std::abs(expected)))
      << what << ": " << found << " and " << expected;
}

class RandomFleets : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomFleets, TheSolverAgreesWithTheQueue) {
  FleetModel model = random_fleet(GetParam());
  const FleetResult queue = simulate_fleet(model).front();
  model.simgrid_links = true;
  const FleetResult solver = simulate_fleet(model).front();

  const std::vector<RequestRecord> a = by_request(queue.records);
  const std::vector<RequestRecord> b = by_request(solver.records);
  ASSERT_GT(a.size(), 1U);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE(fmt::format("mobile {}, request {}", a[i].mobile, a[i].number));
    ASSERT_EQ(a[i].end, b[i].end);
    EXPECT_EQ(a[i].attempts, b[i].attempts);
    EXPECT_EQ(a[i].arrival_s, b[i].arrival_s) << "the same random numbers";
    const double latency_s = a[i].latency_s;
    expect_close(b[i].latency_s, latency_s, 0, "latency");
    expect_close(b[i].phases[Phase::kUplink], a[i].phases[Phase::kUplink], latency_s, "uplink");
    expect_close(b[i].phases[Phase::kDownlink], a[i].phases[Phase::kDownlink], latency_s,
                 "downlink");
    expect_close(b[i].phases[Phase::kBackhaul], a[i].phases[Phase::kBackhaul], latency_s,
                 "backhaul");
    expect_close(b[i].phases[Phase::kWait], a[i].phases[Phase::kWait], latency_s, "wait");
    expect_close(b[i].energy.total(), a[i].energy.total(), 0, "energy");
  }
}

TEST_P(RandomFleets, NothingIsLostAndTheLedgersAddUp) {
  FleetModel model = random_fleet(GetParam());
  for (GroupModel& group : model.groups) {
    if (GetParam() % 4 == 0) testing::send_twice(group.partitions[0]);
  }
  const FleetResult result = simulate_fleet(model).front();
  RequestSums sums = result.warm_up;
  for (const Bucket& bucket : result.buckets) sums += bucket.sums;
  EXPECT_EQ(sums.arrived, sums.completed + sums.dropped + sums.failed);
  EXPECT_EQ(sums.arrived, result.counts.requests);

  EnergyLedger of_records;
  std::uint64_t by_end[3] = {0, 0, 0};
  for (const RequestRecord& record : result.records) {
    of_records += record.energy;
    by_end[static_cast<std::size_t>(record.end)] += 1;
    expect_close(record.phases.total(), record.latency_s, 0, "the phases' sum");
    EXPECT_GE(record.phases[Phase::kQueue], 0);
  }
  EXPECT_EQ(by_end[0], sums.completed);
  EXPECT_EQ(by_end[1], sums.dropped);
  EXPECT_EQ(by_end[2], sums.failed);
  EnergyLedger of_mobiles;
  for (const EnergyLedger& mobile : result.mobiles) of_mobiles += mobile;
  expect_close(of_mobiles.total(), result.energy.total(), 0, "energy by mobile");
  // Without radio states nothing is drawn between requests, but for answers that come too late.
  EXPECT_LE(of_records[EnergyPart::kReceive], result.energy[EnergyPart::kReceive] * (1 + 1e-9));
  expect_close(of_records.total() - of_records[EnergyPart::kReceive],
               result.energy.total() - result.energy[EnergyPart::kReceive], 0, "energy by request");
  expect_close(sums.energy[EnergyPart::kTransmit], of_records[EnergyPart::kTransmit], 0,
               "energy by component");
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomFleets,
                         ::testing::Range<std::uint64_t>(1, fewer<std::uint64_t>(41, 9)));

Workload once() {
  Workload workload;
  workload.process = Workload::Process::kClosedLoop;
  workload.think_s = 1;
  workload.think_exponential = false;
  workload.requests = 1;
  return workload;
}

// Alone on its links a request takes what the closed form of the paper's tables has, with the
// answer's transfer, in both readings of the radio's energy.
TEST(Fleet, ARequestAloneTakesTheClosedForm) {
  for (World world : testing::random_worlds(7, 50)) {
    world.use.download_takes_time = true;
    const FleetModel model = fleet_of(world, once());
    const Breakdown expected = closed_form(world.plan, world.use);
    const FleetResult result = simulate_fleet(model).front();
    ASSERT_EQ(result.records.size(), 1U);
    const RequestRecord& record = result.records[0];
    const double latency_s = expected.latency().value();
    expect_close(record.latency_s, latency_s, 0, "latency");
    expect_close(record.phases[Phase::kUplink], expected.uplink.value(), latency_s, "uplink");
    expect_close(record.phases[Phase::kDelay], expected.delay.value(), latency_s, "delay");
    expect_close(record.phases[Phase::kDownlink], expected.downlink.value(), latency_s, "downlink");
    expect_close(record.energy[EnergyPart::kCompute], expected.compute_energy.value(), 0,
                 "compute");
    expect_close(record.energy[EnergyPart::kTransmit], expected.uplink_energy.value(), 0,
                 "transmit");
    expect_close(record.energy[EnergyPart::kReceive], expected.downlink_energy.value(), 0,
                 "receive");
    expect_close(record.energy[EnergyPart::kIdle], expected.idle_energy.value(), 0, "idle");
  }
}

/// Uploads that all begin at 1 s in one Wi-Fi cell; the record of each group's mobile.
std::vector<RequestRecord> over_the_air(const std::vector<double>& rates,
                                        const std::vector<std::size_t>& levels, double bytes) {
  FleetModel model = simple_fleet({.upload_bytes = bytes}, once(), 1);
  model.cells[0].wifi_byte_per_s = rates;
  const GroupModel group = model.groups[0];
  model.groups.clear();
  for (const std::size_t level : levels) {
    model.groups.push_back(group);
    model.groups.back().name += fmt::format("-{}", model.groups.size());
    model.groups.back().wifi_level = level;
  }
  model.strategies[0].candidates.assign(levels.size(), {0});
  return by_request(simulate_fleet(model).front().records);
}

TEST(WifiCell, AloneAStationGetsItsRate) {
  EXPECT_NEAR(over_the_air({1e6, 2e5}, {0}, 1e6)[0].phases[Phase::kUplink], 1, 1e-9);
  EXPECT_NEAR(over_the_air({1e6, 2e5}, {1}, 1e6)[0].phases[Phase::kUplink], 5, 1e-9);
}

// The access point gives every station the same throughput r, and a byte of a station of rate c
// holds the air for 1/c: r (1/1e6 + 1/2e5) = 1, r = 1e6/6. Both end their 1 MB after 6 s: the slow
// station makes the fast one slow, the anomaly of Heusse et al. (INFOCOM 2003).
TEST(WifiCell, ASlowStationSlowsTheOthers) {
  for (const RequestRecord& record : over_the_air({1e6, 2e5}, {0, 1}, 1e6)) {
    EXPECT_NEAR(record.phases[Phase::kUplink], 6, 1e-6);
  }
}

// Up- and downloads share the air, as they do not in a cell of two links: an upload of 1 MB from 1
// s on, and an answer of 1 MB from 1.5 s on, over 1 MB/s. Alone the upload has sent half by then;
// each gets half the rate until the upload ends at 2.5 s, the answer with 0.5 MB left ends at 3 s.
TEST(WifiCell, UpAndDownShareTheAir) {
  FleetModel model = simple_fleet({.upload_bytes = 1e6}, once(), 1);
  model.cells[0].wifi_byte_per_s = {1e6};
  GroupModel down = model.groups[0];
  down.name = "down";
  // One byte goes up at once; the answer comes when the server has worked for half a second.
  down.partitions[0] =
      plan_of({.upload_bytes = 1, .server_s = 0.5 - 2e-6, .result_bytes = 1e6}, false);
  model.groups.push_back(down);
  model.strategies[0].candidates = {{0}, {0}};
  const std::vector<RequestRecord> records = by_request(simulate_fleet(model).front().records);
  EXPECT_NEAR(records[0].phases[Phase::kUplink], 1.5, 1e-5);
  EXPECT_NEAR(records[1].phases[Phase::kDownlink], 1.5, 1e-5);
}

}  // namespace
}  // namespace papilio
