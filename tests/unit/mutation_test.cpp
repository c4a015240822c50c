// Claim: whatever bytes stand in a scenario, a fleet, a study or a database, reading them ends in a
// result or in one ConfigError. Seeded, so that a failure can be repeated.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "sim/base/error.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/study/database.hpp"
#include "sim/study/export.hpp"
#include "sim/study/study.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::TemporaryFolder;

/// Changes bytes, takes some out, puts some in, or repeats some, one to four times.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : generator_{seed} {}

  std::string operator()(std::string text) {
    for (int times = draw(1, 4); times > 0 && !text.empty(); --times) {
      const auto at = static_cast<std::size_t>(draw(0, static_cast<int>(text.size()) - 1));
      const auto length = static_cast<std::size_t>(draw(1, 12));
      switch (draw(0, 4)) {
        case 0:
          text[at] = static_cast<char>(draw(0, 255));
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, kHostile.at(static_cast<std::size_t>(
                              draw(0, static_cast<int>(kHostile.size()) - 1))));
          break;
        case 3:
          text.insert(at, text.substr(at, length));
          break;
        default:
          text[at] = static_cast<char>(text[at] ^ (1 << draw(0, 7)));
      }
    }
    return text;
  }

 private:
  static inline const std::vector<std::string> kHostile{"\xff",
                                                        "\xc3",
                                                        "\x1b[2J",
                                                        "\"\\e\"",
                                                        "[",
                                                        "{",
                                                        "}",
                                                        "&a ",
                                                        "*a",
                                                        "? ",
                                                        "- ",
                                                        ": ",
                                                        "\n",
                                                        "|",
                                                        "!!binary ",
                                                        "1e999",
                                                        "-1",
                                                        "nan",
                                                        "99999999999999999999",
                                                        "\t",
                                                        "---\n",
                                                        "%YAML 9.9\n"};

  int draw(int low, int high) {
    return boost::random::uniform_int_distribution<int>{low, high}(generator_);
  }

  boost::random::mt19937_64 generator_;
};

/// @return how many mutants were refused
int read_mutants(const std::string& original, int count, std::uint64_t seed, const fs::path& file,
                 const std::function<void()>& read) {
  Mutator mutate{seed};
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = mutate(original);
    std::ofstream{file, std::ios::binary} << text;
    try {
      read();
    } catch (const ConfigError& error) {
      ++refused;
      EXPECT_NE(std::string{error.what()}, "");
    } catch (const std::exception& error) {
      ADD_FAILURE() << "mutant " << i << " of " << file << ": " << error.what() << "\n" << text;
    }
  }
  return refused;
}

TEST(Mutation, OfScenariosFleetsAndStudiesIsReadOrRefused) {
  const TemporaryFolder folder;
  const fs::path scenarios = fs::path{PAPILIO_SOURCE_DIR} / "scenarios";
  const fs::path file = folder.path() / "a.yaml";
  const ScenarioSource source{.file = file.string()};
  constexpr int kMutants = 150;
  EXPECT_GT(read_mutants(read_file(scenarios / "paper/table4.yaml"), kMutants, 1, file,
                         [&] { load_scenario(source); }),
            0);
  EXPECT_GT(read_mutants(read_file(scenarios / "fleets/faults.yaml"), kMutants, 2, file,
                         [&] { load_fleet(source); }),
            0);
  fs::copy(scenarios / "paper/table4.yaml", folder.path() / "table4.yaml");
  const std::string study =
      "kind: study\nname: s\nbase: table4.yaml\nset: {networks: [wifi]}\ngrid:\n"
      "  - {axis: range, key: mobile.load_level, from: 1, to: 2, count: 3}\n"
      "  - {axis: list, key: cloud.load_level, values: [1, 2]}\nexclude:\n"
      "  - {mobile.load_level: {above: 1.7}}\n";
  EXPECT_GT(read_mutants(study, kMutants, 3, file, [&] { load_study(source); }), 0);
}

TEST(Mutation, OfDatabasesIsReadOrRefused) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.db";
  {
    StudyDatabase database{file, StudyDatabase::Mode::kWrite};
    database.store({.name = "some",
                    .digest = "d",
                    .kind = "cells",
                    .method = "closed-form",
                    .definition = "name: some",
                    .base = "{}",
                    .axes = {"rate", "mobile.load_level"},
                    .keys = {"uplink_bit_per_s", "mobile.load_level"},
                    .points = 3,
                    .model_version = 1,
                    .papilio = "test"});
  }
  const auto read = [&] {
    StudyDatabase database{file, StudyDatabase::Mode::kRead};
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> nowhere{std::fopen("/dev/null", "w"),
                                                                  std::fclose};
    status_report(database);
    for (const StoredStudy& study : database.studies()) {
      export_study(database, study, "json", nowhere.get());
    }
  };
  EXPECT_GT(read_mutants(read_file(file), 200, 4, file, read), 0);
}

}  // namespace
}  // namespace papilio
