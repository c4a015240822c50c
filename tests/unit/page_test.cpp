// Claims: a page holds what its run's folder holds, each growing table thinned as it says; no name
// ends the element that holds the data; what a browser may run is what the page was built with.

#include "sim/page/page.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/page/assets.hpp"
#include "sim/page/thin.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream{file} << text;
}

TEST(EmbeddedJson, HoldsNoTagAndReadsBack) {
  const nlohmann::ordered_json data{{"name", "</script><!--<script>"}, {"other", "日本\"\\"}};
  const std::string text = embedded_json(data);
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_EQ(nlohmann::ordered_json::parse(text), data);
}

TEST(EmbeddedJson, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(embedded_json({"a\xff"}), "[\"a\xEF\xBF\xBD\"]");
}

TEST(Page, HoldsItsPartsOnceAndUninterpreted) {
  // Marks of the skeleton in data and title stay what they are.
  const std::string page = page_html({{"name", "{{script}}"}}, "<b>{{data}}</b>");
  EXPECT_THAT(page, HasSubstr("<title>&lt;b&gt;{{data}}&lt;/b&gt;</title>"));
  EXPECT_THAT(page, HasSubstr(R"({"name":"{{script}}"})"));
  for (const Asset& asset : {kPageStyle, kPageDrawing, kPageScript, kChartLibrary}) {
    EXPECT_NE(page.find(asset.text), std::string::npos);
    EXPECT_THAT(page, HasSubstr("'sha256-" + std::string{asset.sha256} + "'"));
    // Nothing in it may end its element.
    EXPECT_EQ(asset.text.find("</script"), std::string_view::npos);
    EXPECT_EQ(asset.text.find("</style"), std::string_view::npos);
  }
  EXPECT_THAT(std::string{kChartLibrary.text.substr(0, 200)},
              HasSubstr("Released under the MIT License"));
}

// They share one scope: a name that two files declare would stop every page.
TEST(Page, ScriptsDeclareEachNameOnce) {
  std::set<std::string> names;
  for (const Asset& asset : {kPageDrawing, kPageScript}) {
    std::istringstream lines{std::string{asset.text}};
    for (std::string line; std::getline(lines, line);) {
      for (const std::string_view word : {"const ", "let ", "function "}) {
        if (!line.starts_with(word)) continue;
        const std::string name =
            line.substr(word.size(), line.find_first_of(" (=;", word.size()) - word.size());
        if (name.empty() || name.front() == '[' || name.front() == '{') continue;
        EXPECT_TRUE(names.insert(name).second) << name << " is declared twice";
      }
    }
  }
  EXPECT_TRUE(names.contains("drawFigure") && names.contains("setUpPlan"));
}

TEST(Page, ScriptsMakeNoMarkupOfTexts) {
  for (const Asset& asset : {kPageDrawing, kPageScript}) {
    for (const char* way :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
      EXPECT_EQ(asset.text.find(way), std::string_view::npos) << way;
    }
  }
}

TEST(PageData, OfAScenarioIsItsFiles) {
  const TemporaryFolder folder;
  write(folder.path() / "summary.csv", "strategy,latency_s\n\"a,\"\"b\",0.10\n");
  write(folder.path() / "manifest.json", R"({"scenario": "x", "seed": 1})");
  write(folder.path() / "tables.md", "# x\n");
  write(folder.path() / "scenario.effective.yaml", "name: x\n");
  // Texts as they stand in the files: 0.10 keeps its digits.
  EXPECT_EQ(embedded_json(page_data(folder.path())),
            R"({"kind":"scenario","tables":{"summary":{"columns":["strategy","latency_s"],)"
            R"("rows":[["a,\"b","0.10"]]}},"report":"# x\n","scenario":"name: x\n",)"
            R"("manifest":{"scenario":"x","seed":1},"notes":[]})");
}

/// Writes what `papilio train` does, a baseline and a unit with 250 epochs.
void write_training(const std::filesystem::path& folder, const std::string& epochs) {
  write(folder / "accuracy.csv",
        "cut,channels,bits,codec,seed,images,accuracy\n,0,32,raw,1,10,0.90\nRB-d3,2,8,raw,1,10,"
        "0.80\n");
  write(folder / "settings.json", R"({"model": "m"})");
  write(folder / "tables.md", "# x\n");
  std::filesystem::create_directory(folder / "points");
  write(folder / "points" / "RB-d3-d2-s1.json", R"({"epochs": )" + epochs + "}");
  write(folder / "points" / "notes.json", "no point");
}

