// Claims: `papilio plan` says the same in every format, keeps its exit codes, writes nothing where
// it fails, and tells what is wrong with what it was asked; its plans run in scenarios, and in
// studies as their base and by 'set'; limits hold in runs and tables.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/base/data/csv.hpp"
#include "tests/support/program.hpp"
#include "tests/support/run.hpp"
#include "tests/support/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::Finished;
using ::testing::HasSubstr;
using testing::read_file;
using testing::run_papilio;
using testing::run_to;
using testing::TemporaryFolder;

constexpr const char* kPapersScenario = "scenarios/paper/table4.yaml";
constexpr const char* kMeasured = "scenarios/examples/measured.yaml";

Finished plan(std::vector<std::string> words) {
  words.insert(words.begin(), "plan");
  return run_papilio(words);
}

std::string told(std::vector<std::string> words) {
  const Finished finished = plan(std::move(words));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  return finished.out;
}

std::string refused(std::vector<std::string> words) {
  const Finished finished = plan(std::move(words));
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_EQ(finished.out, "");
  return finished.err;
}

TEST(PlanCommand, SaysTheSameAsJsonAndAsCsv) {
  const TemporaryFolder folder;
  for (const char* file : {kPapersScenario, kMeasured, "scenarios/examples/early-exits.yaml"}) {
    SCOPED_TRACE(file);
    const nlohmann::json json = nlohmann::json::parse(told({file, "--json"}));
    const CsvTable csv{folder.write("plans.csv", told({file, "--format", "csv"})).string()};
    std::size_t row = 0;
    for (const nlohmann::json& answer : json["answers"]) {
      std::size_t best = 0;
      for (const nlohmann::json& each : answer["plans"]) {
        ASSERT_LT(row, csv.rows());
        EXPECT_EQ(csv.text(row, "network"), answer["network"]);
        EXPECT_EQ(csv.text(row, "plan"), each["name"]);
        EXPECT_EQ(csv.text(row, "admitted"), each["admitted"].get<bool>() ? "1" : "0");
        for (const char* column :
             {"latency_s", "mobile_energy_j", "cloud_s", "upload_bytes", "mobile_weight_bytes",
              "edge_weight_bytes", "cloud_weight_bytes", "accuracy", "accuracy_loss", "value"}) {
          if (each[column].is_null()) {
            EXPECT_EQ(csv.text(row, column), "") << column;
          } else {
            EXPECT_EQ(csv.number(row, column), each[column].get<double>()) << column;
          }
        }
        if (csv.text(row, "best") == "1") {
          ++best;
          EXPECT_EQ(each, answer["best"]);
        }
        ++row;
      }
      EXPECT_EQ(best, 1U);
    }
    EXPECT_EQ(row, csv.rows());
  }
}

/// Whether one plan is as good as another in everything that a front weighs, and better in
/// something.
bool beats(const nlohmann::json& one, const nlohmann::json& other) {
  bool better = false;
  for (const char* key :
       {"latency_s", "mobile_energy_j", "accuracy_loss", "upload_bytes", "cloud_s"}) {
    if (one[key] > other[key]) return false;
    better = better || one[key] < other[key];
  }
  return better;
}

