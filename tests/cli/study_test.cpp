// Claims: studies from the command line, as README has them; and that whatever happens to one (kill
// -9 of the program or its workers, Ctrl-C, a full disk, a read-only, damaged or foreign database)
// leaves what was stored unharmed, and the same command ends in the same database.

#include "tests/support/study.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/program.hpp"
#include "tests/support/stored_points.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::expect_success;
using testing::Finished;
using ::testing::HasSubstr;
using testing::points_or_fewer;
using testing::read_file;
using testing::run_papilio;
using testing::stored_points;
using testing::study_contents;
using testing::TemporaryFolder;
using testing::write_study;

const fs::path kRoot{PAPILIO_SOURCE_DIR};

constexpr const char* kSummaryOfCells =
    "SELECT strategy, network, cut, channels, bits, energy_model, payload_bytes, n, latency_s, "
    "mobile_s, uplink_s, cloud_s, downlink_s, energy_j, mobile_j, uplink_j, downlink_j, "
    "speedup_latency, speedup_energy, accuracy, partition FROM paper WHERE strategy <> "
    "'mobile-only'";

TEST(Study, MakesThePapersTablesFromADatabase) {
  const TemporaryFolder folder;
  const std::string database = (folder.path() / "paper.db").string();
  expect_success({"study", "run", "scenarios/studies/paper.yaml", "-o", database, "-q"});
  const fs::path golden = kRoot / "results/reference/studies";
  EXPECT_EQ(expect_success({"table", database, "--rows", "cut", "--cols", "network", "--value",
                            "latency", "--where", "strategy=butterfly"})
                .out,
            read_file(golden / "paper-latency.md"));
  EXPECT_EQ(expect_success({"table", database, "--rows", "partition", "--cols", "network",
                            "--value", "energy", "--group", "energy_model"})
                .out,
            read_file(golden / "paper-energy.md"));
  EXPECT_EQ(expect_success({"table", database, "--rows", "partition", "--cols", "network",
                            "--value", "latency", "--relative-to", "cloud-only"})
                .out,
            read_file(golden / "paper-speedup.md"));
  // The same cells as the scenario's own run, whose golden tables are the paper's.
  const std::string summary =
      expect_success({"study", "sql", database, kSummaryOfCells, "--format", "csv"}).out;
  const TemporaryFolder run;
  expect_success({"run", "scenarios/paper/table4.yaml", "-q", "-o", run.path().string()});
  const std::string own = read_file(run.path() / "summary.csv");
  std::istringstream lines{summary};
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    EXPECT_THAT(own, HasSubstr(line + "\n"));
  }
  EXPECT_EQ(rows, 103) << "a header, and 17 partitions on 3 radios under 2 readings";
}

// By hand, from the residuals c of the paper's Table IV (facts of the derivation in
// docs/models/paper-profiles.md): mobile-only below 8·980/(15.7 − 7.24) ms = 0.93 Mbit/s, RB8 to
// 8·(1568 − 980)/(7.24 − 3.63) = 1.30, RB4 to 8·(3136 − 1568)/(3.63 − 0.96) = 4.70, RB1 above.
TEST(Study, FindsWhereTheBestChoiceMoves) {
  const TemporaryFolder folder;
  const std::string database = (folder.path() / "bandwidth.db").string();
  expect_success({"study", "run", "scenarios/studies/bandwidth.yaml", "-o", database, "-q"});
  const auto table = nlohmann::json::parse(
      expect_success({"table", database, "--rows", "uplink_bit_per_s", "--value", "latency",
                      "--best", "partition", "--format", "json"})
          .out)["sections"][0]["rows"];
  ASSERT_EQ(table.size(), 401U);
  std::vector<std::pair<std::string, double>> moves;
  for (const auto& row : table) {
    const std::string best = row["partition"];
    const double rate = row["uplink_bit_per_s"];
    if (moves.empty() || moves.back().first != best) moves.emplace_back(best, rate);
  }
  ASSERT_EQ(moves.size(), 4U);
  EXPECT_EQ(moves[0].first, "mobile-only");
  constexpr double kStep = 1.012;  // a rate of the study over the one before
  const std::vector<std::pair<std::string, double>> by_hand{
      {"RB8", 0.927e6}, {"RB4", 1.303e6}, {"RB1", 4.70e6}};
  for (std::size_t i = 0; i < by_hand.size(); ++i) {
    EXPECT_EQ(moves[i + 1].first, by_hand[i].first);
    EXPECT_GT(moves[i + 1].second, by_hand[i].second / kStep);
    EXPECT_LT(moves[i + 1].second, by_hand[i].second * kStep * kStep);
  }
  EXPECT_EQ(expect_success({"table", database, "--rows", "uplink_bit_per_s", "--value", "latency",
                            "--best", "partition"})
                .out,
            read_file(kRoot / "results/reference/studies/bandwidth.md"));
}

