// Claims of studies: points that share their partitions cost what each would cost alone, to the
// bit; the database depends neither on jobs nor shards; what was computed is not computed again,
// however a point came about; failures and lost workers do what they should; replicates are
// independent and common to all points.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>

#include "sim/base/error.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/study/ask/export.hpp"
#include "sim/study/design/notes.hpp"
#include "sim/study/run/point.hpp"
#include "sim/study/run/run_study.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Mode = StudyDatabase::Mode;
using testing::TemporaryFolder;

constexpr const char* kTable4 = PAPILIO_SOURCE_DIR "/scenarios/paper/table4.yaml";

/// A study with these lines behind its name and base.
class Lab {
 public:
  Study study(const std::string& lines, const std::string& base = kTable4) const {
    const fs::path file = folder_.write(
        "study.yaml", fmt::format("kind: study\nname: lab\nbase: {}\n{}", base, lines));
    return load_study({.file = file.string()});
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_.path() / name; }

  /// Runs a study into a database. @return all that it then holds, row by row
  std::string run(const Study& study, const std::string& name,
                  const RunStudyOptions& options = {}) const {
    StudyDatabase database{path(name), Mode::kWrite};
    outcome = run_study(study, database, options);
    return contents(database);
  }
  static std::string contents(StudyDatabase& database) {
    std::string text;
    for (const char* question :
         {"SELECT * FROM study ORDER BY id",
          "SELECT study, number, hex(hash), replicate, seed, axes, status, error FROM point ORDER "
          "BY study, number",
          "SELECT * FROM summary ORDER BY study, number, row",
          "SELECT * FROM fleet_summary ORDER BY study, number, row"}) {
      text += to_csv(query(database, question));
    }
    return text;
  }

  mutable StudyOutcome outcome;

 private:
  TemporaryFolder folder_;
};

const std::string kSmall =
    "set: {networks: [wifi], energy_models: [stated]}\n"
    "grid:\n"
    "  - {axis: list, key: mobile.load_level, values: [1, 2.5]}\n"
    "  - {axis: log_range, key: uplink_bit_per_s, from: 1e6, to: 9e6, count: 15}\n";

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// The fast way, conditions set on shared partitions, against the slow one, each point a scenario.
TEST(Points, ThatShareTheirPartitionsCostWhatEachCostsAlone) {
  const Lab lab;
  const Study study = lab.study(
      "grid:\n"
      "  - axis: random\n"
      "    count: 40\n"
      "    variables:\n"
      "      - {key: mobile.load_level, from: 0.1, to: 50, scale: log}\n"
      "      - {key: mobile.idle_power_w, from: 0, to: 2}\n"
      "      - {key: cloud.load_level, from: 0.1, to: 50, scale: log}\n"
      "      - {key: uplink_bit_per_s, from: 1e5, to: 1e8, scale: log}\n"
      "      - {key: downlink_bit_per_s, from: 1e5, to: 1e8, scale: log}\n"
      "      - {key: result_bytes, from: 0, to: 1e5, whole: true}\n"
      "      - {key: delay_s, name: delay, from: 0, to: 0.1}\n"
      "  - {axis: list, key: download_takes_time, values: [false, true]}\n");
  CellPoints points{study};
  ASSERT_EQ(study.size, 80U);
  Place place = study.place(0);
  for (std::uint64_t number = 0; number < study.size; ++number, study.advance(place)) {
    const CellPoint point = points.at(place);
    const Node root = study.scenario(place, [](const AxisColumn&) { return false; });
    ProfileCaches caches;
    const Scenario alone = load_scenario(root, study.source, caches);
    ASSERT_EQ(point.cells(), alone.cells.size());
    for (std::size_t i = 0; i < point.cells(); ++i) {
      const World world = point.world(i);
      const Breakdown shared = closed_form(world.plan, world.use);
      const Breakdown own = closed_form(alone.cells[i].plan, alone.cells[i].use);
      ASSERT_TRUE(same_bits(shared.latency().value(), own.latency().value())) << number;
      ASSERT_TRUE(same_bits(shared.energy().value(), own.energy().value())) << number;
    }
  }
}

