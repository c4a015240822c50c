// Claim: a timeline shows what happened: its lanes do not overlap, a request's spans sum to its
// latency, arrows lead from slices to slices, and counters return to zero.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/play/fleet/recorder.hpp"
#include "sim/radio/states.hpp"
#include "tests/model/fleets.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using nlohmann::json;
using testing::play_whole;
using testing::random_fleet;

struct Recorded {
  FleetResult result;
  json events;
  std::size_t pieces{0};
  std::size_t largest{0};
};

Recorded record(const FleetModel& model, const TraceSample& sample) {
  Recorded recorded;
  std::string text = TraceEvents::begin({});
  Recorder recorder{model, sample, {}, [&](const std::string& piece) {
                      text += piece;
                      ++recorded.pieces;
                      recorded.largest = std::max(recorded.largest, piece.size());
                    }};
  recorded.result = play_whole(model, &recorder);
  recorded.events = json::parse(text + TraceEvents::end())["traceEvents"];
  return recorded;
}

/// As of tests/model/fleet_spans_test.cpp: radios that sleep, small batteries, several uploads.
FleetModel fleet_of_everything(std::uint64_t seed) {
  FleetModel model = random_fleet(seed);
  RadioStates states;
  states.promotion = Seconds{0.05};
  states.promotion_power = Watts{1};
  states.tail = {{"drx", Seconds{0.02}, Watts{0.1}, Watts{1}, Seconds{0.001}, Seconds{0.01}}};
  states.idle_on = Seconds{0.01};
  states.idle_on_power = Watts{1};
  states.idle_cycle = Seconds{0.1};
  for (CellModel& cell : model.cells) {
    if (seed % 2 == 0) cell.machine = std::make_shared<RadioStates>(states);
  }
  for (GroupModel& group : model.groups) {
    if (seed % 3 == 0) group.battery_j = 0.5;
    if (seed % 5 == 0) testing::send_twice(group.partitions[0]);
  }
  return model;
}

using Lane = std::pair<int, int>;

std::map<Lane, std::vector<json>> lanes_of(const json& events) {
  std::map<Lane, std::vector<json>> lanes;
  for (const json& event : events) {
    if (event["ph"] == "X") lanes[{event["pid"], event["tid"]}].push_back(event);
  }
  for (auto& [lane, slices] : lanes) {
    std::sort(slices.begin(), slices.end(), [](const json& a, const json& b) {
      return a["ts"].get<double>() < b["ts"].get<double>();
    });
  }
  return lanes;
}

// One mobile asks at 1 s: 0.1 s of its own layers, 1 MB up at 10 MB/s takes 0.1 s, the server 0.05
// s, and 100 kB down 0.01 s. So: processor 1 to 1.1 s, uplink to 1.2 s, GPU to 1.25 s, downlink to
// 1.26 s, three arrows between the four.
TEST(FleetTimeline, DrawsOneRequestAsDerivedByHand) {
  const TaskModel task{
      .mobile_s = 0.1, .mobile_j = 0.2, .upload_bytes = 1e6, .server_s = 0.05, .result_bytes = 1e5};
  FleetModel model = testing::simple_fleet(task, testing::asked_at({1.0}), 1);
  const std::string hostile = "<script>\"電話\"</script>";
  model.groups[0].name = hostile;
  const json events = record(model, {}).events;

  std::map<int, std::string> processes;
  std::map<Lane, std::string> names;
  for (const json& event : events) {
    if (event["name"] == "process_name") processes[event["pid"]] = event["args"]["name"];
    if (event["name"] == "thread_name") {
      names[{event["pid"], event["tid"]}] = event["args"]["name"];
    }
  }
  struct Expected {
    const char* process;
    const char* lane;
    double from_s;
    double to_s;
  };
  const std::string mobile = "task: mobile 0 of " + hostile;
  const std::vector<Expected> expected{
      {mobile.c_str(), "processor", 1, 1.1},         {mobile.c_str(), "radio", 1.1, 1.2},
      {mobile.c_str(), "radio", 1.25, 1.26},         {"task: cell cell", "uplink 0", 1.1, 1.2},
      {"task: cell cell", "downlink 0", 1.25, 1.26}, {"task: server server", "GPU 0", 1.2, 1.25}};
  std::size_t place = 0;
  for (const auto& [lane, slices] : lanes_of(events)) {
    for (const json& slice : slices) {
      ASSERT_LT(place, expected.size());
      const Expected& one = expected[place++];
      EXPECT_EQ(processes[lane.first], one.process);
      EXPECT_EQ(names[lane], one.lane);
      EXPECT_NEAR(slice["ts"].get<double>(), one.from_s * 1e6, 1e-3);
      EXPECT_NEAR(slice["dur"].get<double>(), (one.to_s - one.from_s) * 1e6, 1e-3);
      EXPECT_NEAR(slice["args"]["length_s"].get<double>(), one.to_s - one.from_s, 1e-12);
    }
  }
  EXPECT_EQ(place, expected.size());
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const json& event) { return event["ph"] == "s"; }),
            3);
  const auto power = std::find_if(events.begin(), events.end(),
                                  [](const json& event) { return event["name"] == "processor W"; });
  ASSERT_NE(power, events.end());
  EXPECT_NEAR((*power)["args"]["value"].get<double>(), 2.0, 1e-12) << "0.2 J in 0.1 s";
}