// What a page shows beside the answer (docs/models/planning.md).
TEST(PlanCommand, SaysAsJsonWhatAPageShows) {
  // With all three energies and accuracies known, so that every plan is on the front or beaten.
  const nlohmann::json json =
      nlohmann::json::parse(told({kPapersScenario, "--limit", "accuracy=0.74", "--json"}));
  for (const nlohmann::json& answer : json["answers"]) {
    const std::string best = answer["best"]["name"];
    std::map<std::string, const nlohmann::json*> plans;
    for (const nlohmann::json& plan : answer["plans"]) {
      EXPECT_TRUE(plans.emplace(plan["name"], &plan).second) << "a name is of one plan";
      double sum_s = 0;
      for (const char* part :
           {"mobile_s", "uplink_s", "delay_s", "edge_s", "backhaul_s", "cloud_s", "downlink_s"}) {
        sum_s += plan["parts"][part].get<double>();
      }
      EXPECT_NEAR(sum_s / plan["latency_s"].get<double>(), 1, 1e-12);
    }
    for (const nlohmann::json& plan : answer["plans"]) {
      if (plan["accuracy_loss"].is_null()) continue;
      const bool beaten = std::any_of(
          answer["plans"].begin(), answer["plans"].end(), [&](const nlohmann::json& other) {
            return !other["accuracy_loss"].is_null() && beats(other, plan);
          });
      EXPECT_EQ(plan["on_front"].get<bool>(), !beaten) << plan["name"];
    }
    for (const nlohmann::json& baseline : answer["baselines"]) {
      EXPECT_TRUE(plans.contains(baseline["name"]));
    }
    for (const nlohmann::json& change : answer["changes"]) {
      const nlohmann::json& stretches = change["stretches"];
      for (std::size_t i = 0; i < stretches.size(); ++i) {
        if (i > 0) {
          EXPECT_EQ(stretches[i]["from"], stretches[i - 1]["to"]);
        }
        if (stretches[i]["from"] < change["here"] && change["here"] < stretches[i]["to"]) {
          EXPECT_EQ(stretches[i]["best"], best);
        }
      }
    }
    // The uplink's axis has as much on either side of the scenario's own rate; that of the cloud's
    // load begins with the scenario's own.
    const nlohmann::json& map = answer["map"];
    const std::size_t middle = map["x"]["values"].size() / 2;
    EXPECT_NEAR(map["x"]["values"][middle].get<double>() / map["x"]["here"].get<double>(), 1, 1e-9);
    EXPECT_EQ(map["y"]["values"][0], map["y"]["here"]);
    EXPECT_EQ(map["best"][0][middle], best);
  }
  const nlohmann::json product =
      nlohmann::json::parse(told({kPapersScenario, "-t", "product", "--json"}));
  EXPECT_FALSE(product["answers"][0].contains("map")) << "a product has no places of change";
}

TEST(PlanCommand, SaysTheNearestMissAsJson) {
  const Finished finished =
      plan({kPapersScenario, "-n", "wifi", "--limit", "latency_s=0.002", "--json"});
  EXPECT_EQ(finished.exit_code, 2);
  const nlohmann::json answer = nlohmann::json::parse(finished.out)["answers"][0];
  EXPECT_TRUE(answer["best"].is_null());
  EXPECT_EQ(answer["nearest"]["name"], "RB1/1/8bit");
  EXPECT_THAT(finished.err, HasSubstr(answer["miss"].get<std::string>()));
}

TEST(PlanCommand, ExplainsAnAnswerByStagesThatAddUp) {
  const std::string text = told({kPapersScenario, "--network", "wifi", "--limit", "accuracy=0.74",
                                 "--explain", "--all-fronts"});
  // RB1 with one channel: 56 x 56 at 8 bit.
  EXPECT_THAT(text, HasSubstr("## Stages of RB1/1/8bit on wifi"));
  EXPECT_THAT(text, HasSubstr("| transfer | mobile to cloud |  3136 |"));
  EXPECT_THAT(text, HasSubstr("## Front on wifi"));
  for (const char* format : {"latex", "html"}) {
    EXPECT_NE(told({kPapersScenario, "--format", format}), "");
  }
}