TEST(PageData, OfATrainingHasItsFilesAndThinnedEpochs) {
  const TemporaryFolder folder;
  nlohmann::json epochs;
  for (int i = 0; i < 250; ++i) epochs.push_back({{"loss", 1.0 / (i + 1)}, {"accuracy", 0.5}});
  write_training(folder.path(), epochs.dump());
  const nlohmann::ordered_json data = page_data(folder.path());
  EXPECT_EQ(data.at("kind"), "training");
  EXPECT_EQ(data.at("tables").at("accuracy").at("rows").at(1).at(6), "0.80");  // as it stands there
  // 250 epochs with at most 100 shown: each third, 1, 4, …, 250, which is the last.
  const auto& curves = data.at("tables").at("curves").at("rows");
  ASSERT_EQ(curves.size(), 84U);
  EXPECT_EQ(curves.at(1).dump(), R"(["RB-d3","2","1","4","0.25","0.5"])");
  EXPECT_EQ(curves.back().at(3), "250");
  EXPECT_THAT(data.at("notes").dump(), HasSubstr("of at most 100 epochs each"));
}

TEST(PageData, RefusesAPointThatIsNoResult) {
  const TemporaryFolder folder;
  write_training(folder.path(), R"([{"loss": "low"}])");
  try {
    page_data(folder.path());
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("RB-d3-d2-s1.json"));
    EXPECT_THAT(error.what(), HasSubstr("is no result of a training; remove the file"));
  }
}

TEST(PageData, RefusesWhatIsNoRun) {
  const TemporaryFolder folder;
  const auto message = [&]() -> std::string {
    try {
      page_data(folder.path());
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_THAT(message(), HasSubstr("holds no results of a run"));
  write(folder.path() / "summary.csv", "strategy,latency_s\nA\n");
  write(folder.path() / "manifest.json", "[]");
  EXPECT_THAT(message(), HasSubstr("summary.csv:2: error: expected 2 cells, got 1"));
  write(folder.path() / "summary.csv", "strategy,latency_s\nA,1\n");
  EXPECT_THAT(message(), HasSubstr("is no manifest of a run"));
}

nlohmann::ordered_json a_plan(const std::string& scenario, int plans) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (int i = 0; i < plans; ++i) {
    all.push_back({{"name", fmt::format("P{}", i)}, {"on_front", i == plans - 1}});
  }
  return {{"kind", "plan"},
          {"scenario", scenario},
          {"model", "net"},
          {"target", "latency"},
          {"command", {"papilio", "plan"}},
          {"answers",
           {{{"network", "3g"},
             {"best", {{"name", fmt::format("P{}", plans - 2)}}},
             {"baselines", nlohmann::ordered_json::array()},
             {"plans", std::move(all)}}}}};
}

TEST(PlanPage, HoldsWhatItsFilesSay) {
  const TemporaryFolder folder;
  const std::filesystem::path one = folder.path() / "one.json";
  const std::filesystem::path two = folder.path() / "two.json";
  write(one, a_plan("x", 2).dump());
  write(two, a_plan("x", 3).dump());
  const nlohmann::ordered_json data = plan_page_data({one, two});
  EXPECT_EQ(data["kind"], "plan");
  EXPECT_EQ(data["title"], "Plans for x");
  EXPECT_EQ(data["plans"].size(), 2U);
  EXPECT_EQ(data["plans"][1]["answers"][0]["plans"].size(), 3U);
  EXPECT_EQ(data["manifest"]["command 2"], nlohmann::ordered_json::parse(R"(["papilio", "plan"])"));
  EXPECT_EQ(data["notes"].size(), 0U);
}

TEST(PlanPage, LeavesOutOfManyPlansThoseThatMatterLeast) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "many.json";
  write(file, a_plan("x", 2005).dump());
  const nlohmann::ordered_json data = plan_page_data({file});
  const nlohmann::ordered_json& plans = data["plans"][0]["answers"][0]["plans"];
  EXPECT_EQ(plans.size(), 2000U);
  EXPECT_EQ(plans[0]["name"], "P2003") << "the answer";
  EXPECT_EQ(plans[1]["name"], "P2004") << "on the front";
  ASSERT_EQ(data["notes"].size(), 1U);
  EXPECT_THAT(data["notes"][0].get<std::string>(), HasSubstr("5 are left out"));
}

