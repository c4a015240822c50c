// Claims: whatever is wrong with a file or a stream gets one clear error, exit code 2, in bounded
// time and memory; and a program cannot be made to write into files that it was not told to.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/algorithm/string/replace.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/support/program.hpp"
#include "tests/support/stored_points.hpp"
#include "tests/support/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::expect_success;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using ::testing::StartsWith;
using testing::TemporaryFolder;

const fs::path kProject{PAPILIO_SOURCE_DIR};

/// Runs the program from a shell, with redirections. @return its exit code
int in_shell(const std::string& words) {
  const int status = std::system(
      fmt::format("cd {} && {} {}", PAPILIO_SOURCE_DIR, PAPILIO_PROGRAM, words).c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Doors, AByteThatIsNotUtf8IsToldInEveryYaml) {
  const TemporaryFolder folder;
  const std::string scenario = read_file(kProject / "scenarios/paper/table4.yaml");
  const std::string bad = folder.write("bad.yaml", "# caf\xe9\n" + scenario).string();
  const std::string good = folder.write("good.yaml", scenario).string();
  const std::string grid = "grid:\n  - {axis: list, key: mobile.load_level, values: [1, 2]}\n";
  const std::string study =
      folder.write("study.yaml", "kind: study\nname: s\nbase: bad.yaml\n" + grid).string();
  const std::string bad_study =
      folder.write("bad-study.yaml", "kind: study\nname: \"s\xe9\"\nbase: good.yaml\n" + grid)
          .string();
  folder.write("profiles/radios/r.yaml", "title: caf\xe9\n");
  folder.write("profiles/devices/d.yaml", "title: caf\xe9\n");
  folder.write("profiles/models/m.yaml", "title: caf\xe9\n");
  folder.write("sources/sources.yaml", "caf\xe9: 1\n");
  fs::create_directory(folder.path() / "sources/radios");
  const std::string profiles = (folder.path() / "profiles").string();
  const auto expect_place = [](const std::vector<std::string>& words, const std::string& place) {
    const Finished run = run_papilio(words);
    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr(place + ": error: the byte 0xE9 is not UTF-8"));
    EXPECT_EQ(run.out, "");
  };
  expect_place({"run", bad}, "bad.yaml:1:6");
  expect_place({"check", bad}, "bad.yaml:1:6");
  expect_place({"run", good, "--set", "description=\xe9"}, "--set:1:13");
  expect_place({"study", "run", study, "-o", (folder.path() / "a.db").string()}, "bad.yaml:1:6");
  expect_place({"study", "check", bad_study}, "bad-study.yaml:2:9");
  expect_place({"radios", "show", "r", "--profiles", profiles}, "r.yaml:1:11");
  expect_place({"devices", "show", "d", "--profiles", profiles}, "d.yaml:1:11");
  expect_place({"models", "show", "m", "--profiles", profiles}, "m.yaml:1:11");
  expect_place({"radios", "list", "--profiles", (folder.path() / "sources").string()},
               "sources.yaml:1:4");
  EXPECT_FALSE(fs::exists(folder.path() / "a.db"));
}

TEST(Doors, AFileWithoutAnEndIsNotReadToIt) {
  const Finished run = run_papilio({"run", "/dev/zero"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, StartsWith("/dev/zero: error: holds more than 32 MiB"));
}

TEST(Doors, ManyUnknownKeysAreToldAsAFew) {
  const TemporaryFolder folder;
  std::string text = read_file(kProject / "scenarios/paper/table4.yaml");
  for (int i = 0; i < 20'000; ++i) text += fmt::format("k{}: 1\n", i);
  const Finished run = run_papilio({"run", folder.write("a.yaml", text).string()});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("a.yaml; mend these first\n"));
  EXPECT_LT(run.err.size(), 30'000U);
}

TEST(Doors, NothingIsLostWhereStderrIsClosedOrFull) {
  const TemporaryFolder folder;
  EXPECT_EQ(in_shell("run nowhere.yaml 2>&-"), 2);
  EXPECT_EQ(in_shell("run nowhere.yaml 2>/dev/full"), 2);
  EXPECT_EQ(in_shell("frobnicate >&- 2>&-"), 2);
  EXPECT_EQ(in_shell("models list >&- 2>&-"), 2) << "what cannot be printed is no success";
  // The database would be the file of number 2, and what is said of the failed point go into it.
  const std::string study = testing::write_study(folder, 2);
  const fs::path database = folder.path() / "a.db";
  EXPECT_EQ(in_shell(fmt::format("study run {} -o {} <&- >&- 2>&-", study, database.string())), 2);
  EXPECT_EQ(testing::stored_points(database), 2);
}

TEST(Doors, AStudyWhoseDatabaseIsRemovedEndsWithAnError) {
  const TemporaryFolder folder;
  const fs::path database = folder.path() / "a.db";
  bool removed = false;
  const Finished run =
      run_papilio({"study", "run", testing::write_study(folder, 400), "-o", database.string()},
                  testing::Stop{.signal = 0, .once = [&](pid_t) {
                                  if (testing::stored_points(database) == 0) return false;
                                  removed = fs::remove(database);
                                  return true;
                                }});
  ASSERT_TRUE(removed);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("a.db: error: the database was removed or replaced"));
}

// A server that takes 1e9 s for a request, so that the last is answered after 3e12 s and a row each
// ten seconds would be 1e11 of them; nobody knows before how long the queue gets.
TEST(Doors, ATimeSeriesIsBounded) {
  const TemporaryFolder folder;
  const auto fleet = [&](const std::string& duration, const std::string& service) {
    return folder
        .write(
            "fleet.yaml",
            fmt::format("kind: fleet\nname: f\nduration_s: {}\n"
                        "cells:\n  - {{name: c, radio: wifi, uplink: {{rate_bit_per_s: 1e6}}}}\n"
                        "servers:\n  - {{name: s}}\n"
                        "mobiles:\n  - {{name: m, cell: c, server: s, task: {{upload_bytes: 1000, "
                        "server_s: {}}}, arrivals: {{process: poisson, rate_per_s: 0.1}}}}\n"
                        "output: {{timeseries_s: 10}}\n",
                        duration, service))
        .string();
  };
  const std::string out = (folder.path() / "out").string();
  const Finished late = run_papilio({"run", fleet("1000", "1e9"), "-o", out});
  EXPECT_EQ(late.exit_code, 2);
  EXPECT_THAT(late.err,
              HasSubstr("fleet.yaml:10:24: error: output.timeseries_s: a run goes on for"));
  EXPECT_THAT(late.err, HasSubstr("choose a longer interval"));
  EXPECT_FALSE(fs::exists(out));
  const Finished known = run_papilio({"check", fleet("1e9", "1")});
  EXPECT_EQ(known.exit_code, 2);
  EXPECT_THAT(known.err, HasSubstr("a run goes on for 1e+09 s"));
}

TEST(Doors, WhatAFileSaysReachesTheTerminalAsText) {
  const Finished run = run_papilio({"run", "no\x1b]0;title\x07where\xff.yaml"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, StartsWith("no␛]0;title␇where\uFFFD.yaml: error: "));
}

}  // namespace
}  // namespace papilio
