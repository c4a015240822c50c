// Claim: what 'papilio new device' and 'papilio predict' say that a prediction by peak rate and
// bandwidth alone is worth, follows from the tables that come with Papilio: derived here once more,
// from the files and each layer's work.

#include "sim/profiles/data_sheet.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "models/networks/network_file.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/profiles/layer_work.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio_in;
using testing::TemporaryFolder;

/// A number of a device's file; 0: it is not there.
double constant(const Node& device, const std::string& key) {
  const Node::Entry* entry = device.find(key);
  if (entry == nullptr) return 0;
  const Node::Entry* value = entry->value.find("value");
  return (value == nullptr ? entry->value : value->value).number().value_or(0);
}

struct Errors {
  std::vector<double> shares;  ///< without sign, ascending
  double worst{0};             ///< that with the greatest factor, with its sign
};

/// The greater of arithmetic at the peak and bytes at the bandwidth, over all layers: what a data
/// sheet says, by hand.
Errors by_hand() {
  const ProfileLibrary library{{shipped_profiles()}};
  Errors errors;
  double greatest = 0;
  for (const std::string& name : library.names("layers")) {
    if (name.find('@') != std::string::npos) continue;
    const std::string device = name.substr(0, name.find('/'));
    const Node table = load_yaml(library.find("layers", name).string());
    if (table.find("provenance")->value.find("kind")->value.scalar == "predicted") continue;
    const std::string precision = table.find("precision")->value.scalar;
    const Node data = load_yaml(library.find("devices", device).string());
    const double peak = constant(data, fmt::format("peak_{}_flop_per_s", precision));
    const double bandwidth = constant(data, "memory_byte_per_s");
    if (peak == 0 || bandwidth == 0) continue;
    double known_s = 0;
    for (const Node& row : table.find("layers")->value.items) {
      known_s += row.find("latency_s")->value.number().value();
    }
    const Graph graph = *find_network(library, table.find("model")->value.scalar);
    double sheet_s = 0;
    for (LayerId id = 0; id < graph.layers().size(); ++id) {
      const LayerWork work = work_of(graph, id);
      if (work.free) continue;
      const double elements = work.inputs + work.outputs + work.parameters - work.quantised;
      const double bytes = elements * (precision == "fp16" ? 2 : 4) + work.quantised_bytes;
      sheet_s += std::max(2 * work.operations / peak, bytes / bandwidth);
    }
    errors.shares.push_back(std::abs(sheet_s / known_s - 1));
    const double factor = std::max(sheet_s / known_s, known_s / sheet_s);
    if (factor > greatest) {
      greatest = factor;
      errors.worst = sheet_s / known_s - 1;
    }
  }
  std::sort(errors.shares.begin(), errors.shares.end());
  return errors;
}

std::string expected() {
  const Errors errors = by_hand();
  const std::size_t n = errors.shares.size();
  const double median = (errors.shares[(n - 1) / 2] + errors.shares[n / 2]) / 2;
  return fmt::format("off by {:.0f} % in the median and at worst by {:+.0f} % (", median * 100,
                     errors.worst * 100);
}

TEST(DataSheet, ItsWorthFollowsFromTheShippedTables) {
  const TemporaryFolder folder;
  ASSERT_GE(by_hand().shares.size(), 25U);
  const Finished begun = run_papilio_in(
      folder.path(), {"new", "device", "phone", "--peak", "1e12", "--bandwidth", "30e9"});
  ASSERT_EQ(begun.exit_code, 0) << begun.err;
  EXPECT_THAT(begun.out, HasSubstr(expected()));
  EXPECT_THAT(begun.out,
              HasSubstr(fmt::format("over the {} networks that have", by_hand().shares.size())));
  // A radio has no such worth.
  const Finished radio = run_papilio_in(
      folder.path(), {"new", "radio", "home", "--uplink", "1e6", "--downlink", "1e6"});
  EXPECT_THAT(radio.out, Not(HasSubstr("in the median")));
}

