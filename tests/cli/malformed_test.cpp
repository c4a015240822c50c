// Claim: each malformed scenario of tests/scenario/malformed is refused with the text beside it, to
// the column, with exit code 2, and writes nothing.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::Finished;
using testing::run_papilio;

constexpr const char* kFolder = "tests/scenario/malformed";

std::vector<std::string> malformed_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry :
       fs::directory_iterator{fs::path{PAPILIO_SOURCE_DIR} / kFolder}) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Malformed : public ::testing::TestWithParam<std::string> {};

TEST_P(Malformed, IsRefusedWithTheDocumentedText) {
  const testing::TemporaryFolder temporary;
  const fs::path out = temporary.path() / "out";
  const std::string scenario = fmt::format("{}/{}.yaml", kFolder, GetParam());
  const std::string expected = testing::read_file(fs::path{PAPILIO_SOURCE_DIR} / kFolder /
                                                  fmt::format("{}.txt", GetParam()));

  std::vector<std::string> verb;
  if (GetParam().starts_with("study-")) verb = {"study"};
  const auto with = [&](const std::vector<std::string>& words) {
    std::vector<std::string> all = verb;
    all.insert(all.end(), words.begin(), words.end());
    return all;
  };
  const Finished run = run_papilio(with({"run", scenario, "-o", out.string()}));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, expected);
  EXPECT_EQ(run.out, "");
  EXPECT_FALSE(fs::exists(out));

  const Finished check = run_papilio(with({"check", scenario}));
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_EQ(check.err, expected);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Malformed, ::testing::ValuesIn(malformed_names()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(MalformedScenarios, AreAtLeastTwenty) {
  EXPECT_GE(malformed_names().size(), 20U);
}

}  // namespace
}  // namespace papilio
