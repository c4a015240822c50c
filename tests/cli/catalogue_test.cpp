// Claim: what the program lists and shows is what the graphs and the profiles hold, with its
// source.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run_papilio;

using Json = nlohmann::json;

std::string printed(const std::vector<std::string>& words) {
  const Finished finished = run_papilio(words);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return finished.out;
}

Json document(std::vector<std::string> words) {
  words.insert(words.end(), {"--format", "json"});
  return Json::parse(printed(words));
}

/// The row of a section's table that has this value under `key`.
Json row_of(const Json& document, std::size_t section, const char* key, const char* value) {
  for (const Json& row : document["sections"][section]["rows"]) {
    if (row[key] == value) return row;
  }
  ADD_FAILURE() << "no row with " << key << ' ' << value;
  return Json::object();
}

TEST(Models, ListHasTheZoosCounts) {
  const Json models = document({"models"});
  EXPECT_EQ(row_of(models, 0, "model", "resnet50")["parameters"], 25557032);
  EXPECT_EQ(row_of(models, 0, "model", "resnet50")["GMAC"], 4.089184256);
  EXPECT_EQ(row_of(models, 0, "model", "resnet50-paper")["GMAC"], 3.856130048);
}

TEST(Models, ShowHasLayersAndCuts) {
  const Json shown = document({"models", "show", "resnet50"});
  EXPECT_EQ(row_of(shown, 0, "layer", "layer1.0.conv1")["output"], "64×56×56");
  EXPECT_EQ(row_of(shown, 0, "layer", "fc")["parameters"], 2049000);
  const Json cut = row_of(shown, 1, "cut", "RB8");
  EXPECT_EQ(cut["after layer"], "layer3.0.relu3");
  EXPECT_EQ(cut["bytes at 8 bits"], 200704);
  EXPECT_EQ(cut["of the input"], 4.0 / 3) << "all digits, where the table rounds";
}

TEST(Models, ShowAsCsvIsTheLayerTable) {
  const std::string csv = printed({"models", "show", "resnet50", "--format", "csv"});
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "layer,block,kind,output,MMAC,parameters,bytes at 8 bits");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 177);
}

TEST(Radios, EveryConstantHasASource) {
  // The folder may have a results/profiles of somebody's.
  EXPECT_GE(document({"radios", "list"})["sections"][0]["rows"].size(), 3U);
  for (const char* radio : {"3g", "4g", "wifi"}) {
    const Json rows = document({"radios", "show", radio})["sections"][0]["rows"];
    ASSERT_GT(rows.size(), 7U);
    for (const Json& row : rows) {
      const bool state = row["constant"].get<std::string>().starts_with("states.");
      EXPECT_EQ(row["kind"], state ? "recalled" : "published") << row["constant"];
      EXPECT_FALSE(row["at"].get<std::string>().empty());
    }
    EXPECT_EQ(rows[6]["constant"], "known_rates.most_downlink_bit_per_s");
    EXPECT_TRUE(rows[7]["constant"].get<std::string>().starts_with("states."));
  }
}

TEST(Devices, ShowHasConstantsAndCitations) {
  row_of(document({"devices", "list"}), 0, "name", "gtx-1080-ti");
  const Json shown = document({"devices", "show", "jetson-tx2"});
  EXPECT_EQ(row_of(shown, 0, "constant", "memory_byte_per_s")["value"], 5.97e10)
      << "a number, not its text";
  EXPECT_THAT(shown["sections"][0]["remarks"][0].get<std::string>(),
              HasSubstr("butterfly-2019: A. E. Eshratifar"));
}

TEST(Profiles, ListShowAndDerive) {
  const Json mobile =
      row_of(document({"profiles", "list"}), 0, "profile", "jetson-tx2/resnet50-paper");
  EXPECT_NEAR(mobile["latency ms"].get<double>(), 15.7, 1e-9);
  EXPECT_NEAR(mobile["energy mJ"].get<double>(), 20.5, 1e-8);
  EXPECT_THAT(mobile["provenance"].get<std::string>(), HasSubstr("derived: butterfly-2019"));
  const Json shown = document({"profiles", "show", "jetson-tx2/resnet50-paper"});
  EXPECT_EQ(row_of(shown, 0, "layer", "fc")["block"], "head");
  const Json published = document({"profiles", "show", "butterfly-2019"});
  EXPECT_EQ(published["sections"][0]["rows"].size(), 48U);
  EXPECT_EQ(row_of(published, 1, "strategy", "mobile-only")["ms"], 15.7);
  const Json derived = document({"profiles", "derive", "butterfly-2019"});
  EXPECT_NEAR(row_of(derived, 0, "up to", "RB1")["implied GMAC/s"].get<double>(), 776, 0.5);
  EXPECT_NEAR(row_of(derived, 1, "left out", "wifi")["worst dev. %"].get<double>(), -7.05, 0.005);
}

TEST(Profiles, DeriveWritesTheShippedTables) {
  const testing::TemporaryFolder folder;
  printed({"profiles", "derive", "butterfly-2019", "-o", folder.path().string()});
  for (const char* file :
       {"layers/jetson-tx2/resnet50-paper.yaml", "layers/gtx-1080-ti/resnet50-paper.yaml"}) {
    EXPECT_EQ(testing::read_file(folder.path() / file),
              testing::read_file(std::filesystem::path{PAPILIO_SOURCE_DIR} / "profiles" / file));
  }
}

}  // namespace
}  // namespace papilio