TEST(Points, HaveTheHashOfWhatTheyAreNotOfHowTheyCameAbout) {
  const Lab lab;
  const auto hash = [&](const std::string& lines, std::uint64_t number = 0) {
    const Study study = lab.study(lines);
    return to_text(CellPoints{study}.at(study.place(number)).hash());
  };
  const std::string by_axis =
      hash("grid: [{axis: list, key: uplink_bit_per_s, values: [3e6, 5e6]}]");
  EXPECT_EQ(by_axis, hash("set: {uplink_bit_per_s: 3000000, name: other}\n"
                          "grid: [{axis: list, key: mobile.load_level, values: [1, 2]}]"));
  EXPECT_EQ(by_axis,
            hash("grid: [{axis: range, key: uplink_bit_per_s, from: 1e6, to: 5e6, step: 1e6}]", 2));
  std::set<std::string> others{by_axis};
  for (const char* lines :
       {"grid: [{axis: list, key: uplink_bit_per_s, values: [3000001]}]",
        "set: {uplink_bit_per_s: 3e6}\ngrid: [{axis: list, key: mobile.load_level, values: [2]}]",
        "set: {uplink_bit_per_s: 3e6}\ngrid: [{axis: list, key: networks, values: [[3g]]}]",
        "method: closed-form\ngrid: [{axis: list, key: uplink_bit_per_s, values: [3e6]}]",
        "grid: [{axis: list, key: download_takes_time, values: [true]}]"}) {
    others.insert(hash(lines));
  }
  EXPECT_EQ(others.size(), 6U);
}

// Both limits are 76.1 - 2 = 74.1 %, but what loses nothing keeps the first whatever its accuracy
// is, and the second only where its accuracy is known.
TEST(Points, DifferInHashWhereTheirLimitsDo) {
  const Lab lab;
  std::set<std::string> hashes;
  for (const char* limit : {"name: none", "accuracy_budget: 0.02", "least_accuracy: 0.741",
                            "limits: {mobile_weight_bytes: 1e6}"}) {
    const Study study = lab.study(fmt::format(
        "set: {{{}}}\ngrid: [{{axis: list, key: uplink_bit_per_s, values: [3e6]}}]", limit));
    hashes.insert(to_text(CellPoints{study}.at(study.place(0)).hash()));
  }
  EXPECT_EQ(hashes.size(), 4U);
}

TEST(Points, DifferInHashWhereTheirCalibrationDoes) {
  const Lab lab;
  const std::string shipped =
      fmt::format("{}/scenarios/examples/calibrations/illustrative.yaml", PAPILIO_SOURCE_DIR);
  testing::TemporaryFolder folder;
  std::string text = testing::read_file(shipped);
  const std::string same = folder.write("same.yaml", "# The same.\n" + text).string();
  const std::string other =
      folder.write("other.yaml", text.replace(text.find("2.1e-4"), 6, "2.2e-4")).string();
  const auto hash = [&](const std::string& set) {
    const Study study = lab.study(fmt::format(
        "set: {{{}}}\ngrid: [{{axis: list, key: uplink_bit_per_s, values: [3e6]}}]", set));
    return to_text(CellPoints{study}.at(study.place(0)).hash());
  };
  const std::string calibrated = hash("calibration: " + shipped);
  EXPECT_NE(calibrated, hash("name: none"));
  EXPECT_NE(calibrated, hash("calibration: " + other));
  EXPECT_EQ(calibrated, hash("calibration: " + same)) << "wherever its numbers stand";
}

// 30 points of 18 cells and more: several engines.
TEST(Studies, NeitherJobsNorShardsShowInTheDatabase) {
  const Lab lab;
  const Study study = lab.study(kSmall);
  const std::string one = lab.run(study, "one.db");
  EXPECT_EQ(lab.outcome.progress.computed, 30U);
  EXPECT_TRUE(one == lab.run(study, "two.db", {.jobs = 2}));
  EXPECT_TRUE(one == lab.run(study, "four.db", {.jobs = 4}));
  using Shards = std::vector<std::uint64_t>;
  const Shards shards = kSanitized ? Shards{2, 0, 1} : Shards{5, 2, 0, 7, 1, 3, 6, 4};
  StudyDatabase merged{lab.path("merged.db"), Mode::kWrite};
  for (const std::uint64_t shard : shards) {
    const std::string name = fmt::format("shard-{}.db", shard);
    lab.run(study, name, {.jobs = 2, .shard = {shard, shards.size()}});
    merged.merge(lab.path(name));
  }
  EXPECT_TRUE(one == Lab::contents(merged));
}

