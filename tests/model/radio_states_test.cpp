// Claims: the radio states, whose constants are recalled, give the totals that were read in print;
// promotion lengthens a request and tails are charged once, however requests follow each other.

#include <gtest/gtest.h>

#include "sim/data/library.hpp"
#include "sim/engine/simulate_fleet.hpp"
#include "tests/model/fleets.hpp"

namespace papilio {
namespace {

using testing::by_request;
using testing::simple_fleet;

RadioProfile shipped(const std::string& name) {
  const ProfileLibrary library{{shipped_profiles()}};
  return load_radio(library, Bibliography{library}, name);
}

/// One mobile that sends one packet at each of these dates, for 100 s.
FleetResult packets(const RadioProfile& radio, const std::vector<double>& dates_s,
                    double result_bytes = 0) {
  constexpr double kPacketBytes = 1500;
  Workload workload;
  workload.process = Workload::Process::kTrace;
  workload.dates_s = dates_s;
  FleetModel model = simple_fleet(
      {.name = "packet", .upload_bytes = kPacketBytes, .result_bytes = result_bytes}, workload, 1);
  model.duration_s = 100;
  model.cells[0] = testing::cell_of(radio.radio.uplink.value(), radio.radio.downlink.value());
  model.cells[0].radio = radio.radio;
  model.cells[0].states = radio.states;
  return simulate_fleet(model).front();
}

// Huang et al., MobiSys 2012: one packet with its promotion and tail costs 12.76 J on LTE, 7.38 J
// on 3G and 0.04 J on Wi-Fi. An idle radio's listening is not part of it.
TEST(RadioStates, OneIsolatedPacketCostsWhatIsPrinted) {
  const auto cost = [](const char* radio) {
    const EnergyLedger energy = packets(shipped(radio), {10}).energy;
    return energy.total() - energy.idle;
  };
  EXPECT_NEAR(cost("4g"), 12.76, 0.005 * 12.76);
  EXPECT_NEAR(cost("3g"), 7.38, 0.005 * 7.38);
  EXPECT_NEAR(cost("wifi"), 0.04, 0.005) << "printed with two decimals";
}

TEST(RadioStates, PromotionIsPartOfTheLatency) {
  const RadioProfile lte = shipped("4g");
  const RequestRecord record = packets(lte, {10}).records[0];
  EXPECT_NEAR(record.phases.promotion, 0.2601, 1e-12);
  EXPECT_NEAR(record.latency_s, 0.2601 + 1500 / lte.radio.uplink.value(), 1e-12);
  EXPECT_NEAR(record.energy.promotion, 0.2601 * 1.2107, 1e-12);
}

// Within the tail the radio is connected: no promotion, and the second packet's tail begins anew,
// so of the first only the part until the second is charged.
TEST(RadioStates, AnotherPacketWithinTheTailNeedsNoPromotion) {
  const RadioProfile lte = shipped("4g");
  const FleetResult result = packets(lte, {10, 15});
  const std::vector<RequestRecord> records = by_request(result.records);
  EXPECT_EQ(records[1].phases.promotion, 0);
  EXPECT_NEAR(result.energy.promotion, 0.2601 * 1.2107, 1e-12);
  const double first_end = 10 + records[0].latency_s;
  const Joules between = lte.states->tail_energy(Seconds{15 - first_end});
  const Joules whole = lte.states->tail_energy(lte.states->tail_length());
  EXPECT_NEAR(result.energy.tail, (between + whole).value(), 1e-9);
}

// A timeout of 10 ms counts from the upload, which takes 2 ms, and so not in the promotion of 260.1
// ms before it: one attempt is enough.
TEST(RadioStates, ATimeoutDoesNotRunInThePromotion) {
  const RadioProfile lte = shipped("4g");
  Workload workload;
  workload.process = Workload::Process::kTrace;
  workload.dates_s = {10};
  FleetModel model = simple_fleet({.name = "packet", .upload_bytes = 1500}, workload, 1);
  model.cells[0] = testing::cell_of(lte.radio.uplink.value(), lte.radio.downlink.value());
  model.cells[0].states = lte.states;
  model.groups[0].recovery = {0.01, 100, 0, false};
  const FleetResult result = simulate_fleet(model).front();
  const RequestRecord& record = result.records[0];
  EXPECT_EQ(record.end, RequestEnd::kCompleted);
  EXPECT_EQ(record.attempts, 1U);
  EXPECT_NEAR(record.latency_s, 0.2601 + 1500 / lte.radio.uplink.value(), 1e-9);
  EXPECT_NEAR(result.energy.promotion, 0.2601 * 1.2107, 1e-12);
}

// The time of the run is promotion, transfer, tail or idle, and nothing twice: 100 s of a radio
// whose every state draws 1 W cost 100 J less the transfers, which are charged by their own model.
TEST(RadioStates, EveryMomentIsChargedOnce) {
  RadioProfile radio = shipped("3g");
  RadioStates& states = *radio.states;
  states.promotion_power = states.idle_on_power = Watts{1};
  states.idle_on = states.idle_cycle;
  for (TailPhase& phase : states.tail) phase.power = phase.on_power = Watts{1};
  const FleetResult result = packets(radio, {3, 3.5, 20, 28, 60}, 100);
  double transfers_s = 0;
  for (const RequestRecord& record : result.records) {
    transfers_s += record.phases.uplink + record.phases.downlink;
  }
  const EnergyLedger& energy = result.energy;
  EXPECT_NEAR(energy.promotion + energy.tail + energy.idle, 100 - transfers_s, 1e-9);
}

// Between listening times, 40.1 ms apart in long DRX, an answer waits; right after the upload it
// does not. Derivation: the answer is ready 5 s after the upload, of which 4.88 s are in long DRX,
// and 4.88 mod 0.0401 = 0.0279 s into a cycle, whose next begins 0.0122 s later.
TEST(RadioStates, AnAnswerWaitsForTheNextListeningTime) {
  const RadioStates states = *shipped("4g").states;
  const auto expect = [&](double elapsed_s, double wait_s, bool idle) {
    const Hearing hearing = states.hearing(Seconds{elapsed_s});
    EXPECT_NEAR(hearing.wait.value(), wait_s, 1e-12) << elapsed_s;
    EXPECT_EQ(hearing.idle, idle) << elapsed_s;
  };
  expect(0.05, 0, false);  // continuous reception
  expect(5, 0.0401 - std::fmod(4.88, 0.0401), false);
  EXPECT_NEAR(states.hearing(Seconds{5}).wait.value(), 0.0122, 1e-4);
  expect(0.12 + 0.0401 * 3 + 0.0005, 0, false);  // it listens
  // Short DRX lasts one cycle of 20 ms: its silent part ends where long DRX begins by listening.
  expect(0.11, 0.01, false);
  // The tail of 11.576 s is 285 long cycles of 40.1 ms and 27.5 ms: who comes in its last 20 ms is
  // heard when the idle radio listens first.
  expect(11.566, 0.01, true);
  // Idle, it listens for 43.2 ms of every 1.2802 s.
  expect(11.576 + 0.02, 0, true);
  expect(11.576 + 0.5, 0.7802, true);
  expect(11.576 + 1.2802 * 3 + 1, 0.2802, true);
}

// Huang et al. print 12.3 J for the LTE tail at 1060 mW; listening adds 0.18 J.
TEST(RadioStates, TheTailOfLteByHand) {
  const RadioStates states = *shipped("4g").states;
  EXPECT_NEAR(states.tail_length().value(), 11.576, 1e-12);
  const double cycles = std::floor(11.456 / 0.0401);
  const double rest = std::min(0.001, 11.456 - cycles * 0.0401);
  const double expected =
      11.576 * 1.060 + 0.001 * (1.6802 - 1.060) + (cycles * 0.001 + rest) * (1.6801 - 1.060);
  EXPECT_NEAR(states.tail_energy(Seconds{100}).value(), expected, 1e-9);
  EXPECT_NEAR(states.tail_energy(Seconds{0.1}).value(), 0.106, 1e-12);
}

}  // namespace
}  // namespace papilio
