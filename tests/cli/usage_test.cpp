// Claims: every verb explains itself, and a wrong command line is exit 2 with a remedy on stderr.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using testing::run_papilio;
using ::testing::StartsWith;

TEST(Help, ListsTheVerbs) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"--help"}, {"-h"}, {"help"}}) {
    const Finished help = run_papilio(words);
    EXPECT_EQ(help.exit_code, 0);
    for (const char* verb : {"run", "check", "schema", "models", "devices", "radios", "profiles"}) {
      EXPECT_THAT(help.out, HasSubstr(verb));
    }
  }
}

class VerbHelp : public ::testing::TestWithParam<const char*> {};

TEST_P(VerbHelp, HasUsageOptionsAndExamples) {
  const Finished help = run_papilio({GetParam(), "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, StartsWith(std::string{"Usage: papilio "} + GetParam()));
  EXPECT_THAT(help.out, HasSubstr("Options:"));
  EXPECT_THAT(help.out, HasSubstr(std::string{"Examples:\n  papilio "} + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Verbs, VerbHelp,
                         ::testing::Values("run", "check", "schema", "models", "devices", "radios",
                                           "profiles", "import-profile", "report", "capacity",
                                           "new", "calibrate", "replay", "completion", "doctor"));

// What they say is cli.schema's; this runs under the sanitizers too.
TEST(Schema, IsPrintedOfEachKindOfFile) {
  for (const char* kind : {"scenario", "fleet", "study", "network", "payloads"}) {
    const Finished schema = run_papilio({"schema", kind});
    EXPECT_EQ(schema.exit_code, 0) << schema.err;
    EXPECT_THAT(schema.out, StartsWith("{")) << kind;
  }
}

TEST(Help, OfAVerbIsTheVerbs) {
  EXPECT_EQ(run_papilio({"help", "run"}).out, run_papilio({"run", "--help"}).out);
}

TEST(Help, ListsAndSuggestsTopics) {
  EXPECT_THAT(run_papilio({"help"}).out,
              HasSubstr("Topics, for 'papilio help TOPIC':\n  scenario"));
  const Finished unknown = run_papilio({"help", "scenaro"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.err,
            "papilio help: error: there is no topic or verb 'scenaro'; did you mean 'scenario'?; "
            "see 'papilio help'\n");
  // What has the name of both is both.
  const Finished plan = run_papilio({"help", "plan"});
  EXPECT_THAT(plan.out, StartsWith("plan: "));
  EXPECT_THAT(plan.out, HasSubstr(run_papilio({"plan", "--help"}).out));
}

TEST(Version, NamesTheProgramAndItsLibraries) {
  const Finished version = run_papilio({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, StartsWith("papilio 0.1.0 ("));
  for (const char* library :
       {"SimGrid 3.32", "libyaml 0.2", "yaml-cpp ", "Boost ", "fmt ", "nlohmann-json "}) {
    EXPECT_THAT(version.out, HasSubstr(library));
  }
}

void expect_usage_error(const std::vector<std::string>& words, const std::string& message) {
  const Finished finished = run_papilio(words);
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err, message + "\n");
}

TEST(Usage, WrongCommandLinesAreToldWithARemedy) {
  expect_usage_error(
      {"rum"}, "papilio: error: unknown verb 'rum'; did you mean 'run'?; see 'papilio --help'");
  expect_usage_error({"completion"},
                     "papilio completion: error: unknown shell ''; one of: bash, zsh");
  expect_usage_error({"run"},
                     "papilio run: error: expected one file, got 0; see 'papilio run "
                     "--help'");
  expect_usage_error(
      {"report"},
      "papilio report: error: expected a folder, a database, or a file of a plan; see 'papilio "
      "report --help'");
  expect_usage_error(
      {"report", "scenarios/paper/table4.yaml"},
      "scenarios/paper/table4.yaml: error: is no plan of a request; give the folder "
      "that 'papilio run' wrote, or a file of what 'papilio plan FILE --json' prints");
  expect_usage_error(
      {"report", "scenarios/paper", "--study", "x"},
      "papilio report: error: --study goes with a database, and 'scenarios/paper' is "
      "none; leave it out");
  expect_usage_error({"report", "/nowhere"}, "/nowhere: error: is not there; check the path");
  expect_usage_error({"run", "a.yaml", "--job", "2"},
                     "papilio run: error: unknown option '--job'; did you mean '--jobs'?");
  expect_usage_error({"run", "a.yaml", "--jobs", "two"},
                     "papilio run: error: the argument ('two') for option '--jobs' is invalid; see "
                     "'papilio run --help'");
  expect_usage_error({"run", "a.yaml", "--jobs=-1"},
                     "papilio run: error: --jobs must be 0 to 1024, where 0 is all cores");
  expect_usage_error({"profiles", "list", "-o", "x"},
                     "papilio profiles: error: -o goes with derive");
  expect_usage_error({"run", "a.yaml", "--format", "xml"},
                     "papilio: error: unknown --format 'xml'; did you mean 'html'?");
  expect_usage_error({"run", "nowhere.yaml"},
                     "nowhere.yaml: error: cannot read the file: No such file or directory; check "
                     "the path");
  expect_usage_error({"radios", "shwo"},
                     "papilio radios: error: unknown action 'shwo'; did you mean 'show'?");
  expect_usage_error({"radios", "show"},
                     "papilio radios: error: show which one? see 'papilio radios list'");
  expect_usage_error({"radios", "show", "3g", "4g"},
                     "papilio radios: error: unexpected '4g' after '3g'");
  expect_usage_error({"models", "show", "resnet-50"},
                     "papilio: error: unknown model 'resnet-50'; did you mean 'resnet50'?");
  expect_usage_error({"devices", "list", "--profiles", "/nowhere"},
                     "/nowhere: error: not a folder of profiles; check the path");
}

// In a folder of its own: that of the project may have a results/profiles of somebody's.
TEST(Usage, AnUnknownNameIsToldWithThoseThatThereAre) {
  const testing::TemporaryFolder empty;
  const Finished unknown = testing::run_papilio_in(empty.path(), {"radios", "show", "lte"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.err, "papilio: error: unknown radio 'lte'; one of: 3g, 4g, wifi\n");
}

}  // namespace
}  // namespace papilio
