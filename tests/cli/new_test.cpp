// Claims: what 'papilio new' writes is what the other verbs read, with the answers in it; it asks
// for what is missing, never writes over a file, and nothing where an answer is amiss; a number
// alone in a device's or radio's file is assumed, and reports say so.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/base/data/csv.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::run_papilio;
using testing::TemporaryFolder;

Finished begin(const TemporaryFolder& folder, std::vector<std::string> words) {
  words.insert(words.begin(), "new");
  words.insert(words.end(), {"-o", folder.path().string()});
  return run_papilio(words);
}

TEST(New, BeginsWhatTheOtherVerbsRead) {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  for (const auto& [words, check] : std::map<std::vector<std::string>, std::vector<std::string>>{
           {{"scenario", "mine", "--radio", "wifi"}, {"check", at + "/mine.yaml"}},
           {{"fleet", "town", "--count", "7"}, {"check", at + "/town.yaml"}},
           {{"device", "phone", "--peak", "1e12", "--bandwidth", "30e9", "--idle-power", "1"},
            {"devices", "show", "phone", "--profiles", at}},
           {{"radio", "home", "--uplink", "40e6", "--downlink", "80e6"},
            {"radios", "show", "home", "--profiles", at}}}) {
    const Finished begun = begin(folder, words);
    ASSERT_EQ(begun.exit_code, 0) << begun.err;
    EXPECT_THAT(begun.out, HasSubstr("Next:\n  papilio "));
    const Finished checked = run_papilio(check);
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    const Finished again = begin(folder, words);
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_THAT(again.err, HasSubstr("is there; remove it, or choose another name"));
  }
  EXPECT_THAT(read_file(folder.path() / "town.yaml"), HasSubstr("count: 7\n"));
  // Where layer times are missing, to predict them comes first: what was begun could not be run.
  const Finished predicted = begin(folder, {"scenario", "other", "--model", "alexnet", "--mobile",
                                            "jetson-tx2", "--cloud", "gtx-1080-ti"});
  EXPECT_THAT(predicted.out, HasSubstr("Next:\n  papilio predict --model alexnet --device "
                                       "jetson-tx2,gtx-1080-ti -o results/profiles"));
  const Finished study = begin(folder, {"study", "rates", "--base", at + "/mine.yaml"});
  ASSERT_EQ(study.exit_code, 0) << study.err;
  EXPECT_EQ(run_papilio({"study", "check", at + "/rates.yaml"}).exit_code, 0);
  const Finished trace = begin(folder, {"trace", "lift"});
  ASSERT_EQ(trace.exit_code, 0) << trace.err;
  const Finished plan = run_papilio({"plan", at + "/mine.yaml", "--trace", at + "/lift.csv"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
}

// 1e12 FLOP/s and 30e9 B/s: of the first convolution of ResNet-18 2 · 118,013,952 FLOP take 236.0
// us, and its tensors (3·224² + 64·112² reals and 9,408 weights) 3,850,752 B 128.4 us: the greater.
TEST(New, ADevicePredicts) {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  ASSERT_EQ(begin(folder, {"device", "phone", "--peak", "1e12", "--bandwidth", "30e9"}).exit_code,
            0);
  const Finished made = run_papilio(
      {"predict", "--model", "resnet18", "--device", "phone", "--profiles", at, "-o", at});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("nothing is slower than its data sheet"));
  EXPECT_THAT(read_file(folder.path() / "layers/phone/resnet18.yaml"), HasSubstr("0.000236027904"));
  const Finished shown = run_papilio({"devices", "show", "phone", "--profiles", at});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("assumed"), HasSubstr("peak_fp32_flop_per_s")));
}