// Requests at 0.005 a second over 100 s: none with e^-0.5 = 61 %. Each of the 20 replicates counts,
// those without a request too; their number is 10 on average, 2 or less or 21 or more in less than
// one of 300 seeds.
TEST(Studies, CountReplicatesInWhichNobodyAsks) {
  const TemporaryFolder folder;
  const fs::path base =
      folder.write("quiet.yaml",
                   "kind: fleet\nname: quiet\nduration_s: 100\ncells: [{name: c, radio: wifi}]\n"
                   "servers: [{name: s}]\nmobiles:\n"
                   "  - {name: m, cell: c, server: s, task: {upload_bytes: 1000},\n"
                   "     arrivals: {process: poisson, rate_per_s: 0.005}}\n");
  const Lab lab;
  lab.run(lab.study("replicates: 20\ngrid:\n"
                    "  - {axis: list, key: mobiles.0.arrivals.rate_per_s, values: [0.005]}\n",
                    base.string()),
          "a.db");
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table sums = query(database,
                           "SELECT count(*), min(arrived), sum(arrived), count(latency_s), "
                           "sum(arrived > 0) FROM fleet_summary");
  EXPECT_EQ(sums.rows[0][0].text(), "20");
  EXPECT_EQ(sums.rows[0][1].text(), "0");
  const int arrived = static_cast<int>(sums.rows[0][2].number().value());
  EXPECT_GT(arrived, 2);
  EXPECT_LT(arrived, 21);
  EXPECT_EQ(sums.rows[0][3].number(), sums.rows[0][4].number())
      << "a latency where there was a request";
  EXPECT_EQ(query(database, "SELECT count(*) FROM point WHERE error <> ''").rows[0][0].text(), "0");
}

TEST(Studies, SimulationAndClosedFormAgree) {
  const Lab lab;
  lab.run(lab.study(kSmall), "a.db");
  lab.run(lab.study(fmt::format("method: closed-form\n{}", kSmall)), "a.db");
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table apart = query(
      database,
      "SELECT count(*), max(abs(a.latency_s - b.latency_s) / b.latency_s), "
      "max(abs(a.energy_j - b.energy_j) / b.energy_j) FROM summary a JOIN summary b ON a.number = "
      "b.number AND a.row = b.row AND a.study = 1 AND b.study = 2");
  EXPECT_EQ(apart.rows[0][0].number(), 30 * 18);
  EXPECT_LT(apart.rows[0][1].number().value(), 1e-9);
  EXPECT_LT(apart.rows[0][2].number().value(), 1e-9);
}

TEST(Studies, GoOnWhereTheyWereStopped) {
  const Lab lab;
  const Study study = lab.study(kSmall);
  const std::string whole = lab.run(study, "whole.db");
  int polls = 0;
  lab.run(study, "a.db", {.stop_requested = [&] { return ++polls > 1; }});
  EXPECT_TRUE(lab.outcome.stopped);
  const std::uint64_t first = lab.outcome.progress.computed;
  EXPECT_GT(first, 0U) << "what was in flight is stored";
  EXPECT_LT(first, 30U);
  EXPECT_TRUE(whole == lab.run(study, "a.db"));
  EXPECT_EQ(lab.outcome.progress.computed, 30 - first) << "and not computed again";
  lab.run(study, "a.db");
  EXPECT_EQ(lab.outcome.progress.computed, 0U);
}