TEST(PlanPage, RefusesWhatIsNoPlan) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "plan.json";
  const std::filesystem::path other = folder.path() / "other.json";
  const auto message = [](const std::vector<std::filesystem::path>& files) -> std::string {
    try {
      plan_page_data(files);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  write(other, a_plan("y", 2).dump());
  const std::string begin = R"({"kind":"plan","scenario":"x","target":"latency","answers":[)";
  const std::string answer = R"({"network":"3g","baselines":[],"plans":[{"name":3}]})";
  for (const std::string& text :
       {std::string{}, std::string{"{"}, std::string{"[]"}, std::string{"7"},
        std::string{R"({"kind": "plan"})"}, begin + "]}", begin + "7]}", begin + answer + "]}"}) {
    write(file, text);
    EXPECT_THAT(message({file}), HasSubstr("plan.json: error: is no plan of a request")) << text;
  }
  write(file, a_plan("x", 2).dump());
  EXPECT_THAT(message({file, other}), HasSubstr("other.json: error: is of another scenario"));
}

TEST(LatencyShares, AreRecordedValuesAtTheNearestRank) {
  PageTable records{.columns = {"strategy", "mobiles", "end", "latency_s"}, .rows = {}};
  for (const char* latency : {"5", "1", "4", "2", "3"}) {
    records.rows.push_back({"RB1", "phones", "completed", latency});
  }
  records.rows.push_back({"RB1", "phones", "dropped", ""});
  // Of 5 values, the shares 0, 1/4, 1/2, 3/4 and 1 are the ranks 1, ⌈1.25⌉, ⌈2.5⌉, ⌈3.75⌉ and 5.
  const PageTable shares = latency_shares(records, 4, 9, "records.csv");
  std::vector<std::string> values;
  for (const auto& row : shares.rows) values.push_back(row[3]);
  EXPECT_THAT(values, ::testing::ElementsAre("1", "2", "3", "4", "5"));
  // A second group: one distribution of all, and one of each.
  records.rows.push_back({"RB1", "tablets", "completed", "9"});
  EXPECT_EQ(latency_shares(records, 4, 9, "records.csv").rows.size(), 15U);
  EXPECT_EQ(latency_shares(records, 4, 2, "records.csv").rows.size(), 10U);
}

TEST(MergedIntervals, AreMeansOverTime) {
  const PageTable series{.columns = {"strategy", "replication", "from_s", "to_s", "resource",
                                     "utilisation", "mean_queue", "per_second"},
                         .rows = {{"RB1", "0", "0", "1", "cloud", "0.5", "1", "8"},
                                  {"RB1", "0", "1", "4", "cloud", "0.1", "3", "0"},
                                  {"RB1", "0", "4", "5", "cloud", "1", "0", "2"},
                                  {"RB1", "1", "0", "1", "cloud", "1", "9", "9"}}};
  // (1 · 0.5 + 3 · 0.1) / 4 = 0.2, (1 · 1 + 3 · 3) / 4 = 2.5, 8 / 4 = 2; the last is alone.
  EXPECT_THAT(
      merged_intervals(series, 2, 9, "timeseries.csv").rows,
      ::testing::ElementsAre(::testing::ElementsAre("RB1", "cloud", "0", "4", "0.2", "2.5", "2"),
                             ::testing::ElementsAre("RB1", "cloud", "4", "5", "1", "0", "2")));
}

TEST(MergedIntervals, RefuseWhatIsNoNumber) {
  const PageTable series{.columns = {"strategy", "replication", "from_s", "to_s", "resource",
                                     "utilisation", "mean_queue", "per_second"},
                         .rows = {{"RB1", "0", "0", "1", "cloud", "much", "1", "8"}}};
  EXPECT_THROW(merged_intervals(series, 2, 9, "timeseries.csv"), ConfigError);
}

}  // namespace
}  // namespace papilio