// The counters of power are step functions: their integral over the run is all that a mobile draws,
// for its layers, its transfers, the radio's states and waiting, as the ledgers have it.
TEST(FleetTimeline, ShowsPowersThatSumToTheEnergy) {
  const TaskModel task{
      .mobile_s = 0.1, .mobile_j = 0.2, .upload_bytes = 1e6, .server_s = 0.05, .result_bytes = 1e5};
  FleetModel model = testing::simple_fleet(task, testing::asked_at({1.0, 1.1, 5.0}), 2);
  RadioStates states;
  states.promotion = Seconds{0.05};
  states.promotion_power = Watts{1};
  states.tail = {{"short", Seconds{0.2}, Watts{0.8}, Watts{0.8}, Seconds{0}, Seconds{0}},
                 {"long", Seconds{1}, Watts{0.1}, Watts{1}, Seconds{0.01}, Seconds{0.1}}};
  states.idle_on_power = Watts{0.6};
  states.idle_on = Seconds{0.01};
  states.idle_cycle = Seconds{0.1};
  model.cells[0].machine = std::make_shared<RadioStates>(states);
  model.cells[0].radio.beta = Watts{1.5};
  model.groups[0].idle_power_w = 0.3;
  const Recorded recorded = record(model, {});

  struct Counter {
    double date_s{0};
    double value_w{0};
    double energy_j{0};
  };
  std::map<int, std::string> processes;
  std::vector<json> steps;
  std::set<std::string> radio_states;
  for (const json& event : recorded.events) {
    const std::string name = event["name"];
    if (name == "process_name") processes[event["pid"]] = event["args"]["name"];
    if (event["ph"] == "C" && name.ends_with(" W")) steps.push_back(event);
    if (event["ph"] == "X" && event["tid"] == 2) radio_states.insert(name);
  }
  std::stable_sort(steps.begin(), steps.end(), [](const json& a, const json& b) {
    return a["ts"].get<double>() < b["ts"].get<double>();
  });
  std::map<std::pair<std::string, std::string>, Counter> counters;
  for (const json& step : steps) {
    Counter& counter = counters[{processes[step["pid"]], step["name"]}];
    const double date_s = step["ts"].get<double>() / 1e6;
    counter.energy_j += counter.value_w * (date_s - counter.date_s);
    counter.date_s = date_s;
    counter.value_w = step["args"]["value"];
  }
  for (std::size_t i = 0; i < 2; ++i) {
    double energy_j = 0;
    for (const auto& [name, counter] : counters) {
      if (name.first == "task: mobile " + std::to_string(i) + " of mobiles") {
        energy_j += counter.energy_j;
      }
    }
    EXPECT_NEAR(energy_j, recorded.result.mobiles[i].total(), 1e-6);
    EXPECT_GT(energy_j, 1);
  }
  for (const char* state : {"promotion", "sending", "receiving", "short", "long", "idle"}) {
    EXPECT_EQ(radio_states.count(state), 1U) << state;
  }
}