// What a scenario has by itself, its own file and what a run of it says.
TEST(PlanCommand, WritesPlansThatRun) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "new/plan.yaml").string();
  const Finished planned = plan({kMeasured, "--json", "-o", file});
  EXPECT_EQ(planned.err, "Wrote " + file + "\n") << "the answer for machines holds JSON alone";
  const nlohmann::json json = nlohmann::json::parse(planned.out);
  const fs::path out = folder.path() / "out";
  run_to(out, {kMeasured, "--set", "strategies=[{strategy: plan, from: " + file + "}]"});
  const CsvTable summary{(out / "summary.csv").string()};
  std::size_t found = 0;
  for (const nlohmann::json& answer : json["answers"]) {
    for (std::size_t row = 0; row < summary.rows(); ++row) {
      const std::string& network = summary.text(row, "network");
      if (summary.text(row, "partition") != answer["best"]["name"] ||
          (!network.empty() && network != answer["network"])) {
        continue;
      }
      ++found;
      EXPECT_NEAR(summary.number(row, "latency_s") / answer["best"]["latency_s"].get<double>(), 1,
                  1e-9);
      EXPECT_NEAR(summary.number(row, "energy_j") / answer["best"]["mobile_energy_j"].get<double>(),
                  1, 1e-9);
    }
  }
  EXPECT_EQ(found, 3U);
  // The effective scenario has the strategies themselves, and needs no plan.
  fs::remove(file);
  run_to(folder.path() / "again", {(out / "scenario.effective.yaml").string()});
  testing::expect_same_files(out, folder.path() / "again", {"summary.csv"});
}

// A logarithmic axis begins above 0, and a picture that cannot be drawn leaves no other behind.
TEST(PlanCommand, PicturesTakeSizesAndRanges) {
  const TemporaryFolder folder;
  const std::string front = (folder.path() / "front.pdf").string();
  const std::string map = (folder.path() / "map.svg").string();
  const std::string kept = (folder.path() / "kept").string();
  EXPECT_THAT(refused({kPapersScenario, "--map", map, "--y-range", "0:5"}),
              HasSubstr("papilio plan: error: --y-range: a logarithmic axis has no place for 0"));
  // The map could be drawn so; of the front nothing is left.
  EXPECT_THAT(refused({kPapersScenario, "--map", map, "--front", front, "--y-range", "1:5"}),
              HasSubstr("within its ranges, so there is nothing to draw"));
  EXPECT_THAT(refused({kPapersScenario, "--columns", "1"}),
              HasSubstr("--columns says how a drawing looks, and none is asked for; add --front"));
  for (const std::string& file : {front, map}) EXPECT_FALSE(fs::exists(file));
  testing::expect_success({"plan", kPapersScenario, "-n", "wifi", "--front", front, "--map", map,
                           "--columns", "1", "--title", "`a` {b}", "--keep", kept});
  EXPECT_THAT(read_file(front), HasSubstr("/MediaBox [ 0 0 238 "));
  EXPECT_THAT(read_file(map), HasSubstr(">`a` {b}<"));
  for (const char* file : {"front/plot.gp", "map/plot.gp", "map/table0.dat"}) {
    EXPECT_TRUE(fs::exists(folder.path() / "kept" / file)) << file;
  }
}

TEST(PlanCommand, WritesNothingWhereNoPlanKeepsTheLimits) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "new/plan.yaml").string();
  const std::string map = (folder.path() / "map.svg").string();
  // Mobile-only takes 15.7 ms and the units least 2.287 ms on Wi-Fi, with one channel after RB1:
  // 0.449 on the phone, 3136 B in 1.329, 0.509 in the cloud.
  const std::string error = refused(
      {kPapersScenario, "-n", "wifi", "--limit", "latency_s=0.002", "-o", file, "--map", map});
  EXPECT_THAT(error, HasSubstr("On wifi no plan keeps the limits. The nearest is RB1/1/8bit: its "
                               "latency_s is 0.002287, 0.0002873 above the limit of 0.002."));
  EXPECT_FALSE(fs::exists(folder.path() / "new"));
  EXPECT_FALSE(fs::exists(map));
}

