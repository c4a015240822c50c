#include <fmt/format.h>

#include <string>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/page/contents.hpp"
#include "sim/page/page.hpp"
#include "sim/page/thin.hpp"
#include "sim/page/training_page.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kShares = 200;
constexpr std::size_t kMostSeries = 200;
constexpr std::size_t kMostIntervals = 100;

void add_latencies(PageContents& contents) {
  const fs::path file = contents.folder() / "records.csv";
  if (!fs::exists(file)) return;
  const PageTable records = read_page_table(file);
  contents.note(fmt::format(
      "The latencies' distributions rest on the {} recorded requests of records.csv; "
      "each is drawn through {} of its own recorded values, at equally spaced shares. Of more "
      "than {} distributions, the first are shown.",
      records.rows.size(), kShares + 1, kMostSeries));
  contents.set_table("latencies", latency_shares(records, kShares, kMostSeries, file.string()));
}

void add_series(PageContents& contents) {
  const fs::path file = contents.folder() / "timeseries.csv";
  if (!fs::exists(file)) return;
  contents.note(
      fmt::format("Utilisation and queues are those of the first replication, with at most {} "
                  "intervals each: neighbours in timeseries.csv are taken together, their values "
                  "means over time. Of more than {} series, the first are shown.",
                  kMostIntervals, kMostSeries));
  contents.set_table("timeseries", merged_intervals(read_page_table(file), kMostIntervals,
                                                    kMostSeries, file.string()));
}

}  // namespace

nlohmann::ordered_json page_data(const fs::path& folder) {
  if (!fs::exists(folder)) refuse_file(folder, "is not there; check the path");
  if (is_training_folder(folder)) return training_page_data(folder);
  const bool is_fleet = fs::exists(folder / "fleet.csv");
  if (!fs::exists(folder / "manifest.json") || (!is_fleet && !fs::exists(folder / "summary.csv"))) {
    refuse_file(folder,
                "holds no results of a run, which are manifest.json with summary.csv or fleet.csv, "
                "nor of a training, which are accuracy.csv and settings.json; give the folder that "
                "'papilio run' or 'papilio train' wrote");
  }
  PageContents contents{folder};
  contents.set("kind", is_fleet ? "fleet" : "scenario");
  if (is_fleet) {
    contents.add("fleet");
    contents.add("choices");
    add_latencies(contents);
    add_series(contents);
  } else {
    contents.add("summary");
    contents.add("published");
  }
  contents.add_text("report", "tables.md");
  contents.add_text("scenario", "scenario.effective.yaml");
  contents.add_object("manifest", "manifest.json",
                      "is no manifest of a run; run the scenario again");
  return contents.take();
}

}  // namespace papilio