TEST(FleetTimeline, HoldsTogetherWhateverHappens) {
  std::size_t slices = 0;
  std::size_t arrows = 0;
  std::size_t sums = 0;
  for (std::uint64_t seed = 1; seed <= fewer(20U, 6U); ++seed) {
    const FleetModel model = fleet_of_everything(seed);
    const Recorded recorded = record(model, {.mobiles = 1000});

    std::set<std::pair<Lane, double>> begins;
    for (const auto& [lane, all] : lanes_of(recorded.events)) {
      double end = -1;
      for (const json& slice : all) {
        EXPECT_LE(end, slice["ts"].get<double>()) << "slices of a lane overlap: " << slice;
        EXPECT_GT(slice["dur"].get<double>(), 0);
        end = slice["ts"].get<double>() + slice["dur"].get<double>();
        begins.insert({lane, slice["ts"]});
        ++slices;
      }
    }

    std::map<std::string, int> halves;  // of arrows
    struct Track {
      std::vector<std::string> open;
      double sum_s{0};
      double told_s{0};
      double begun_s{0};
      json request;
    };
    std::map<std::string, Track> tracks;
    std::map<std::pair<int, std::string>, std::pair<double, double>> counters;  // last date, value
    for (const json& event : recorded.events) {
      const std::string phase = event["ph"];
      for (const char* field : {"ph", "ts", "pid", "tid", "name"}) {
        ASSERT_TRUE(event.contains(field)) << event;
      }
      if (phase == "s" || phase == "f") {
        halves[event["id"]] += phase == "s" ? 1 : 100;
        EXPECT_TRUE(begins.count({{event["pid"], event["tid"]}, event["ts"]}) == 1)
            << "no slice begins where an arrow does: " << event;
      } else if (phase == "b") {
        Track& track = tracks[event["id"]];
        if (track.open.empty() && event["args"].contains("request")) track.request = event["args"];
        if (event["args"].contains("length_s")) {
          track.told_s += event["args"]["length_s"].get<double>();
          track.begun_s = event["ts"].get<double>() / 1e6;
        }
        track.open.push_back(event["name"]);
      } else if (phase == "e") {
        Track& track = tracks[event["id"]];
        ASSERT_FALSE(track.open.empty());
        EXPECT_EQ(track.open.back(), event["name"]);
        track.open.pop_back();
        if (!track.open.empty()) track.sum_s += event["ts"].get<double>() / 1e6 - track.begun_s;
      } else if (phase == "C") {
        auto& [date, value] = counters[{event["pid"], event["name"]}];
        if (event["ts"].get<double>() >= date) {
          date = event["ts"];
          value = event["args"]["value"];
        }
      }
    }
    for (const auto& [id, half] : halves) EXPECT_EQ(half, 101) << "arrow " << id;
    arrows += halves.size();
    for (const auto& [counter, last] : counters) {
      if (counter.second == "battery") continue;
      EXPECT_EQ(last.second, 0) << counter.second;
    }

    std::map<std::pair<int, int>, double> latencies;
    for (const RequestRecord& one : recorded.result.records) {
      latencies[{static_cast<int>(one.mobile), static_cast<int>(one.number)}] = one.latency_s;
    }
    std::size_t requests = 0;
    for (const auto& [id, track] : tracks) {
      EXPECT_TRUE(track.open.empty());
      if (track.request.is_null()) continue;  // what an attempt left behind
      ++requests;
      const auto latency =
          latencies.find({track.request["mobile"].get<int>(), track.request["request"].get<int>()});
      ASSERT_NE(latency, latencies.end());
      EXPECT_NEAR(track.told_s, latency->second, 1e-9);
      EXPECT_NEAR(track.sum_s, latency->second, 2e-9);  // each end is a step of a date away at most
      ++sums;
    }
    EXPECT_EQ(requests, latencies.size()) << "every request is drawn";
  }
  if (kSanitized) return;  // six of the seeds need not draw as much
  EXPECT_GT(slices, 10000U);
  EXPECT_GT(arrows, 1000U);
  EXPECT_GT(sums, 1000U);
}

TEST(FleetTimeline, IsASampleInBoundedMemoryAndChangesNothing) {
  FleetModel model = testing::simple_fleet({.upload_bytes = 1e4, .server_s = 0.001}, {}, 20);
  model.groups[0].workload.rate_per_s = 5;
  model.groups[0].workload.requests = 100;
  model.record_share = 1;
  const FleetResult alone = play_whole(model);
  const Recorded recorded = record(model, {.mobiles = 3, .from_s = 2, .to_s = 6});
  ASSERT_EQ(recorded.result.records.size(), alone.records.size());
  EXPECT_EQ(recorded.result.energy.total(), alone.energy.total());
  EXPECT_EQ(recorded.result.resources[1].utilisation, alone.resources[1].utilisation);
  EXPECT_GT(recorded.pieces, 1U);
  EXPECT_LT(recorded.largest, 1U << 17U);

  std::set<std::pair<int, int>> drawn;
  for (const json& event : recorded.events) {
    if (event["ph"] != "b" || !event["args"].contains("request")) continue;
    drawn.emplace(event["args"]["mobile"].get<int>(), event["args"]["request"].get<int>());
  }
  std::set<std::pair<int, int>> expected;
  for (const RequestRecord& one : alone.records) {
    if (one.mobile < 3 && one.arrival_s >= 2 && one.arrival_s < 6) {
      expected.insert({static_cast<int>(one.mobile), static_cast<int>(one.number)});
    }
  }
  EXPECT_EQ(drawn, expected);
  EXPECT_GT(drawn.size(), 20U);

  const json few = record(model, {.mobiles = 3, .most_events = 200}).events;
  EXPECT_LT(few.size(), 400U) << "what is in flight is drawn to its end";
  EXPECT_EQ(
      std::count_if(few.begin(), few.end(), [](const json& event) { return event["ph"] == "i"; }),
      1);
}

}  // namespace
}  // namespace papilio
