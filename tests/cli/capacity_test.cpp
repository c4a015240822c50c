// Claims: the number of mobiles that a server bears is that of queueing theory; every value is
// played with the same random numbers, so the answer does not depend on where the search began;
// what is asked amiss is told.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::AllOf;
using testing::Finished;
using ::testing::HasSubstr;
using testing::run_papilio;
using testing::TemporaryFolder;

/// Mobiles that each ask a server once a second, for 10 ms; a byte crosses in half a microsecond.
constexpr const char* kFleet =
    "kind: fleet\nname: queue\nduration_s: 250\nwarm_up_s: 25\nreplications: 8\n"
    "cells: [{name: air, radio: wifi}]\n"
    "servers: [{name: server}]\n"
    "mobiles:\n"
    "  - {name: phones, count: 20, cell: air, server: server,\n"
    "     task: {upload_bytes: 1, server_s: 0.01}, arrivals: {process: poisson, rate_per_s: 1}}\n";

Finished ask(const TemporaryFolder& folder, const std::vector<std::string>& more,
             const std::string& key = "mobiles.0.count") {
  std::vector<std::string> words{"capacity", folder.write("fleet.yaml", kFleet), "--for", key};
  words.insert(words.end(), more.begin(), more.end());
  return run_papilio(words);
}

// M/D/1 (Pollaczek and Khinchine): W = rho s / (2 (1 - rho)), here with s = 10 ms and rho = N /
// 100. W + s < 20 ms while rho / (2 (1 - rho)) < 1, rho < 2/3: 66 mobiles do and 67 do not, give or
// take what 95 % intervals of eight runs of 66,000 requests leave open, some 2 % of W: dW/dN is
// there s / (2 (1 - rho)²) / 100 = 0.45 ms, so half a mobile.
TEST(Capacity, IsThatOfQueueingTheory) {
  if (kSanitized) GTEST_SKIP() << "theory; the next test and the unit's run its code";
  const TemporaryFolder folder;
  std::vector<nlohmann::json> answers;
  for (const char* start : {"mobiles.0.count=40", "mobiles.0.count=120"}) {
    const Finished found =
        ask(folder, {"--until", "latency_s < 0.02", "--precision", "0", "--json", "--from", "20",
                     "--to", "200", "--jobs", "2", "--set", start});
    ASSERT_EQ(found.exit_code, 0) << found.err;
    answers.push_back(nlohmann::json::parse(found.out)["strategies"].at(0));
    const double keeps = answers.back()["keeps"];
    const double breaks = answers.back()["breaks"];
    EXPECT_NEAR(keeps, 66, 3);
    EXPECT_NEAR(breaks, 67, 3);
    EXPECT_LT(keeps, breaks);
  }
  EXPECT_EQ(answers[0]["keeps"], answers[1]["keeps"]);
  EXPECT_EQ(answers[0]["breaks"], answers[1]["breaks"]);
}

// Whoever reads a pipe sees that it lives: each value that was judged, as it is, is a line.
TEST(Capacity, TellsEachValueWhereNoTerminalShowsABar) {
  const TemporaryFolder folder;
  const std::vector<std::string> words{
      "--until", "latency_s < 0.02", "--to",  "80",          "--format", "csv",
      "--set",   "duration_s=10",    "--set", "warm_up_s=1", "--set",    "replications=4"};
  const Finished told = ask(folder, words);
  ASSERT_EQ(told.exit_code, 0) << told.err;
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(told.err), lines(told.out) - 1) << told.err;  // the rows, and a header
  EXPECT_THAT(told.err, ::testing::ContainsRegex(
                            "mobiles.0.count 20: latency_s 0[.0-9]+( ± [-.e0-9]+)?, keeps\n"));
  std::vector<std::string> silent = words;
  silent.emplace_back("--quiet");
  const Finished quiet = ask(folder, silent);
  EXPECT_EQ(quiet.err, "");
  EXPECT_EQ(quiet.out, told.out);
}

TEST(Capacity, SaysWhatIsAmiss) {
  const TemporaryFolder folder;
  const struct {
    std::vector<std::string> words;
    std::string why;
  } cases[]{
      {{}, "--until 'COLUMN < NUMBER'"},
      {{"--until", "p95 < 1"}, "did you mean 'p95_s'?"},
      {{"--until", "p95_s"}, "there is no relation"},
      {{"--until", "p95_s < 1", "--precision", "2"}, "--precision is a share"},
      {{"--until", "p95_s < 1", "--precision", "1%"}, "'--precision' is invalid; write 0.01"},
      {{"--until", "late/arrived < 1%"}, "'1%' is no number; write 0.01"},
      {{"--until", "p95_s < 1", "--strategy", "RB1"}, "have no 'RB1'"},
      {{"--until", "p95_s < 1", "--from", "9", "--to", "3"},
       "there is no value of mobiles.0.count from --from 9 to --to 3"},
  };
  for (const auto& [words, why] : cases) {
    const Finished refused = ask(folder, words);
    EXPECT_EQ(refused.exit_code, 2) << why;
    EXPECT_THAT(refused.err, HasSubstr(why));
  }
  EXPECT_THAT(ask(folder, {"--until", "p95_s < 1"}, "mobiles.3.count").err,
              HasSubstr("a list of 1"));
  const Finished plain = run_papilio(
      {"capacity", "scenarios/paper/table4.yaml", "--for", "seed", "--until", "latency_s < 1"});
  EXPECT_EQ(plain.exit_code, 2);
  EXPECT_THAT(plain.err, AllOf(HasSubstr("table4.yaml"), HasSubstr("capacity is a fleet's")));
}

}  // namespace
}  // namespace papilio
