// Both kinds of scenario go through one door, and what is done with results needs not know which.

#include "sim/run/experiment.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/scenario/source.hpp"

namespace papilio {
namespace {

struct DoorKind {
  const char* file;
  std::vector<std::string> overrides;
  const char* extent;
  std::vector<std::string> files;
};

class Door : public ::testing::TestWithParam<DoorKind> {
 protected:
  [[nodiscard]] static std::unique_ptr<Experiment> load() {
    const ScenarioSource source{.file = PAPILIO_SOURCE_DIR + std::string{"/"} + GetParam().file,
                                .overrides = GetParam().overrides};
    return load_experiment(read_scenario(source), source, {});
  }
};

// Nobody listens and nobody stops it: `PlayOptions` may be empty. The texts are those of two
// workers with a listener.
TEST_P(Door, PlaysWithoutAListener) {
  const std::unique_ptr<Experiment> experiment = load();
  EXPECT_EQ(experiment->extent(), GetParam().extent);
  std::map<std::string, std::string> alone;
  experiment->play({})->each_file(
      [&](const char* name, const std::string& text) { alone[name] = text; });
  std::vector<std::string> names;
  names.reserve(alone.size());
  for (const auto& [name, text] : alone) names.push_back(name);
  EXPECT_EQ(names, GetParam().files);

  double last = 0;
  const std::unique_ptr<Results> heard = experiment->play(
      {.jobs = 2, .on_progress = [&](double share, const std::string& /*text*/) { last = share; }});
  heard->each_file(
      [&](const char* name, const std::string& text) { EXPECT_TRUE(text == alone[name]) << name; });
  EXPECT_GE(last, 0);
  EXPECT_LE(last, 1);
}

// The rows that machines get, as CSV and as JSON, are those of the file.
TEST_P(Door, RowsAreThoseOfTheFile) {
  const std::unique_ptr<Experiment> experiment = load();
  const std::unique_ptr<Results> results = experiment->play({});
  const std::string file = GetParam().files.back() == "summary.csv" ? "summary" : "fleet";
  results->each_file([&](const char* name, const std::string& text) {
    if (name == file + ".csv") {
      EXPECT_EQ(text, to_csv(results->rows()));
    }
  });
  const auto json = nlohmann::json::parse(results->json());
  EXPECT_EQ(json.at(file).size(), results->rows().rows.size());
  EXPECT_EQ(results->report().title, experiment->name());
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Door,
    ::testing::Values(
        DoorKind{"scenarios/examples/path.yaml", {}, "5 cells", {"records.csv", "summary.csv"}},
        DoorKind{"scenarios/bench/w.yaml",
                 {"mobiles.0.count=20"},
                 "20 mobiles, 1 strategy, 1 replication",
                 {"choices.csv", "energy.csv", "fleet.csv", "timeseries.csv"}}),
    [](const auto& test) { return test.index == 0 ? "Cells" : "Fleet"; });

}  // namespace
}  // namespace papilio
