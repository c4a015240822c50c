// Claims: waiting costs what the device is known to draw, unless the scenario says otherwise, in
// runs and in fleets, and reports say who says so; a propagation delay of one network or of all
// counts in latency and waiting, in the closed form and in the simulation; a radio used beyond the
// rates at which its powers are known is told, and so is a layer that is opaque, whatever is known
// of its time.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/error.hpp"
#include "sim/plan/select.hpp"
#include "sim/play/engine/simulate.hpp"
#include "sim/play/engine/simulate_fleet.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/report/outcome.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr const char* kSource = "kind: measured, source: papilio-profile, at: bench";

/// A network of two layers on a phone of 3 + 2 ms, 6.2 + 3.3 mJ, and a server of 0.375 ms for the
/// second; the first one's 500 bytes cross a radio of 8 Mbit/s at 2 W in 0.5 ms for 1 mJ.
class Waiting : public ::testing::Test {
 protected:
  Waiting() {
    folder_.write("profiles/models/toy.yaml",
                  "title: toy\nlayers:\n"
                  "  - {op: input, name: in, channels: 1, height: 10, width: 10}\n"
                  "  - {op: conv, name: a, out_channels: 5, kernel: 1}\n"
                  "  - {op: conv, name: b, out_channels: 2, kernel: 1}\n");
    phone("");
    write_table("phone", "",
                "[{layer: in, latency_s: 0, energy_j: 0}, "
                "{layer: a, latency_s: 0.003, energy_j: 0.0062}, "
                "{layer: b, latency_s: 0.002, energy_j: 0.0033}]");
    write_table("server", "",
                "[{layer: in, latency_s: 0}, {layer: a, latency_s: 0}, "
                "{layer: b, latency_s: 0.000375}]");
    folder_.write("profiles/devices/server.yaml", "title: a server\n");
    for (const char* name : {"link", "other"}) {
      const auto number = [](const char* key, const char* value) {
        return fmt::format("{}: {{value: {}, {}}}\n", key, value, kSource);
      };
      folder_.write(fmt::format("profiles/radios/{}.yaml", name),
                    "title: a radio\n" + number("uplink_bit_per_s", "8e6") +
                        number("downlink_bit_per_s", "8e6") +
                        number("alpha_uplink_j_per_bit", "100e-9") +
                        number("alpha_downlink_j_per_bit", "50e-9") + number("beta_w", "1.2"));
    }
  }

  /// The phone's file. @param keys lines of YAML
  void phone(const std::string& keys) const {
    folder_.write("profiles/devices/phone.yaml", "title: a phone\n" + keys);
  }
  void write_table(const std::string& device, const std::string& conditions,
                   const std::string& layers) const {
    folder_.write(fmt::format("profiles/layers/{}/toy.yaml", device),
                  fmt::format("device: {}\nmodel: toy\nprecision: fp32\nprovenance: {{{}}}\n{}"
                              "layers: {}\n",
                              device, kSource, conditions, layers));
  }

  /// @param mobile keys behind the device's name  @param keys lines of YAML
  [[nodiscard]] Scenario load(const std::string& mobile, const std::string& keys = "",
                              const std::string& networks = "[link]") const {
    return load_scenario(
        {.file = folder_
                     .write("s.yaml",
                            fmt::format("name: s\nprofiles: profiles\nmodel: toy\n"
                                        "mobile: {{device: phone{}}}\ncloud: {{device: server}}\n"
                                        "networks: {}\n{}strategies:\n"
                                        "  - {{strategy: mobile-only}}\n"
                                        "  - {{strategy: split, after: a}}\n",
                                        mobile, networks, keys))
                     .string()});
  }
  [[nodiscard]] FleetScenario load_fleet_of(const std::string& mobile) const {
    return load_fleet(
        {.file = folder_
                     .write("f.yaml",
                            fmt::format("kind: fleet\nname: f\nprofiles: profiles\n"
                                        "cells: [{{name: c, radio: link, delay_s: 0.005}}]\n"
                                        "servers: [{{name: s, device: server}}]\n"
                                        "mobiles:\n  - name: m\n    cell: c\n    server: s\n"
                                        "    model: toy\n    device: phone\n    result_bytes: 0\n"
                                        "    arrivals: {{process: periodic, period_s: 1, "
                                        "requests: 3}}\n{}"
                                        "strategies: [{{strategy: split, after: a}}]\n",
                                        mobile))
                     .string()});
  }

  testing::TemporaryFolder folder_;
};

constexpr double kNineDigits = 1e-9;

/// What a scenario's cells cost, played; the closed form must say the same.
std::vector<Breakdown> played(const Scenario& scenario) {
  std::vector<World> worlds;
  for (const Cell& cell : scenario.cells) worlds.push_back({cell.plan, cell.use});
  std::vector<Breakdown> took;
  for (const PlayedRequest& one : simulate(worlds)) {
    took.push_back(one.breakdown);
    const World& world = worlds[took.size() - 1];
    testing::expect_agreement(took.back(), closed_form(world.plan, world.use), kNineDigits);
  }
  return took;
}