TEST(PlanCommand, TellsTheOtherRadiosWhereOneHasNoPlan) {
  // On 3G the fastest unit takes 8.7 ms, on Wi-Fi 2.3: within 5 ms there is a plan on Wi-Fi alone.
  const Finished finished =
      run_papilio({"plan", kPapersScenario, "--limit", "latency_s=0.005", "--network", "3g",
                   "--network", "wifi", "--format", "csv"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("On 3g no plan keeps the limits."));
  EXPECT_THAT(finished.err, Not(HasSubstr("On wifi")));
  EXPECT_THAT(finished.out, HasSubstr("wifi,RB1/1/8bit"));
}

TEST(PlanCommand, TakesTheLimitsOfTheScenarioToo) {
  const auto best = [](const std::vector<std::string>& more) {
    std::vector<std::string> words{kPapersScenario, "-n", "4g", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return nlohmann::json::parse(told(words))["answers"][0]["best"]["name"].get<std::string>();
  };
  // After RB14 one channel is 49 B, and five are the first of 70 %: 70.01.
  EXPECT_EQ(best({"--limit", "upload_bytes=500", "--limit", "accuracy=0.7"}), "RB14/5/8bit");
  EXPECT_EQ(best({"--set", "limits={upload_bytes: 500}", "--set", "least_accuracy=0.7"}),
            "RB14/5/8bit");
  EXPECT_EQ(best({"--limit", "upload_bytes=0"}), "mobile-only");
}

TEST(PlanCommand, TellsWhatItWasAskedWrongly) {
  EXPECT_THAT(refused({}), HasSubstr("expected one file, got 0"));
  EXPECT_THAT(refused({"nowhere.yaml"}), HasSubstr("cannot read the file"));
  EXPECT_THAT(refused({kPapersScenario, "--planner", "jointdn"}),
              HasSubstr("there is no planner 'jointdn'; did you mean 'jointdnn'?"));
  EXPECT_THAT(refused({"scenarios/examples/generation.yaml", "--planner", "jointdnn"}),
              HasSubstr("jointdnn cannot be asked: a decoder's request runs its network once for "
                        "each token"));
  EXPECT_THAT(refused({kPapersScenario, "--planner", "minimum-cut", "-t", "product"}),
              HasSubstr("minimum-cut cannot be asked: a cut's cost is a sum"));
  EXPECT_THAT(refused({"scenarios/examples/calibrated.yaml"}),
              HasSubstr("calibrated.yaml:13:14: error: calibration: a planner weighs layers and "
                        "transfers one by one"));
  EXPECT_THAT(refused({kPapersScenario, "-t", "speed"}),
              HasSubstr("expected latency, energy, product or"));
  EXPECT_THAT(refused({"scenarios/examples/early-exits.yaml", "-t", "energy"}),
              HasSubstr("the layer table epyc-1-thread/three-exits has no energies; choose"));
}

// The error names what was written: a share, by the name that it was given.
TEST(PlanCommand, TellsHowAPercentageIsWritten) {
  EXPECT_THAT(refused({kPapersScenario, "--limit", "accuracy_loss=1%"}),
              HasSubstr("--limit accuracy_loss: expected a number, got '1%'; write 0.01"));
  EXPECT_THAT(refused({kPapersScenario, "--limit", "accuracy=74 %"}),
              HasSubstr("--limit accuracy: expected a number, got '74 %'; write 0.74"));
  EXPECT_THAT(
      refused({kPapersScenario, "--limit", "accuracy_loss=2"}),
      HasSubstr("--limit accuracy_loss: expected a share of 0 to 1, got '2'; 0.01 lets a plan "
                "lose one percentage point"));
  EXPECT_THAT(refused({kPapersScenario, "--set", "accuracy_budget=1%"}),
              HasSubstr("accuracy_budget: expected a number, got '1%'; write 0.01"));
  EXPECT_THAT(refused({kPapersScenario, "--limit", "latency_s=1%"}), Not(HasSubstr("write")));
  // One limit by both of its names.
  EXPECT_EQ(told({kPapersScenario, "-n", "4g", "--limit", "accuracy_budget=0.01"}),
            told({kPapersScenario, "-n", "4g", "--limit", "accuracy_loss=0.01"}));
}

// No accuracy of U-Net is known. What crosses in 32 bits is the network itself, and loses nothing;
// of 8 bits nobody knows.
TEST(PlanCommand, TellsWhatLosesNothing) {
  const std::string text = told({"scenarios/examples/u-net.yaml", "--limit", "accuracy_loss=0"});
  EXPECT_THAT(text, ::testing::ContainsRegex(R"(/32bit +\|[^|]+\|[^|]+\| +no loss \|)"));
  const TemporaryFolder folder;
  const CsvTable plans{
      folder.write("plans.csv", told({"scenarios/examples/u-net.yaml", "--format", "csv"}))
          .string()};
  int exact = 0;
  int unknown = 0;
  for (std::size_t row = 0; row < plans.rows(); ++row) {
    EXPECT_EQ(plans.text(row, "accuracy"), "");
    const std::string& name = plans.text(row, "plan");
    const bool loses_none = name == "mobile-only" || name.find("32bit") != std::string::npos;
    if (loses_none) {
      ++exact;
      EXPECT_EQ(plans.text(row, "accuracy_loss"), "0") << name;
    } else if (plans.text(row, "strategy") == "split") {
      ++unknown;
      EXPECT_EQ(plans.text(row, "accuracy_loss"), "") << name;
    }
  }
  EXPECT_GT(exact, 1);
  EXPECT_GT(unknown, 0);
}

// A table of an article stands alone: its caption says of what it is. How plans were found is
// nothing for it, and whoever wants one table asks for one.
TEST(PlanCommand, MakesTablesForAnArticle) {
  const std::string all = told({kPapersScenario, "--format", "latex"});
  EXPECT_THAT(all, HasSubstr("\\caption{Answer: resnet50-paper on jetson-tx2 (mobile) and "
                             "gtx-1080-ti (cloud) over 3g, 4g, wifi}"));
  EXPECT_THAT(all, HasSubstr("\\caption{What others cost on wifi: resnet50-paper on jetson-tx2 "
                             "(mobile) and gtx-1080-ti (cloud) over wifi}"));
  EXPECT_THAT(all, Not(HasSubstr("Who proposed")));
  EXPECT_THAT(told({kPapersScenario}), HasSubstr("## Who proposed"));
  const std::string one =
      told({kPapersScenario, "--format", "latex", "--show", "answer", "--show", "stages"});
  EXPECT_THAT(one, HasSubstr("{Answer: "));
  EXPECT_THAT(one, HasSubstr("{Stages of "));
  EXPECT_THAT(one, Not(HasSubstr("What others cost")));
  EXPECT_THAT(one, Not(HasSubstr("What this rests on")));
  EXPECT_THAT(refused({kPapersScenario, "--show", "answers"}),
              HasSubstr("--show: there is no part 'answers'; did you mean 'answer'?"));
}

TEST(PlanCommand, TellsWhatItWrote) {
  const TemporaryFolder folder;
  const std::string map = (folder.path() / "map.svg").string();
  const std::string plans = (folder.path() / "plan.yaml").string();
  EXPECT_THAT(
      told({kPapersScenario, "-n", "wifi", "--map", map, "-o", plans}),
      HasSubstr("\nWrote " + map + "\nWrote " + plans + "\nScenarios and fleets play it as"));
  // What a program reads has nothing else in it.
  const Finished json = plan({kPapersScenario, "-n", "wifi", "-o", plans, "--json"});
  EXPECT_EQ(json.err, "Wrote " + plans + "\n");
  EXPECT_TRUE(nlohmann::json::accept(json.out));
}

TEST(PlanCommand, TellsWhichLimitsMeanNothing) {
  EXPECT_THAT(refused({kPapersScenario, "--limit", "latency_s"}), HasSubstr("expected KEY=VALUE"));
  EXPECT_THAT(refused({kPapersScenario, "--limit", "speed=3"}),
              HasSubstr("unknown key; known: latency_s"));
  EXPECT_THAT(refused({kPapersScenario, "--limit", "latency_s=-1"}), HasSubstr("must be >= 0"));
  EXPECT_THAT(refused({kPapersScenario, "--limit", "latency_s=nan"}), HasSubstr("must be >= 0"));
  EXPECT_THAT(refused({kPapersScenario, "--limit", "accuracy=74"}),
              HasSubstr("must be >= 0 and <= 1"));
  EXPECT_THAT(refused({"scenarios/examples/u-net.yaml", "--limit", "accuracy=0.7"}),
              HasSubstr("needs the key 'accuracy_from' or 'published'"));
}

TEST(PlanCommand, TellsWhichOptionsMeanNothing) {
  EXPECT_THAT(refused({kPapersScenario, "--network", "5g"}), HasSubstr("unknown radio '5g'"));
  EXPECT_THAT(refused({kPapersScenario, "--network", "wifi],x=["}), HasSubstr("not valid YAML"));
  EXPECT_THAT(refused({kPapersScenario, "--bits", "0"}), HasSubstr("--bits must be 1 to 32"));
  EXPECT_THAT(refused({kPapersScenario, "--bits", "33"}), HasSubstr("--bits must be 1 to 32"));
  EXPECT_THAT(refused({kPapersScenario, "--energy-model", "both"}),
              HasSubstr("expected stated or"));
  EXPECT_THAT(refused({kMeasured, "--energy-model", "throughput-only"}),
              HasSubstr("the scenario has stated, not 'throughput-only'"));
  EXPECT_THAT(refused({kPapersScenario, "--map", "m.svg", "--along", "speed"}),
              HasSubstr("there is no axis 'speed'"));
  EXPECT_THAT(refused({kPapersScenario, "--map", "m.svg", "--along", "edge_load"}),
              HasSubstr("there is no axis 'edge_load'"));
  EXPECT_THAT(refused({kPapersScenario, "--map", "m.svg", "--across", "uplink"}),
              HasSubstr("a map needs two conditions"));
  EXPECT_THAT(refused({kPapersScenario, "--map", "m.svg", "-t", "product"}),
              HasSubstr("of a latency or an energy, not of their product"));
  EXPECT_THAT(refused({kPapersScenario, "--front", "f.txt"}), HasSubstr("end the name in .svg"));
  EXPECT_THAT(refused({kPapersScenario, "--format", "pdf"}), HasSubstr("unknown --format 'pdf'"));
  for (const char* file : {"scenarios/fleets/town.yaml", "scenarios/studies/paper.yaml"}) {
    EXPECT_THAT(refused({file}), HasSubstr("kind: a planner weighs one request")) << file;
  }
}

/// The rows of a question to a study's database.
nlohmann::json rows_of(const std::string& database, const std::vector<std::string>& words) {
  std::vector<std::string> all{"table", database};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"--format", "json"});
  const Finished finished = run_papilio(all);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return nlohmann::json::parse(finished.out)["sections"][0]["rows"];
}