TEST(Studies, AnotherAxisComputesOnlyWhatIsNew) {
  const Lab lab;
  const std::string six =
      "set: {networks: [wifi], energy_models: [stated]}\ngrid:\n"
      "  - {axis: list, key: mobile.load_level, values: [1, 2.5]}\n"
      "  - {axis: log_range, key: uplink_bit_per_s, from: 1e6, to: 9e6, count: 3}\n";
  lab.run(lab.study(six), "a.db");
  // The base's own level, 1, is one of the new axis's: those six points are known.
  const Study more =
      lab.study(six + "  - {axis: list, key: cloud.load_level, values: [1, 3, 9]}\n");
  const std::string extended = lab.run(more, "a.db", {.jobs = 2});
  EXPECT_EQ(lab.outcome.known, 6U);
  EXPECT_EQ(lab.outcome.progress.computed, 12U);
  lab.run(more, "b.db");
  const auto rows = [&](const std::string& name) {
    StudyDatabase database{lab.path(name), Mode::kRead};
    return to_csv(query(database, "SELECT * FROM lab"));
  };
  EXPECT_EQ(rows("a.db"), rows("b.db")) << "taken over or computed, they are the same";
}

// RB8 ends in the sum layer3.0.add, and the ReLU behind it takes no time in the paper's table:
// edges that stop after either have equal times and bytes, and are two partitions all the same.
TEST(Studies, AnEdgeThatStopsElsewhereIsAnotherPoint) {
  const Lab lab;
  const auto run = [&](const std::string& edge_after) {
    lab.run(
        lab.study(fmt::format("set: {{networks: [wifi], energy_models: [stated], edge: "
                              "{{device: gtx-1080-ti}}, strategies: [{{strategy: three-way, "
                              "after: RB3, edge_after: {}}}]}}\n"
                              "grid:\n  - {{axis: list, key: mobile.load_level, values: [1]}}\n",
                              edge_after)),
        "a.db");
    EXPECT_EQ(lab.outcome.known, 0U);
    EXPECT_EQ(lab.outcome.progress.computed, 1U);
  };
  run("RB8");
  run("layer3.0.add");
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table rows =
      query(database, "SELECT partition, edge_after, latency_s FROM summary ORDER BY study");
  ASSERT_EQ(rows.rows.size(), 2U);
  EXPECT_EQ(rows.rows[0][0].text(), "RB3>RB8");
  EXPECT_EQ(rows.rows[1][0].text(), "RB3>layer3.0.add");
  EXPECT_EQ(rows.rows[1][1].text(), "layer3.0.add");
  EXPECT_EQ(rows.rows[0][2].number(), rows.rows[1][2].number());
}

// The same of a path's later cuts: RB14 ends in the sum layer4.0.add and a ReLU of no time.
TEST(Studies, APathByAnotherCutIsAnotherPoint) {
  const Lab lab;
  lab.run(
      lab.study("set: {networks: [wifi], energy_models: [stated], strategies: [{strategy: path, "
                "hops: [{after: RB8, to: cloud}, {after: RB14, to: mobile}]}]}\n"
                "grid:\n  - {axis: list, key: strategies.0.hops.1.after, name: back, values: "
                "[layer4.0.add, RB14]}\n"),
      "a.db");
  EXPECT_EQ(lab.outcome.known, 0U);
  EXPECT_EQ(lab.outcome.progress.computed, 2U);
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table rows = query(database, "SELECT partition, latency_s FROM summary ORDER BY number");
  ASSERT_EQ(rows.rows.size(), 2U);
  EXPECT_EQ(rows.rows[0][0].text(), "RB8:cloud>layer4.0.add:mobile");
  EXPECT_EQ(rows.rows[1][0].text(), "RB8:cloud>RB14:mobile");
  EXPECT_EQ(rows.rows[0][1].number(), rows.rows[1][1].number());
}

TEST(Studies, AFailedPointIsStoredWithItsErrorAndStopsNothing) {
  const Lab lab;
  // RB1 has 256 channels: a unit cannot reduce them to 300.
  const Study study = lab.study(
      "set: {strategies: [{strategy: butterfly, after: [RB1], channels: [1]}]}\n"
      "grid:\n"
      "  - {axis: list, key: strategies.0.channels, values: [1, 300, 2]}\n"
      "  - {axis: list, key: cloud.load_level, values: [1, 2]}\n");
  const std::string all = lab.run(study, "a.db");
  EXPECT_EQ(lab.outcome.progress.computed, 6U);
  EXPECT_EQ(lab.outcome.progress.failed, 2U);
  EXPECT_THAT(lab.outcome.first_error, HasSubstr("strategies.0.channels"));
  EXPECT_THAT(all, HasSubstr("failed"));
  EXPECT_TRUE(all == lab.run(study, "b.db", {.jobs = 3}));
  lab.run(study, "c.db", {.fail_fast = true});
  EXPECT_TRUE(lab.outcome.stopped);
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Document status = status_report(database);
  ASSERT_EQ(status.sections.size(), 2U);
  EXPECT_EQ((*status.sections[1].table).rows[0][1].text(), "2");
}

