// Claim: whatever bytes stand in a scenario, a fleet, a study, a profile, a table, a trace or a
// database, reading them ends in a result or in one ConfigError. Seeded, so that a failure can be
// repeated. PAPILIO_MUTANTS=20 in the environment reads twenty times as many.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"
#include "sim/radio/trace.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/study/ask/export.hpp"
#include "sim/study/design/study.hpp"
#include "sim/study/store/database.hpp"
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

/// @param usual how many mutants, where the environment does not ask for more
/// @return how many of them were refused
int read_mutants(const std::string& original, int usual, std::uint64_t seed, const fs::path& file,
                 const std::function<void()>& read) {
  const char* times = std::getenv("PAPILIO_MUTANTS");
  const int count = usual * (times != nullptr ? std::stoi(times) : 1);
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

TEST(Mutation, OfProfilesIsReadOrRefused) {
  const TemporaryFolder folder;
  const fs::path root{PAPILIO_SOURCE_DIR};
  constexpr const char* kPaper = "scenarios/paper/table4.yaml";
  constexpr const char* kMeasured = "scenarios/examples/measured.yaml";
  const std::vector<std::pair<const char*, const char*>> files_and_readers{
      {"devices/jetson-tx2.yaml", kPaper},
      {"radios/4g.yaml", kPaper},
      {"layers/jetson-tx2/resnet50-paper.yaml", kPaper},
      {"published/butterfly-2019/table4.csv", kPaper},
      {"published/butterfly-2019/claims.yaml", kPaper},
      {"sources.yaml", kPaper},
      {"measurements/resnet20-cifar10/accuracy.csv", kMeasured},
      {"measurements/resnet20-cifar10/payloads.csv", kMeasured},
      {"models/densenet121.yaml", nullptr}};
  std::uint64_t seed = 10;
  for (const auto& [name, scenario] : files_and_readers) {
    const fs::path own = folder.path() / std::to_string(seed);
    const fs::path file = own / name;
    fs::create_directories(file.parent_path());
    // The other tables of a publication are read from where the first is found.
    if (file.extension() == ".csv" || file.filename() == "claims.yaml") {
      fs::copy((root / "profiles" / name).parent_path(), file.parent_path());
    }
    fs::create_directories(own / "devices");
    const auto read = [&, in = scenario] {
      if (in == nullptr) {
        load_graph(file.string());
      } else {
        load_scenario({.file = (root / in).string(), .profiles = {own}});
      }
    };
    EXPECT_GT(read_mutants(read_file(root / "profiles" / name), 40, seed, file, read), 0) << name;
    ++seed;
  }
}

TEST(Mutation, OfTracesIsReadOrRefused) {
  const TemporaryFolder folder;
  const fs::path fleets = fs::path{PAPILIO_SOURCE_DIR} / "scenarios/fleets";
  for (const char* name : {"workloads.yaml", "walk.csv", "arrivals.csv"}) {
    fs::copy(fleets / name, folder.path() / name);
  }
  const auto read = [&] { load_fleet({.file = (folder.path() / "workloads.yaml").string()}); };
  std::uint64_t seed = 30;
  for (const char* name : {"walk.csv", "arrivals.csv"}) {
    const fs::path file = folder.path() / name;
    const std::string original = read_file(file);
    EXPECT_GT(read_mutants(original, 100, seed++, file, read), 0) << name;
    std::ofstream{file, std::ios::binary} << original;
  }
  std::string deliveries;  // a Mahimahi file
  for (int i = 0; i < 300; ++i) deliveries += fmt::format("{}\n", i * 7 / 3);
  const fs::path file = folder.path() / "up";
  EXPECT_GT(
      read_mutants(deliveries, 200, seed, file, [&] { load_trace(file.string(), Seconds{0.1}); }),
      0);
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