TEST(Study, DrawsAValueOverAnAxis) {
  const TemporaryFolder folder;
  const std::string database = (folder.path() / "bandwidth.db").string();
  expect_success({"study", "run", "scenarios/studies/bandwidth.yaml", "-o", database, "-q"});
  const std::string file = (folder.path() / "a.svg").string();
  expect_success({"plot", database, "--where", "partition=mobile-only,RB1", "-o", file});
  const std::string svg = read_file(file);
  EXPECT_THAT(svg, ::testing::StartsWith("<?xml"));
  for (const char* text : {"uplink, Mbit/s", "latency, ms", ">mobile-only<", ">RB1<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_THAT(svg, ::testing::Not(HasSubstr(">RB8<")));
  const Finished wrong = run_papilio({"plot", database, "--strategy", "RB1"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("choose with --where"));
}

// A database may come from anyone; gnuplot would run what stands between backquotes in a command.
TEST(Study, NamesOfAxesReachPlotsAsData) {
  const TemporaryFolder folder;
  const std::string database = (folder.path() / "a.db").string();
  const fs::path study = folder.write(
      "st.yaml", fmt::format("kind: study\nname: h\nbase: {}/scenarios/paper/table4.yaml\n"
                             "grid:\n  - {{axis: list, key: mobile.load_level, name: \"l`touch "
                             "EXECUTED`\", values: [1, 2]}}\n",
                             kRoot.string()));
  expect_success({"study", "run", study.string(), "-o", database, "-q"});
  const std::string file = (folder.path() / "a.svg").string();
  expect_success(
      {"plot", database, "--where", "partition=RB1", "--where", "network=3g", "-o", file});
  EXPECT_THAT(read_file(file), HasSubstr(">l`touch EXECUTED`<"));
  EXPECT_FALSE(fs::exists(kRoot / "EXECUTED"));  // where the program runs
}

TEST(Study, ExportsWhatItHolds) {
  const TemporaryFolder folder;
  const std::string database = (folder.path() / "a.db").string();
  expect_success({"study", "run", write_study(folder, 3), "-o", database, "-q"});
  const std::string csv = expect_success({"study", "export", database}).out;
  EXPECT_THAT(csv, ::testing::StartsWith(
                       "number,replicate,seed,status,error,mobile.load_level,strategy,network,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 3 * 104);
  const auto json =
      nlohmann::json::parse(expect_success({"study", "export", database, "--format", "json"}).out);
  ASSERT_EQ(json.size(), 3U * 104);
  EXPECT_EQ(json[104]["mobile.load_level"], 1.5);
  EXPECT_TRUE(json[0]["network"].is_null());
  // Types are the values', wherever they stand and however they are set.
  const std::string query =
      "SELECT 2 AS two, '8' AS eight, 2.5 AS x, NULL AS none, x'12' AS bytes, column1 AS mixed "
      "FROM (VALUES ('7'), (1)) ORDER BY 6 DESC";
  const auto answer =
      nlohmann::json::parse(expect_success({"study", "sql", database, query, "--format", "json"})
                                .out)["sections"][0]["rows"];
  EXPECT_EQ(answer, nlohmann::json::parse(
                        R"([{"two":2,"eight":"8","x":2.5,"none":null,"bytes":"12","mixed":"7"},
                            {"two":2,"eight":"8","x":2.5,"none":null,"bytes":"12","mixed":1}])"));
  EXPECT_EQ(run_papilio({"study", "sql", database, "DELETE FROM point"}).exit_code, 2)
      << "a question changes nothing";
  EXPECT_EQ(expect_success({"study", "export", database}).out, csv);
}

TEST(Study, CtrlCStoresWhatWasInFlight) {
  const TemporaryFolder folder;
  constexpr int kPoints = points_or_fewer(400);
  const std::string study = write_study(folder, kPoints);
  const std::string database = (folder.path() / "a.db").string();
  const Finished stopped =
      run_papilio({"study", "run", study, "-o", database},
                  testing::Stop{.once = [&](pid_t) { return stored_points(database) > 0; }});
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("the same command goes on"));
  const Finished rest = expect_success({"study", "run", study, "-o", database});
  EXPECT_THAT(rest.out, HasSubstr(fmt::format("{} points", kPoints)));
  EXPECT_THAT(rest.out, ::testing::Not(HasSubstr(fmt::format("{} computed now", kPoints))));
  const std::string whole = (folder.path() / "whole.db").string();
  expect_success({"study", "run", study, "-o", whole, "-q"});
  EXPECT_EQ(study_contents(database), study_contents(whole));
}

TEST(Study, FailFastStopsAndOtherwiseFailuresAreTold) {
  const TemporaryFolder folder;
  const std::string study =
      folder
          .write("study.yaml",
                 fmt::format("kind: study\nname: some\nbase: {}/scenarios/paper/table4.yaml\n"
                             "set: {{strategies: [{{strategy: butterfly, after: [RB1], channels: "
                             "[1]}}]}}\ngrid:\n  - {{axis: list, key: strategies.0.channels, "
                             "values: [1, 300, 2]}}\n",
                             kRoot.string()))
          .string();
  const std::string database = (folder.path() / "a.db").string();
  const Finished fast =
      run_papilio({"study", "run", study, "-o", (folder.path() / "f.db").string(), "--fail-fast"});
  EXPECT_EQ(fast.exit_code, 3);
  EXPECT_THAT(fast.err, HasSubstr("stopped at a point that failed"));
  EXPECT_THAT(fast.err, HasSubstr("channels: must be >= 1 and <= 256"));
  const Finished all = expect_success({"study", "run", study, "-o", database});
  EXPECT_THAT(all.out, HasSubstr("1 of them failed"));
  EXPECT_THAT(expect_success({"study", "status", database}).out, HasSubstr("## Errors"));
}

TEST(Study, ShardsMergedAreTheWhole) {
  const TemporaryFolder folder;
  const std::string study = write_study(folder, 6);
  const auto path = [&](const std::string& name) { return (folder.path() / name).string(); };
  expect_success({"study", "run", study, "-o", path("whole.db"), "-q"});
  std::vector<std::string> merge{"study", "merge", "-o", path("merged.db")};
  for (int i = 1; i <= 3; ++i) {
    const std::string name = path(fmt::format("shard-{}.db", i));
    expect_success({"study", "run", study, "-o", name, "--shard", fmt::format("{}/3", i), "-q"});
    merge.push_back(name);
  }
  EXPECT_THAT(expect_success(merge).out, HasSubstr("6 points came from 3 databases"));
  EXPECT_THAT(expect_success(merge).out, HasSubstr("0 points came"));
  EXPECT_EQ(study_contents(path("merged.db")), study_contents(path("whole.db")));
  EXPECT_EQ(run_papilio({"study", "run", study, "--shard", "4/3"}).exit_code, 2);
}

/// Runs a command line of a shell in a mount namespace of its own.
int in_own_mounts(const std::string& script) {
  const int status = std::system(("unshare --mount sh -c '" + script + "'").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A file system of 400 kB, on which a tenth of the study fits and not all of it; then the same one,
// larger. Closed forms are stored as simulations are, and sooner there.
TEST(Study, AFullDiskLosesNothing) {
  if (in_own_mounts("mount -t tmpfs tmpfs /mnt") != 0) {
    GTEST_SKIP() << "needs the right to mount";
  }
  const TemporaryFolder folder;
  const std::string study = write_study(folder, 60, "method: closed-form\n");
  const fs::path disk = folder.path() / "disk";
  fs::create_directories(disk);
  const std::string run =
      fmt::format("{} study run {} -o {}/a.db -q", PAPILIO_PROGRAM, study, disk.string());
  const std::string script = fmt::format(
      "mount -t tmpfs -o size=400k tmpfs {0}; {1} --shard 1/10; echo $? >{2}/code-before; "
      "{1} 2>{2}/err; echo $? >{2}/code; cp {0}/a.db* {2}; "
      "mount -o remount,size=40m {0}; {1}; echo $? >{2}/code-after; cp {0}/a.db {2}/after.db",
      disk.string(), run, folder.path().string());
  ASSERT_EQ(in_own_mounts(script), 0);
  EXPECT_EQ(read_file(folder.path() / "code-before"), "0\n");
  EXPECT_EQ(read_file(folder.path() / "code"), "2\n");
  EXPECT_GE(stored_points(folder.path() / "a.db"), 6);
  EXPECT_LT(stored_points(folder.path() / "a.db"), 60);
  EXPECT_THAT(read_file(folder.path() / "err"),
              HasSubstr("the disk is full; what was stored before is safe"));
  EXPECT_EQ(read_file(folder.path() / "code-after"), "0\n");
  const std::string whole = (folder.path() / "whole.db").string();
  expect_success({"study", "run", study, "-o", whole, "-q"});
  EXPECT_EQ(study_contents(folder.path() / "after.db"), study_contents(whole));
}

// Without the right to override permissions, which root has. The user stays the same, for another
// one may not be able to read the program.
TEST(Study, AReadOnlyDatabaseIsReadAndNotWritten) {
  const TemporaryFolder folder;
  const std::string study = write_study(folder, 2);
  const fs::path database = folder.path() / "a.db";
  expect_success({"study", "run", study, "-o", database.string(), "-q"});
  const std::string before = read_file(database);
  fs::permissions(database, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec |
                                     fs::perms::others_read | fs::perms::others_exec);
  const std::string user =
      ::geteuid() == 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search " : "";
  if (const std::string probe = user + "true 2>/dev/null"; std::system(probe.c_str()) != 0) {
    GTEST_SKIP() << "root may write anywhere, and 'setpriv --bounding-set' cannot take that away";
  }
  const auto run = [&](const std::string& words) {
    const std::string err = (fs::temp_directory_path() / fmt::format("papilio-err-{}", ::getpid()));
    const int status = std::system(
        fmt::format("{}{} {} 2>{} >/dev/null", user, PAPILIO_PROGRAM, words, err).c_str());
    const std::string text = read_file(err);
    fs::remove(err);
    return std::pair{WEXITSTATUS(status), text};
  };
  const auto [code, text] = run(fmt::format("study run {} -o {}", study, database.string()));
  EXPECT_EQ(code, 2);
  EXPECT_THAT(text, HasSubstr("cannot write the database: Permission denied"));
  EXPECT_EQ(run(fmt::format("study status {}", database.string())).first, 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
  EXPECT_EQ(read_file(database), before);
}

TEST(Study, ADamagedOrForeignDatabaseIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  const std::string study = write_study(folder, 2);
  const fs::path text = folder.write("text.db", std::string(5000, 'x'));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"study", "run", study, "-o", text.string()},
        std::vector<std::string>{"study", "export", text.string()},
        std::vector<std::string>{"table", text.string(), "--rows", "cut"}}) {
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr("is no database, or a damaged one, and was left as it is"));
    EXPECT_EQ(run.out, "");
  }
  EXPECT_EQ(read_file(text), std::string(5000, 'x'));
}

TEST(Study, CanBeReadWhileItRuns) {
  const TemporaryFolder folder;
  constexpr int kPoints = points_or_fewer(300);
  const std::string study = write_study(folder, kPoints);
  const std::string database = (folder.path() / "a.db").string();
  std::thread writer{[&] { expect_success({"study", "run", study, "-o", database, "-q"}); }};
  // Some of its points are seen before all are.
  int seen = 0;
  for (int tries = 0; tries < 600 && seen == 0; ++tries) {
    std::this_thread::sleep_for(milliseconds{20});
    const Finished reader =
        run_papilio({"study", "sql", database, "SELECT count(*) FROM point", "--format", "csv"});
    if (reader.exit_code == 0) seen = std::stoi(reader.out.substr(reader.out.find('\n') + 1));
  }
  writer.join();
  EXPECT_GT(seen, 0);
  EXPECT_LT(seen, kPoints);
}

}  // namespace
}  // namespace papilio