// 40 Mbit/s · 283.17 nJ/bit + 0.13286 W = 11.46 W, beyond the 18.88 Mbit/s up to which Wi-Fi's
// coefficients are known: it is said at once, with what to do, and by runs and plans too.
TEST(New, ARadioHasTheRatesAndAnothersPowers) {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  const Finished begun = begin(folder, {"radio", "home", "--uplink", "40e6", "--downlink", "80e6"});
  ASSERT_EQ(begun.exit_code, 0);
  EXPECT_THAT(begun.out, AllOf(HasSubstr("of home are used for sending at 40 Mbit/s, which makes "
                                         "11.5 W, where they are known up to 18.88 Mbit/s"),
                               HasSubstr("state it: --power W.")));
  const Finished run =
      run_papilio({"run", "scenarios/examples/u-net.yaml", "--profiles", at, "--set",
                   "networks=[home]", "-o", at + "/results", "--format", "md"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto tells = AllOf(HasSubstr("beta_w, known_rates.most_uplink_bit_per_s"),
                           HasSubstr("for sending at 40 Mbit/s, which makes 11.5 W, where they "
                                     "are known up to 18.88 Mbit/s (assumed)"));
  EXPECT_THAT(run.out, tells);
  const Finished plan = run_papilio(
      {"plan", "scenarios/examples/u-net.yaml", "--profiles", at, "--set", "networks=[home]"});
  EXPECT_THAT(plan.out, tells);
  EXPECT_THAT(read_file(folder.path() / "radios/home.yaml"),
              AllOf(HasSubstr("alpha_uplink_j_per_bit: 2.8317e-07"), HasSubstr("beta_w: 0.13286")));
}

TEST(New, ARadioMayHaveOnePowerAtEveryRate) {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  const Finished begun =
      begin(folder, {"radio", "lab", "--uplink", "200e6", "--downlink", "400e6", "--power", "1.2"});
  ASSERT_EQ(begun.exit_code, 0);
  EXPECT_THAT(begun.out, Not(HasSubstr("EXTRAPOLATED")));
  const Finished plan = run_papilio(
      {"plan", "scenarios/examples/u-net.yaml", "--profiles", at, "--set", "networks=[lab]"});
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, Not(HasSubstr("EXTRAPOLATED")));
  EXPECT_THAT(read_file(folder.path() / "radios/lab.yaml"),
              AllOf(HasSubstr("alpha_uplink_j_per_bit: 0\n"), HasSubstr("beta_w: 1.2\n")));
}

TEST(New, TakesADelay) {
  const TemporaryFolder folder;
  ASSERT_EQ(begin(folder, {"scenario", "far", "--delay", "0.005"}).exit_code, 0);
  EXPECT_THAT(read_file(folder.path() / "far.yaml"), HasSubstr("\ndelay_s: 0.005 "));
  ASSERT_EQ(begin(folder, {"fleet", "near", "--delay", "0.002"}).exit_code, 0);
  EXPECT_THAT(read_file(folder.path() / "near.yaml"), HasSubstr("delay_s: 0.002}"));
}

// A fleet of one mobile that asks now and then is the scenario's own request, again and again: its
// rates, its delay and its load levels, its edge, and the layers as its strategies cut them.
TEST(New, AFleetBeginsFromAScenario) {
  const TemporaryFolder folder;
  const fs::path base = folder.write(
      "deep/base.yaml",
      "name: base\nmodel: resnet50-paper\nmobile: {device: jetson-tx2, load_level: 1.5}\n"
      "cloud: {device: gtx-1080-ti, load_level: 3}\n"
      "edge: {device: jetson-tx2, load_level: 2, backhaul: {rate_bit_per_s: 2e7, delay_s: 0.004}}\n"
      "networks: [wifi, 3g]\nuplink_bit_per_s: 7e6\ndownlink_bit_per_s: 9e6\ndelay_s: 0.003\n"
      "download_takes_time: true\npublished: butterfly-2019\naccuracy_budget: 0.02\n"
      "limits: {latency_s: 0.5}\nstrategies:\n  - {strategy: mobile-only}\n"
      "  - strategy: split\n    after: [RB4]\n    bits: 32\n"
      "  - {strategy: butterfly, after: [RB8], channels: 5}\n");
  const std::string at = folder.path().string();
  const Finished begun =
      begin(folder, {"fleet", "town", "--base", base.string(), "--count", "1", "--rate", "0.01"});
  ASSERT_EQ(begun.exit_code, 0) << begun.err;
  EXPECT_THAT(begun.out, HasSubstr("Not taken from the scenario: its other radios (3g)"));
  EXPECT_THAT(read_file(folder.path() / "town.yaml"),
              AllOf(HasSubstr("{strategy: split, after: [RB4], bits: 32}"),
                    HasSubstr("limits: {latency_s: 0.5}\n"), HasSubstr("accuracy_budget: 0.02\n")));
  const Finished one = run_papilio({"run", base.string(), "--format", "json", "-o", at + "/one"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  const Finished many =
      run_papilio({"run", at + "/town.yaml", "--format", "json", "-o", at + "/many"});
  ASSERT_EQ(many.exit_code, 0) << many.err;
  const CsvTable requests{(folder.path() / "one/summary.csv").string()};
  const CsvTable fleet{(folder.path() / "many/fleet.csv").string()};
  int compared = 0;
  for (std::size_t i = 0; i < requests.rows(); ++i) {
    const std::string& network = requests.text(i, "network");
    if (network == "3g") continue;
    for (std::size_t j = 0; j < fleet.rows(); ++j) {
      const std::string& strategy = fleet.text(j, "strategy");
      const std::string& partition = requests.text(i, "partition");
      if (strategy != partition) continue;
      ++compared;
      EXPECT_NEAR(fleet.number(j, "p50_s"), requests.number(i, "latency_s"), 1e-9) << strategy;
      break;
    }
  }
  EXPECT_EQ(compared, 3);
  // What an option says goes before what the scenario says.
  ASSERT_EQ(begin(folder, {"fleet", "other", "--base", base.string(), "--radio", "4g"}).exit_code,
            0);
  EXPECT_THAT(read_file(folder.path() / "other.yaml"),
              HasSubstr("radio: 4g, delay_s: 0.003, uplink"));
  const Finished fleet_of_fleet = begin(folder, {"fleet", "third", "--base", at + "/town.yaml"});
  EXPECT_EQ(fleet_of_fleet.exit_code, 2);
  EXPECT_THAT(fleet_of_fleet.err, HasSubstr("town.yaml:3:7: error: kind: a fleet begins from a"));
}

// A plan takes the place of the scenario's cuts, and is found from where the fleet lies.
TEST(New, AFleetPlaysAPlan) {
  const TemporaryFolder folder;
  const fs::path base =
      folder.write("deep/base.yaml",
                   "name: base\nmodel: resnet50-paper\nmobile: {device: jetson-tx2}\n"
                   "cloud: {device: gtx-1080-ti}\nnetworks: [wifi]\nstrategies:\n"
                   "  - {strategy: mobile-only}\n  - {strategy: split, after: all}\n");
  const std::string plan = (folder.path() / "deep/my plan.yaml").string();
  ASSERT_EQ(run_papilio({"plan", base.string(), "-o", plan}).exit_code, 0);
  ASSERT_EQ(begin(folder, {"fleet", "town", "--base", base.string(), "--plan", plan}).exit_code, 0);
  EXPECT_THAT(read_file(folder.path() / "town.yaml"),
              HasSubstr("strategies:\n  - {strategy: mobile-only}\n  - {strategy: cloud-only}\n"
                        "  - {strategy: plan, from: deep/my plan.yaml}\n"));
  const Finished checked = run_papilio({"check", (folder.path() / "town.yaml").string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  // On 3G nothing is worth sending, and such a fleet shares nothing.
  const std::string alone = (folder.path() / "alone.yaml").string();
  ASSERT_EQ(run_papilio({"plan", base.string(), "--set", "networks=[3g]", "-o", alone}).exit_code,
            0);
  EXPECT_THAT(begin(folder, {"fleet", "lone", "--base", base.string(), "--plan", alone}).out,
              HasSubstr("The plan computes everything on the mobiles, which then share neither"));
  const Finished scenario =
      begin(folder, {"fleet", "other", "--base", base.string(), "--plan", base.string()});
  EXPECT_EQ(scenario.exit_code, 2);
  EXPECT_THAT(scenario.err, HasSubstr("base.yaml:1:1: error: kind"));
  EXPECT_FALSE(fs::exists(folder.path() / "other.yaml"));
}

// A file beside the scenario is found from where the fleet lies.
TEST(New, AFleetFindsTheFilesOfItsScenario) {
  const TemporaryFolder folder;
  folder.write("deep/accuracies.csv",
               "cut,channels,bits,codec,seed,images,accuracy\n,0,8,raw,1,1000,0.74\n"
               "RB4,0,8,raw,1,1000,0.73\n");
  const fs::path base =
      folder.write("deep/base.yaml",
                   "name: base\nmodel: resnet50-paper\nmobile: {device: jetson-tx2}\n"
                   "cloud: {device: gtx-1080-ti}\nnetworks: [wifi]\n"
                   "accuracy_from: accuracies.csv\nstrategies:\n  - {strategy: mobile-only}\n"
                   "  - {strategy: split, after: [RB4]}\n");
  ASSERT_EQ(begin(folder, {"fleet", "town", "--base", base.string()}).exit_code, 0);
  EXPECT_THAT(read_file(folder.path() / "town.yaml"),
              HasSubstr("accuracy_from: deep/accuracies.csv\n"));
  const Finished checked = run_papilio({"check", (folder.path() / "town.yaml").string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
}

TEST(New, WritesNothingWhereAnAnswerIsAmiss) {
  const TemporaryFolder folder;
  const struct {
    std::vector<std::string> words;
    std::string why;
  } cases[]{
      {{"device", "phone"}, "needs --peak (peak rate in single precision, FLOP/s) and --bandwidth"},
      {{"device", "phone", "--peak", "fast", "--bandwidth", "1"}, "--peak: expected a number"},
      {{"device", "phone", "--peak", "-1", "--bandwidth", "1"},
       "--peak: expected a number above 0"},
      {{"device", "../phone", "--peak", "1", "--bandwidth", "1"}, "'../phone' is no name"},
      {{"device", "phone", "--peak", "1", "--bandwidth", "1", "--count", "2"},
       "--count is of a fleet, not of a device"},
      {{"scenario", "mine", "--radio", "wfi"}, "did you mean 'wifi'?"},
      {{"scenario", "mine", "--model", "resnet-50"}, "did you mean 'resnet50'?"},
      {{"fleet", "town", "--count", "1.5"}, "expected a whole number"},
      {{"fleet", "town", "--count", "1e3"}, "expected a whole number in digits"},
      {{"fleet", "town", "--count", "99999999999"}, "mobiles.0.count"},
      {{"radio", "home", "--uplink", "1e30", "--downlink", "1"}, "uplink_bit_per_s"},
      {{"device", "phone", "--peak", "1", "--bandwidth", "1", "--title", "bad \xff"}, "not UTF-8"},
      {{"device", "phone", "--peak", "1", "--bandwidth", "1", "--title", "a\xc2\x9b"},
       "cannot be printed"},
      {{"study", "rates", "--base", "x.yaml", "--key", "a, from: 9}, # {"}, "expected a key"},
      {{"scenario", "null"}, "'null' is no name"},
      {{"scenari", "mine"}, "did you mean 'scenario'?"},
  };
  for (const auto& [words, why] : cases) {
    const Finished refused = begin(folder, words);
    EXPECT_EQ(refused.exit_code, 2) << why;
    EXPECT_THAT(refused.err, HasSubstr(why));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(New, QuotesAStudysBaseAndWhatComesNext) {
  const TemporaryFolder folder;
  const std::string base = (folder.path() / "my file # x.yaml").string();
  ASSERT_EQ(run_papilio({"new", "scenario", "mine", "-o", folder.path().string()}).exit_code, 0);
  fs::rename(folder.path() / "mine.yaml", base);
  const fs::path there = folder.path() / "a b";
  const Finished begun =
      run_papilio({"new", "study", "rates", "--base", base, "-o", there.string()});
  ASSERT_EQ(begun.exit_code, 0) << begun.err;
  EXPECT_THAT(begun.out,
              HasSubstr("papilio study check '" + (there / "rates.yaml").string() + "'"));
  const Finished checked = run_papilio({"study", "check", (there / "rates.yaml").string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  fs::create_symlink(folder.path() / "nowhere", folder.path() / "link.yaml");
  const Finished link = begin(folder, {"scenario", "link"});
  EXPECT_EQ(link.exit_code, 2) << "a link that leads nowhere is there too";
}

// A title is text, whatever is in it.
TEST(New, KeepsATitleAsText) {
  const TemporaryFolder folder;
  const std::string title = "phone: \"$(touch x)\"  # {a} <b>";
  ASSERT_EQ(
      begin(folder, {"device", "phone", "--peak", "1e12", "--bandwidth", "3e10", "--title", title})
          .exit_code,
      0);
  EXPECT_THAT(run_papilio({"devices", "show", "phone", "--profiles", folder.path().string()}).out,
              HasSubstr("phone: \"$(touch x)\"  # {a} \\<b>"));
}

// The page of every key is made of what reads the files: after a change of a key,
// 'papilio schema --keys > docs/keys.md'.
TEST(Keys, AreThoseOfTheirPage) {
  const Finished printed = run_papilio({"schema", "--keys"});
  ASSERT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_TRUE(printed.out == read_file(fs::path{PAPILIO_SOURCE_DIR} / "docs/keys.md"))
      << "make it anew: papilio schema --keys > docs/keys.md";
}

}  // namespace
}  // namespace papilio