TEST(Studies, EqualPointsAreComputedOnce) {
  const Lab lab;
  // What it is called changes no number.
  const Study study = lab.study(
      "grid:\n"
      "  - {axis: list, key: description, values: [a, b, c, d]}\n"
      "  - {axis: list, key: cloud.load_level, values: [1, 2, 3]}\n");
  for (const int jobs : {1, 3}) {
    const std::string all = lab.run(study, fmt::format("{}.db", jobs), {.jobs = jobs});
    EXPECT_EQ(lab.outcome.progress.computed, 3U);
    EXPECT_EQ(lab.outcome.known, 9U);
    EXPECT_EQ(lab.outcome.progress.stored, 12U);
  }
}

TEST(Studies, FailuresAreTriedAgainWhenAsked) {
  const Lab lab;
  const Study study = lab.study(
      "set: {strategies: [{strategy: butterfly, after: [RB1], channels: [1]}]}\n"
      "grid: [{axis: list, key: strategies.0.channels, values: [1, 300]}]\n");
  const std::string first = lab.run(study, "a.db");
  lab.run(study, "a.db");
  EXPECT_EQ(lab.outcome.progress.computed, 0U);
  EXPECT_TRUE(first == lab.run(study, "a.db", {.retry_failed = true}));
  EXPECT_EQ(lab.outcome.progress.computed, 1U);
}

TEST(Studies, RecordsAreStoredWhenAsked) {
  const Lab lab;
  const Study study = lab.study(
      "records: true\n"
      "set: {duration_s: 20, output: {records: 1}}\n"
      "grid: [{axis: list, key: mobiles.0.load_level, name: load, values: [1, 2]}]\n",
      PAPILIO_SOURCE_DIR "/scenarios/fleets/workloads.yaml");
  lab.run(study, "a.db", {.jobs = 2});
  EXPECT_EQ(lab.outcome.progress.failed, 0U) << lab.outcome.first_error;
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table apart = query(
      database,
      "SELECT count(*), sum(arrived <> (SELECT count(*) FROM fleet_record AS r WHERE r.study = "
      "s.study AND r.number = s.number AND r.strategy = s.strategy)) FROM fleet_summary AS s WHERE "
      "mobiles = 'all' AND window = 'all'");
  EXPECT_NE(apart.rows[0][0].text(), "0");
  EXPECT_EQ(apart.rows[0][1].text(), "0") << "a record for each request that arrived";
}

TEST(Studies, ConditionsExcludePoints) {
  const Lab lab;
  const std::string grid =
      "set: {networks: [3g]}\n"
      "grid:\n"
      "  - {axis: list, key: networks, name: radio, values: [[3g], [4g], [wifi]]}\n"
      "  - {axis: range, key: mobile.load_level, name: load, from: 1, to: 10, step: 1}\n";
  const auto count = [&](const std::string& exclude) {
    const Study study = lab.study(grid.substr(grid.find("grid")) + "exclude:\n" + exclude);
    std::uint64_t points = 0;
    Place place = study.place(0);
    for (std::uint64_t n = 0; n < study.size; ++n, study.advance(place)) {
      if (!study.excluded(place)) ++points;
    }
    EXPECT_EQ(points, study.count());
    return points;
  };
  EXPECT_EQ(count("  - {radio: 3g, load: {above: 4}}\n"), 24U) << "3g means [3g] too";
  EXPECT_EQ(count("  - {radio: [3g], load: {above: 4}}\n"), 24U);
  EXPECT_EQ(count("  - {load: {at_least: 4, below: 6}}\n"), 24U);
  EXPECT_EQ(count("  - {load: [1, 2, 10]}\n  - {load: 3}\n"), 18U);
  EXPECT_EQ(count("  - {load: {not: [1, 2]}}\n"), 6U);
}