TEST(DataSheet, APredictionByItSaysSoToo) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_papilio_in(folder.path(),
                           {"new", "device", "phone", "--peak", "1e12", "--bandwidth", "30e9"})
                .exit_code,
            0);
  const Finished predicted = run_papilio_in(
      folder.path(),
      {"predict", "--model", "resnet18", "--device", "phone", "-o", "results/profiles"});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  EXPECT_THAT(predicted.out, HasSubstr(expected()));
  EXPECT_THAT(read_file(folder.path() / "results/profiles/layers/phone/resnet18.yaml"),
              HasSubstr(expected()));
  // What a total or a table calibrates rests on more than the data sheet.
  const Finished calibrated =
      run_papilio_in(folder.path(), {"predict", "--model", "vgg16", "--device", "tesla-k40"});
  ASSERT_EQ(calibrated.exit_code, 0) << calibrated.err;
  EXPECT_THAT(calibrated.out, Not(HasSubstr("in the median")));
}

// A device that is half as fast as its data sheet, and one that is four times as slow.
TEST(DataSheet, TheWorstIsOffByTheGreatestFactor) {
  DataSheetWorth worth;
  worth.tables = {{.device = "a", .model = "m", .known_s = 4, .predicted_s = 1},
                  {.device = "a", .model = "n", .known_s = 1, .predicted_s = 2},
                  {.device = "b", .model = "m", .known_s = 2, .predicted_s = 1}};
  EXPECT_DOUBLE_EQ(worth.median_error(), 0.75);
  EXPECT_EQ(DataSheetWorth::worst(worth.tables)->known_s, 4);
  EXPECT_THAT(worth.text(), HasSubstr("at worst by -75 % (m on a: 4e+03 ms, predicted 1e+03)"));
  EXPECT_THAT(DataSheetWorth{}.text(), HasSubstr("nobody can tell"));
}

// ResNet-18 has 20 convolutions, 20 batch norms, 17 activations, 8 sums, two pools and a linear
// layer, and a softmax or none: those that compute are counted by what each is said to do.
TEST(DataSheet, WhatItTakesToStartALayerIsCountedOrMissed) {
  const TemporaryFolder folder;
  const auto predict = [&](const std::string& device) {
    return run_papilio_in(folder.path(), {"predict", "--model", "resnet18", "--device", device,
                                          "-o", "results/profiles"});
  };
  const Finished begun = run_papilio_in(
      folder.path(), {"new", "device", "phone", "--peak", "1e12", "--bandwidth", "30e9"});
  EXPECT_THAT(begun.out, HasSubstr("Starting a layer is counted as taking no time, for "
                                   "launch_overhead_s is not given"));
  const ProfileLibrary library{{shipped_profiles()}};
  const Graph graph = *find_network(library, "resnet18");
  int computing = 0;
  for (LayerId id = 0; id < graph.layers().size(); ++id)
    computing += work_of(graph, id).free ? 0 : 1;
  const std::string missed =
      fmt::format("10 µs for each of the {} that compute would be {:.3f} ms more", computing,
                  computing * 10e-6 * 1e3);
  EXPECT_THAT(predict("phone").out, HasSubstr(missed));
  // A plan that rests on the table says so too.
  const Finished scenario = run_papilio_in(
      folder.path(),
      {"new", "scenario", "mine", "--model", "resnet18", "--mobile", "phone", "--cloud", "phone"});
  ASSERT_EQ(scenario.exit_code, 0) << scenario.err;
  const Finished plan = run_papilio_in(folder.path(), {"plan", "mine.yaml"});
  EXPECT_THAT(plan.out.substr(plan.out.find("What this rests on")), HasSubstr(missed));
  const Finished told = run_papilio_in(
      folder.path(),
      {"new", "device", "slow", "--peak", "1e12", "--bandwidth", "30e9", "--overhead", "10e-6"});
  EXPECT_THAT(told.out, Not(HasSubstr("Starting a layer")));
  EXPECT_THAT(predict("slow").out, Not(HasSubstr("Starting a layer")));
}

}  // namespace
}  // namespace papilio