/// The energies of mobile-only and of the split, mJ.
std::vector<double> energies(const Scenario& scenario) {
  std::vector<double> energies;
  for (const Breakdown& one : played(scenario)) energies.push_back(one.energy().value() * 1e3);
  return energies;
}

MATCHER_P(Mj, value, "") {
  return std::abs(arg - value) < 1e-6;
}

/// What is assumed, as one text.
std::string assumed(const Scenario& scenario) {
  return texts_of(assumptions_of(scenario)).front();
}

constexpr const char* kIdle =
    "idle_power_w: {value: 0.8, kind: measured, source: papilio-profile, at: bench}\n";

// 6.2 + 1 mJ, where the whole network costs 6.2 + 3.3.
TEST_F(Waiting, CostsNothingWhereNobodyKnowsAndTheReportSaysSo) {
  const Scenario scenario = load("");
  EXPECT_THAT(energies(scenario), ElementsAre(Mj(9.5), Mj(7.2)));
  EXPECT_THAT(
      assumed(scenario),
      AllOf(HasSubstr("waiting costs nothing (no idle_power_w, and none is known of phone)"),
            HasSubstr("answers take no time to receive"), HasSubstr("no propagation delay"),
            HasSubstr("coding take no time")));
}

// It waits 0.5 ms for the upload, 0.375 ms for the server and 2 × 5 ms for light: 10.875 ms at 0.8
// W are 8.7 mJ, and 7.2 become 15.9: the winner is another.
TEST_F(Waiting, CostsWhatTheDevicesFileSaysWhichTurnsTheWinnerRound) {
  phone(kIdle);
  const Scenario scenario = load("", "delay_s: 0.005\n");
  EXPECT_THAT(energies(scenario), ElementsAre(Mj(9.5), Mj(15.9)));
  EXPECT_EQ(select(played(scenario), Target::kEnergy).best, 0U) << "mobile-only";
  EXPECT_EQ(select(played(load(", idle_power_w: 0", "delay_s: 0.005\n")), Target::kEnergy).best,
            1U);
  EXPECT_THAT(assumed(scenario),
              AllOf(HasSubstr("waiting draws 0.8 W, by phone's file (measured: papilio-profile, "
                              "bench)"),
                    Not(HasSubstr("propagation"))));
  EXPECT_THAT(effective_yaml(scenario), HasSubstr("idle_power_w: 0.8"));
}

TEST_F(Waiting, CostsWhatTheScenarioSaysWhateverTheDevicesFileDoes) {
  phone(kIdle);
  const Scenario free = load(", idle_power_w: 0");
  EXPECT_THAT(energies(free), ElementsAre(Mj(9.5), Mj(7.2)));
  EXPECT_THAT(assumed(free), HasSubstr("waiting costs nothing, by the scenario, where phone's file "
                                       "(measured: papilio-profile, bench) has 0.8 W"));
  // 0.875 ms at 2 W.
  EXPECT_THAT(energies(load(", idle_power_w: 2")), ElementsAre(Mj(9.5), Mj(7.2 + 1.75)));
}

// A meter that was read for a table's powers knows what the device draws idle.
TEST_F(Waiting, CostsWhatAMeterReadWhereTheFileSaysNothing) {
  const std::string rows =
      "[{layer: in, latency_s: 0, energy_j: 0}, {layer: a, latency_s: 0.003, energy_j: 0.0062}, "
      "{layer: b, latency_s: 0.002, energy_j: 0.0033}]";
  write_table("phone",
              "conditions: {date: x, processor: x, threads: 1, library: x, passes: 9, outliers: 0, "
              "whole_latency_s: 0.005, whole_interval_s: 0, power_from: a meter, power_w: 2, "
              "idle_power_w: 0.4}\n",
              rows);
  const Scenario metered = load("");
  EXPECT_THAT(energies(metered), ElementsAre(Mj(9.5), Mj(7.2 + 0.35)));
  EXPECT_THAT(assumed(metered), HasSubstr("0.4 W, by the layer table phone/toy (a meter)"));
  phone(kIdle);
  EXPECT_THAT(energies(load("")), ElementsAre(Mj(9.5), Mj(7.2 + 0.7))) << "the file goes first";
}

TEST_F(Waiting, OfAFleetIsTheSame) {
  const auto mean_mj = [](const FleetScenario& fleet) {
    const FleetResult result = simulate_fleet(fleet.model).front();
    return result.energy.total() * 1e3 / 3;
  };
  EXPECT_THAT(mean_mj(load_fleet_of("")), Mj(7.2));
  phone(kIdle);
  const FleetScenario fleet = load_fleet_of("");
  EXPECT_THAT(mean_mj(fleet), Mj(15.9));
  EXPECT_THAT(texts_of(assumptions_of(fleet)).front(),
              AllOf(HasSubstr("waiting draws 0.8 W, by phone's file"),
                    HasSubstr("radios are always up"), Not(HasSubstr("propagation"))));
  EXPECT_THAT(effective_yaml(fleet), HasSubstr("idle_power_w: 0.8"));
  EXPECT_THAT(mean_mj(load_fleet_of("    idle_power_w: 0\n")), Mj(7.2));
}