// A fleet of one queue: what differs between replicates is the seed alone.
TEST(Studies, ReplicatesHaveSeedsOfTheirOwnThatAllPointsShare) {
  const Lab lab;
  const std::string lines =
      "replicates: 4\n"
      "set: {duration_s: 30}\n"
      "grid:\n"
      "  - {axis: list, key: mobiles.0.load_level, name: load, values: [1, 2]}\n";
  const std::string fleet = PAPILIO_SOURCE_DIR "/scenarios/fleets/workloads.yaml";
  const std::string one = lab.run(lab.study(lines, fleet), "a.db");
  EXPECT_EQ(lab.outcome.progress.computed, 8U);
  EXPECT_EQ(lab.outcome.progress.failed, 0U) << lab.outcome.first_error;
  EXPECT_TRUE(one == lab.run(lab.study(lines, fleet), "b.db", {.jobs = 3}));
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table seeds = query(database, "SELECT DISTINCT replicate, seed FROM lab");
  ASSERT_EQ(seeds.rows.size(), 4U);
  std::set<std::string> distinct;
  for (const auto& row : seeds.rows) distinct.insert(row[1].text());
  EXPECT_EQ(distinct.size(), 4U);
  const Table latencies =
      query(database, "SELECT DISTINCT latency_s FROM lab WHERE load = 1 AND mobiles = 'all'");
  EXPECT_GE(latencies.rows.size(), 4U);
}

TEST(Studies, AChangedLayerTableIsAnotherPoint) {
  const Lab lab;
  const TemporaryFolder profiles;
  const fs::path table = "layers/jetson-tx2/resnet50-paper.yaml";
  const std::string shipped = testing::read_file(fs::path{PAPILIO_SOURCE_DIR} / "profiles" / table);
  const auto run = [&](const std::string& text) {
    profiles.write(table, text);
    const fs::path file = lab.path("with.yaml");
    std::ofstream{file} << "kind: study\nname: lab\nbase: " << kTable4
                        << "\ngrid: [{axis: list, key: cloud.load_level, values: [1, 2]}]\n";
    const Study study = load_study({.file = file.string(), .profiles = {profiles.path()}});
    StudyDatabase database{lab.path("a.db"), Mode::kWrite};
    return run_study(study, database, {});
  };
  EXPECT_EQ(run(shipped).progress.computed, 2U);
  EXPECT_EQ(run(shipped).progress.computed, 0U);
  std::string changed = shipped;
  const std::size_t at = changed.find("latency_s: ") + std::strlen("latency_s: ");
  changed[at] = changed[at] == '9' ? '8' : '9';
  const StudyOutcome outcome = run(changed);
  EXPECT_EQ(outcome.progress.computed, 2U);
  EXPECT_EQ(outcome.known, 0U);
  const auto latency = [&] {
    StudyDatabase database{lab.path("a.db"), Mode::kRead};
    return query(database, "SELECT sum(latency_s) FROM lab").rows[0][0].number().value();
  };
  const double slow = latency();
  const StudyOutcome back = run(shipped);
  EXPECT_EQ(back.progress.computed, 0U) << "the first ones are still there";
  EXPECT_LT(latency(), slow) << "and are the ones that are shown";
}

// 0.10 and 1e-1 are one value: no second definition, and nothing to compute.
TEST(Studies, AreTheSameHoweverTheirNumbersAreWritten) {
  const Lab lab;
  const auto study = [&](const char* loads, const char* left_out) {
    return lab.study(
        fmt::format("set: {{networks: [wifi], energy_models: [stated]}}\n"
                    "grid:\n  - {{axis: list, key: mobile.load_level, values: {}}}\n"
                    "exclude:\n  - {{mobile.load_level: {}}}\n",
                    loads, left_out));
  };
  const std::string first = lab.run(study("[0.1, 2, 2.5]", "2"), "a.db");
  const Study again = study("[0.10, 2.0, 25e-1]", "2e0");
  EXPECT_EQ(again.count(), 2U);
  EXPECT_EQ(lab.run(again, "a.db"), first);
  EXPECT_EQ(lab.outcome.progress.computed, 0U);
}

