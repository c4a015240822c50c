// Claims: the radio states, whose constants are recalled, give the totals that were read in print;
// promotion lengthens a request and tails are charged once, however requests follow each other.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "sim/base/data/library.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/radio/states.hpp"
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
  FleetModel model =
      simple_fleet({.upload_bytes = kPacketBytes, .result_bytes = result_bytes}, workload, 1);
  model.duration_s = 100;
  model.cells[0] = testing::cell_of(radio.radio.uplink.value(), radio.radio.downlink.value());
  model.cells[0].radio = radio.radio;
  model.cells[0].machine = radio.machine;
  return simulate_fleet(model).front();
}

// Huang et al., MobiSys 2012: one packet with its promotion and tail costs 12.76 J on LTE, 7.38 J
// on 3G and 0.04 J on Wi-Fi. An idle radio's listening is not part of it.
TEST(RadioStates, OneIsolatedPacketCostsWhatIsPrinted) {
  const auto cost = [](const char* radio) {
    const EnergyLedger energy = packets(shipped(radio), {10}).energy;
    return energy.total() - energy[EnergyPart::kIdle];
  };
  EXPECT_NEAR(cost("4g"), 12.76, 0.005 * 12.76);
  EXPECT_NEAR(cost("3g"), 7.38, 0.005 * 7.38);
  EXPECT_NEAR(cost("wifi"), 0.04, 0.005) << "printed with two decimals";
}

TEST(RadioStates, PromotionIsPartOfTheLatency) {
  const RadioProfile lte = shipped("4g");
  const RequestRecord record = packets(lte, {10}).records[0];
  EXPECT_NEAR(record.phases[Phase::kPromotion], 0.2601, 1e-12);
  EXPECT_NEAR(record.latency_s, 0.2601 + 1500 / lte.radio.uplink.value(), 1e-12);
  EXPECT_NEAR(record.energy[EnergyPart::kPromotion], 0.2601 * 1.2107, 1e-12);
}

// Within the tail the radio is connected: no promotion, and the second packet's tail begins anew,
// so of the first only the part until the second is charged.
TEST(RadioStates, AnotherPacketWithinTheTailNeedsNoPromotion) {
  const RadioProfile lte = shipped("4g");
  const FleetResult result = packets(lte, {10, 15});
  const std::vector<RequestRecord> records = by_request(result.records);
  EXPECT_EQ(records[1].phases[Phase::kPromotion], 0);
  EXPECT_NEAR(result.energy[EnergyPart::kPromotion], 0.2601 * 1.2107, 1e-12);
  const double first_end = 10 + records[0].latency_s;
  const auto& states = dynamic_cast<const RadioStates&>(*lte.machine);
  const Joules between = states.tail_energy(Seconds{15 - first_end});
  const Joules whole = states.tail_energy(states.tail_length());
  EXPECT_NEAR(result.energy[EnergyPart::kTail], (between + whole).value(), 1e-9);
}

// A timeout of 10 ms counts from the upload, which takes 2 ms, and so not in the promotion of 260.1
// ms before it: one attempt is enough.
TEST(RadioStates, ATimeoutDoesNotRunInThePromotion) {
  const RadioProfile lte = shipped("4g");
  Workload workload;
  workload.process = Workload::Process::kTrace;
  workload.dates_s = {10};
  FleetModel model = simple_fleet({.upload_bytes = 1500}, workload, 1);
  model.cells[0] = testing::cell_of(lte.radio.uplink.value(), lte.radio.downlink.value());
  model.cells[0].machine = lte.machine;
  model.groups[0].recovery = {0.01, 100, 0, false};
  const FleetResult result = simulate_fleet(model).front();
  const RequestRecord& record = result.records[0];
  EXPECT_EQ(record.end, RequestEnd::kCompleted);
  EXPECT_EQ(record.attempts, 1U);
  EXPECT_NEAR(record.latency_s, 0.2601 + 1500 / lte.radio.uplink.value(), 1e-9);
  EXPECT_NEAR(result.energy[EnergyPart::kPromotion], 0.2601 * 1.2107, 1e-12);
}

// The time of the run is promotion, transfer, tail or idle, and nothing twice: 100 s of a radio
// whose every state draws 1 W cost 100 J less the transfers, which are charged by their own model.
TEST(RadioStates, EveryMomentIsChargedOnce) {
  RadioProfile radio = shipped("3g");
  auto& states = dynamic_cast<RadioStates&>(*radio.machine);
  states.promotion_power = states.idle_on_power = Watts{1};
  states.idle_on = states.idle_cycle;
  for (TailPhase& phase : states.tail) phase.power = phase.on_power = Watts{1};
  const FleetResult result = packets(radio, {3, 3.5, 20, 28, 60}, 100);
  double transfers_s = 0;
  for (const RequestRecord& record : result.records) {
    transfers_s += record.phases[Phase::kUplink] + record.phases[Phase::kDownlink];
  }
  const EnergyLedger& energy = result.energy;
  EXPECT_NEAR(
      energy[EnergyPart::kPromotion] + energy[EnergyPart::kTail] + energy[EnergyPart::kIdle],
      100 - transfers_s, 1e-9);
}