TEST_F(Waiting, ForLightCountsByNetworkAndInAColumnOfItsOwn) {
  const auto header = [](const Scenario& scenario) {
    std::vector<Outcome> outcomes;
    for (const Cell& cell : scenario.cells) {
      outcomes.push_back({.cell = cell, .simulated = closed_form(cell.plan, cell.use)});
    }
    return to_csv(summary_table(Outcomes{outcomes}));
  };
  const Scenario both = load(
      "", "delay_s: 0.1\nnetwork_delays: [{network: other, delay_s: 0.002}]\n", "[link, other]");
  const std::vector<Breakdown> took = played(both);
  ASSERT_EQ(took.size(), 3U);
  EXPECT_EQ(took[0].delay, Seconds{0}) << "mobile-only";
  EXPECT_NEAR(took[1].delay.value(), 0.2, 1e-12);
  EXPECT_NEAR(took[2].delay.value(), 0.004, 1e-12);
  EXPECT_NEAR(took[2].latency().value(), 0.003 + 0.0005 + 0.000375 + 0.004, 1e-12);
  EXPECT_THAT(header(both), HasSubstr("uplink_s,delay_s,cloud_s"));
  EXPECT_THAT(header(load("")), HasSubstr("uplink_s,cloud_s"));
  // What was written out runs to the same.
  const std::string effective = effective_yaml(both);
  EXPECT_THAT(effective, AllOf(HasSubstr("delay_s: 0.1"), HasSubstr("network: other")));
  const Scenario again = load_scenario({.file = folder_.write("e.yaml", effective).string()});
  EXPECT_EQ(again.spec.conditions, both.spec.conditions);
}

TEST_F(Waiting, ForLightNamesANetworkOfTheScenarioOnce) {
  EXPECT_THAT(
      [&] { static_cast<void>(load("", "network_delays: [{network: linc, delay_s: 1}]\n")); },
      ThrowsMessage<ConfigError>(HasSubstr(
          "network_delays.0.network: 'linc' is none of the scenario's networks; did you mean "
          "'link'?")));
  EXPECT_THAT(
      [&] {
        static_cast<void>(load(
            "", "network_delays: [{network: link, delay_s: 1}, {network: link, delay_s: 2}]\n"));
      },
      ThrowsMessage<ConfigError>(
          HasSubstr("network_delays.1.network: 'link' has two delays; remove one")));
}

// Wi-Fi's α is 283.17 mW per Mbit/s and β 132.86 mW: at 40 Mbit/s 11.46 W, where the papers go up
// to 18.88 Mbit/s.
TEST(Radios, SayWhereTheirPowersAreExtrapolated) {
  const ProfileLibrary library{{shipped_profiles()}};
  const Bibliography bibliography{library};
  const Radio wifi = load_radio(library, bibliography, "wifi").radio;
  EXPECT_FALSE(extrapolation_text(wifi, {wifi.uplink, wifi.downlink}));
  EXPECT_FALSE(extrapolation_text(wifi, {bits_per_second(1e6), {}}));
  EXPECT_EQ(
      extrapolation_text(wifi, {bits_per_second(40e6), wifi.downlink}),
      "EXTRAPOLATED: the power coefficients of wifi are used for sending at 40 Mbit/s, which "
      "makes 11.5 W, where they are known up to 18.88 Mbit/s (published: jointdnn-2018, Table "
      "3: the rates that it uses them at).");
  EXPECT_THAT(*extrapolation_text(wifi, {wifi.uplink, bits_per_second(100e6)}),
              HasSubstr("receiving at 100 Mbit/s"));
  Radio unknown = wifi;
  unknown.known.reset();
  EXPECT_FALSE(extrapolation_text(unknown, {bits_per_second(1e9), {}})) << "its file says nothing";
}

// Measured, as all of the toy's times are: nothing is predicted that could tell it.
TEST_F(Waiting, OpaqueLayersAreNamedBesideTheirTimes) {
  EXPECT_THAT(texts_of(assumptions_of(load(""))), Each(Not(HasSubstr("paque"))));
  EXPECT_THAT(texts_of(assumptions_of(load_fleet_of(""))), Each(Not(HasSubstr("paque"))));
  folder_.write("profiles/models/toy.yaml",
                "title: toy\nlayers:\n"
                "  - {op: input, name: in, channels: 1, height: 10, width: 10}\n"
                "  - {op: conv, name: a, out_channels: 5, kernel: 1}\n"
                "  - {op: opaque, name: b, shape: [10, 4], what: NMS and others, macs: 0, "
                "parameters: 0}\n");
  const std::string text =
      "Opaque: toy's layer 'b' is opaque (NMS and others): one stage, without a cut.";
  EXPECT_EQ(texts_of(assumptions_of(load(""))).front(), text);
  EXPECT_EQ(texts_of(assumptions_of(load_fleet_of(""))).front(), text);
}

}  // namespace
}  // namespace papilio