// Optional keys, keys of sections that are not there, and a further item of a list.
TEST(Studies, SetKeysThatTheirBaseDoesNotWriteOut) {
  const Lab lab;
  const Study fleet =
      lab.study("grid:\n  - {axis: list, key: mobiles.0.recovery.timeout_s, values: [1, 2]}\n",
                PAPILIO_SOURCE_DIR "/scenarios/fleets/town.yaml");
  ProfileCaches caches;
  const Node root = fleet.scenario(fleet.place(1), [](const AxisColumn&) { return false; });
  EXPECT_EQ(load_fleet(root, fleet.source, caches).spec.mobiles.at(0).recovery.timeout_s, 2);
  const Study cells = lab.study(
      "set: {strategies.3: {strategy: split, after: RB1}}\n"
      "grid:\n  - {axis: list, key: strategies.3.after.1, values: [RB2, RB3]}\n");
  const Node added = cells.scenario(cells.place(1), [](const AxisColumn&) { return false; });
  EXPECT_EQ(load_scenario(added, cells.source, caches).cells.back().plan.name, "split RB3");
}

// Two ends of a range and the values of a list are looked at: Wi-Fi's coefficients are known up to
// 18.88 Mbit/s, 3G's up to 1.1.
TEST(Notes, SayWhatAllPointsAssumeAndWhichGoTooFar) {
  const Lab lab;
  const std::vector<std::string> notes = study_notes(
      lab.study("grid:\n"
                "  - {axis: list, key: networks, values: [[wifi], [3g]]}\n"
                "  - {axis: range, key: uplink_bit_per_s, from: 1e6, to: 40e6, count: 9}\n"
                "  - {axis: list, key: mobile.idle_power_w, values: [0, 2]}\n"));
  ASSERT_EQ(notes.size(), 4U);
  EXPECT_THAT(notes[0], HasSubstr("Layer times: gtx-1080-ti/resnet50-paper (derived"));
  EXPECT_THAT(notes[1],
              AllOf(HasSubstr("Assumed: answers take no time"), Not(HasSubstr("waiting"))))
      << "what an axis varies is in the table";
  EXPECT_THAT(notes[2], HasSubstr("of wifi are used for sending at 40 Mbit/s"));
  EXPECT_THAT(notes[3], HasSubstr("of 3g are used for sending at 40 Mbit/s"));
  EXPECT_EQ(
      study_notes(lab.study("grid: [{axis: list, key: mobile.load_level, values: [1, 2]}]")).size(),
      2U);
}

TEST(Notes, StandBesideTheTablesOfADatabase) {
  const Lab lab;
  lab.run(lab.study("method: closed-form\n" + kSmall), "a.db");
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  EXPECT_THAT(database.study("").notes.back(), HasSubstr("Assumed: waiting costs nothing"));
  EXPECT_EQ(
      query(database, "SELECT count(*) FROM summary WHERE delay_s IS NOT NULL").rows[0][0].number(),
      0)
      << "no scenario spoke of it";
}

// There and back: 10 ms of 5 each way, which the latency has in it.
TEST(Points, AxesOfDelayAreStored) {
  const Lab lab;
  lab.run(lab.study("set: {networks: [wifi], energy_models: [stated]}\n"
                    "grid: [{axis: list, key: delay_s, name: delay, values: [0, 0.005]}]"),
          "a.db");
  StudyDatabase database{lab.path("a.db"), Mode::kRead};
  const Table rows = query(database,
                           "SELECT delay_s, round(latency_s - mobile_s - uplink_s - cloud_s, 9) "
                           "FROM lab WHERE strategy = 'cloud-only' ORDER BY delay");
  ASSERT_EQ(rows.rows.size(), 2U);
  EXPECT_EQ(rows.rows[0][0].text(), "0");
  EXPECT_NEAR(rows.rows[1][0].number().value(), 0.01, 1e-11);
  EXPECT_EQ(rows.rows[1][1].text(), "0.01");
}

}  // namespace
}  // namespace papilio