// Between listening times, 40.1 ms apart in long DRX, an answer waits; right after the upload it
// does not. Derivation: the answer is ready 5 s after the upload, of which 4.88 s are in long DRX,
// and 4.88 mod 0.0401 = 0.0279 s into a cycle, whose next begins 0.0122 s later.
TEST(RadioStates, AnAnswerWaitsForTheNextListeningTime) {
  const auto states = dynamic_cast<const RadioStates&>(*shipped("4g").machine);
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
  const auto states = dynamic_cast<const RadioStates&>(*shipped("4g").machine);
  EXPECT_NEAR(states.tail_length().value(), 11.576, 1e-12);
  const double cycles = std::floor(11.456 / 0.0401);
  const double rest = std::min(0.001, 11.456 - cycles * 0.0401);
  const double expected =
      11.576 * 1.060 + 0.001 * (1.6802 - 1.060) + (cycles * 0.001 + rest) * (1.6801 - 1.060);
  EXPECT_NEAR(states.tail_energy(Seconds{100}).value(), expected, 1e-9);
  EXPECT_NEAR(states.tail_energy(Seconds{0.1}).value(), 0.106, 1e-12);
}

/// A Wi-Fi station in power save: awake for 100 ms after a transfer at 0.2 W, then asleep at 10 mW,
/// listening to a beacon every 100 ms; it wakes in 1 ms at 0.5 W.
class PowerSave final : public RadioMachine {
 public:
  void describe(FieldVisitor& visitor) override { describe_provenance(visitor, source_); }
  [[nodiscard]] const Provenance& source() const override { return source_; }
  void add_constants(Described& /*about*/) const override {}
  [[nodiscard]] Seconds promotion_length() const override { return Seconds{0.001}; }
  [[nodiscard]] Joules promotion_energy() const override { return Joules{0.0005}; }
  [[nodiscard]] bool connected(Seconds elapsed) const override { return elapsed < Seconds{0.1}; }
  [[nodiscard]] Hearing hearing(Seconds elapsed) const override {
    if (connected(elapsed)) return {};
    return {Seconds{0.1 - std::fmod(elapsed.value(), 0.1)}, true};
  }
  [[nodiscard]] RadioDraw draw(Seconds last, Seconds from, Seconds to) const override {
    const Seconds asleep = std::max(last + Seconds{0.1}, from);
    return {Watts{0.2} * (std::min(asleep, to) - from),
            Watts{0.01} * std::max(Seconds{0}, to - asleep)};
  }
  void each_state(Seconds /*last*/, Seconds from, Seconds to,
                  const TakeState& take) const override {
    take("power save", from, to);
  }

 private:
  Provenance source_;
};

// A radio of another kind is a machine of its own, and the fleet asks no more of it. The answer is
// ready 250 ms after the upload: it waits 50 ms for the third beacon, and 1 ms for the radio to
// wake.
TEST(RadioMachine, OfAnotherKindIsPlayedByWhatItSays) {
  Workload workload;
  workload.process = Workload::Process::kTrace;
  workload.dates_s = {10};
  FleetModel model =
      simple_fleet({.upload_bytes = 1000, .server_s = 0.250, .result_bytes = 1000}, workload, 1);
  model.duration_s = 100;
  model.cells[0] = testing::cell_of(1e6, 1e6);
  model.cells[0].machine = std::make_shared<PowerSave>();
  const FleetResult result = simulate_fleet(model).front();
  EXPECT_NEAR(result.records[0].phases[Phase::kPromotion], 0.001 + 0.050 + 0.001, 1e-9);
  EXPECT_NEAR(result.records[0].latency_s, 0.052 + 0.250 + 2 * 0.001, 1e-9);
  EXPECT_NEAR(result.energy[EnergyPart::kPromotion], 2 * 0.0005, 1e-12);
  EXPECT_NEAR(result.energy[EnergyPart::kTail], 2 * 0.1 * 0.2, 1e-9);
  EXPECT_NEAR(result.energy[EnergyPart::kIdle], (100 - 2 * 0.1 - 2 * 0.001 - 2 * 0.001) * 0.01,
              1e-9);
}

// What a radio's file may have is what the table of machines says.
TEST(RadioMachine, TheTableMakesTheShippedOnes) {
  for (const char* name : {"3g", "4g", "wifi"}) {
    const RadioProfile radio = shipped(name);
    const auto& table = radio_machines();
    EXPECT_TRUE(std::any_of(table.begin(), table.end(), [&](const RadioMachineEntry& entry) {
      return entry.key == radio.machine_key;
    })) << name;
    EXPECT_NE(dynamic_cast<const RadioStates*>(radio.machine.get()), nullptr) << name;
  }
}

}  // namespace
}  // namespace papilio