// One plan in the base, one by 'set'; an axis cannot bring another, and says so.
TEST(Plans, AreTakenByStudies) {
  const TemporaryFolder folder;
  told({kMeasured, "-o", (folder.path() / "plan.yaml").string()});
  const std::string base = read_file(fs::path{PAPILIO_SOURCE_DIR} / kMeasured);
  folder.write("base.yaml", base.substr(0, base.find("strategies:")) +
                                "strategies: [{strategy: plan, from: plan.yaml}]\n");
  folder.write("other.yaml", base);
  const auto study = [&](const std::string& name, const std::string& keys) {
    return folder
        .write(name + ".yaml", "kind: study\nname: " + name + "\nmethod: closed-form\n" + keys)
        .string();
  };
  const std::string load = "  - {axis: list, key: cloud.load_level, values: [1, 2]}\n";
  const std::vector<std::string> studies{
      study("in-base", "base: base.yaml\ngrid:\n" + load),
      study("by-set",
            "base: other.yaml\nset: {strategies: [{strategy: plan, from: plan.yaml}]}\ngrid:\n" +
                load)};
  for (const std::string& file : studies) {
    SCOPED_TRACE(file);
    const std::string database = file + ".db";
    const Finished run = run_papilio({"study", "run", file, "-o", database, "-q"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const nlohmann::json rows = rows_of(
        database, {"--rows", "partition", "--cols", "cloud.load_level", "--where", "network=4g"});
    std::vector<std::string> names;
    for (const auto& row : rows) names.push_back(row["partition"]);
    EXPECT_THAT(names, ::testing::UnorderedElementsAre("mobile-only", "cloud-only/file",
                                                       "cloud-only/webp:75"));
  }
  const std::string axis = study(
      "by-axis",
      "base: other.yaml\ngrid:\n  - {axis: list, key: strategies.0, name: plan, values: "
      "[{strategy: plan, from: plan.yaml}, {strategy: plan, from: plan.yaml, network: 4g}]}\n");
  const Finished check = run_papilio({"study", "check", axis});
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_THAT(check.err, HasSubstr("a plan's strategies come in where a file is read"));
}

// Each row is admitted exactly where its own latency is within.
TEST(Limits, FollowTheRateOfAStudy) {
  const TemporaryFolder folder;
  folder.write("study.yaml", std::string{"kind: study\nname: s\nmethod: closed-form\nbase: "} +
                                 PAPILIO_SOURCE_DIR + "/" + kPapersScenario +
                                 "\nset: {networks: [wifi], energy_models: [stated], limits: "
                                 "{latency_s: 0.012}}\ngrid:\n  - {axis: list, key: "
                                 "uplink_bit_per_s, values: [0.5e6, 2e6, 8e6, 32e6]}\n");
  const std::string database = (folder.path() / "s.db").string();
  const Finished run =
      run_papilio({"study", "run", (folder.path() / "study.yaml").string(), "-o", database, "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  constexpr const char* kAgreement =
      "select count(*) as rows, sum(admitted) as admitted, sum(latency_s <= 0.012) as within, "
      "sum(admitted = (latency_s <= 0.012)) as agree from summary";
  const Finished sql = run_papilio({"study", "sql", database, kAgreement, "--format", "csv"});
  ASSERT_EQ(sql.exit_code, 0) << sql.err;
  const CsvTable table{folder.write("sql.csv", sql.out).string()};
  EXPECT_EQ(table.number(0, "agree"), table.number(0, "rows"));
  EXPECT_GT(table.number(0, "admitted"), 0);
  EXPECT_LT(table.number(0, "admitted"), table.number(0, "rows"));
  // Nothing is within at 0.5 Mbit/s, where mobile-only would be the best of all with 15.7 ms.
  const nlohmann::json rows = rows_of(
      database, {"--rows", "uplink_bit_per_s", "--value", "latency", "--best", "partition"});
  ASSERT_EQ(rows.size(), 4U);
  for (const auto& row : rows) EXPECT_NE(row["partition"], "mobile-only") << row;
}

TEST(Limits, HoldInTheSelectedCutsOfARun) {
  const TemporaryFolder folder;
  const auto selected = [&](const std::string& limit) {
    const Finished run =
        run_papilio({"run", kPapersScenario, "--set", "networks=[wifi]", "--set", "limits=" + limit,
                     "-o", (folder.path() / "x").string(), "--format", "json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return nlohmann::json::parse(run.out)["selected"][0]["cut"].dump();
  };
  // RB1 takes 2.3 ms with 3136 B, RB4 with 1568 B 4.3, RB14 with 490 B.
  EXPECT_EQ(selected("{latency_s: 1}"), "\"RB1\"");
  EXPECT_EQ(selected("{upload_bytes: 2000}"), "\"RB4\"");
  EXPECT_EQ(selected("{upload_bytes: 500}"), "\"RB14\"");
  EXPECT_EQ(selected("{upload_bytes: 400}"), "null");
  EXPECT_THAT(read_file(folder.path() / "x/scenario.effective.yaml"),
              HasSubstr("limits:\n  upload_bytes: 400"));
}

}  // namespace
}  // namespace papilio
