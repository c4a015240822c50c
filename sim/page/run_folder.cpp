#include <fmt/format.h>

#include <string>
#include <utility>

#include "sim/base/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/page/page.hpp"
#include "sim/page/thin.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

// A page of this much is read in a browser without waiting; tests/page holds it to 5 MB.
constexpr std::size_t kMostRows = 8000;
constexpr std::size_t kMostTextBytes = std::size_t{1} << 20U;
constexpr std::size_t kShares = 200;
constexpr std::size_t kMostSeries = 200;
constexpr std::size_t kMostIntervals = 100;
// Of the files that people read; those above are refused rather than shown in part.
constexpr std::size_t kMostReadBytes = std::size_t{64} << 20U;

PageTable read_page_table(const fs::path& file) {
  std::vector<CsvRecord> records = read_csv(file.string(), CsvStyle::kStrict);
  if (records.empty()) refuse_file(file, "is empty; run the scenario again");
  PageTable table{.columns = std::move(records.front().cells), .rows = {}};
  table.rows.reserve(records.size() - 1);
  for (std::size_t r = 1; r < records.size(); ++r) {
    if (records[r].cells.size() != table.columns.size()) {
      throw ConfigError{fmt::format(
          "{}:{}: error: expected {} cells, got {}; run the scenario again", file.string(),
          records[r].line, table.columns.size(), records[r].cells.size())};
    }
    table.rows.push_back(std::move(records[r].cells));
  }
  return table;
}

/// What a page is made of, as it is gathered.
class PageContents {
 public:
  explicit PageContents(fs::path folder) : folder_{std::move(folder)} {}

  /// A table as it stands in the file, up to `kMostRows`.
  void add(const std::string& name) {
    const fs::path file = folder_ / (name + ".csv");
    if (!fs::exists(file)) return;
    PageTable table = read_page_table(file);
    if (table.rows.size() > kMostRows) {
      notes_.push_back(fmt::format("The page holds the first {} of the {} rows of {}.csv.",
                                   kMostRows, table.rows.size(), name));
      table.rows.resize(kMostRows);
    }
    set_table(name, std::move(table));
  }
  void add_latencies() {
    const fs::path file = folder_ / "records.csv";
    if (!fs::exists(file)) return;
    const PageTable records = read_page_table(file);
    notes_.push_back(fmt::format(
        "The latencies' distributions rest on the {} recorded requests of records.csv; "
        "each is drawn through {} of its own recorded values, at equally spaced shares. Of more "
        "than {} distributions, the first are shown.",
        records.rows.size(), kShares + 1, kMostSeries));
    set_table("latencies", latency_shares(records, kShares, kMostSeries, file.string()));
  }
  void add_series() {
    const fs::path file = folder_ / "timeseries.csv";
    if (!fs::exists(file)) return;
    notes_.push_back(
        fmt::format("Utilisation and queues are those of the first replication, with at most {} "
                    "intervals each: neighbours in timeseries.csv are taken together, their values "
                    "means over time. Of more than {} series, the first are shown.",
                    kMostIntervals, kMostSeries));
    set_table("timeseries",
              merged_intervals(read_page_table(file), kMostIntervals, kMostSeries, file.string()));
  }
  /// A file that people read. One that is longer than `kMostTextBytes` is cut there.
  void add_text(const std::string& key, const std::string& name) {
    const fs::path file = folder_ / name;
    if (!fs::exists(file)) return;
    std::string text = read_file(file.string(), kMostReadBytes);
    if (text.size() > kMostTextBytes) {
      text.resize(text.rfind('\n', kMostTextBytes) + 1);
      notes_.push_back(fmt::format("{} is shown up to its first {} bytes.", name, text.size()));
    }
    contents_[key] = text;
  }
  void set(const std::string& key, Json value) { contents_[key] = std::move(value); }

  Json take() {
    contents_["notes"] = std::move(notes_);
    return std::move(contents_);
  }

 private:
  void set_table(const std::string& name, PageTable table) {
    contents_["tables"][name] = {{"columns", std::move(table.columns)},
                                 {"rows", std::move(table.rows)}};
  }

  fs::path folder_;
  Json contents_;
  std::vector<std::string> notes_;
};

Json manifest_in(const fs::path& file) {
  Json manifest = Json::parse(read_file(file.string(), kMostReadBytes), nullptr, false);
  if (!manifest.is_object()) refuse_file(file, "is no manifest of a run; run the scenario again");
  return manifest;
}

}  // namespace

Json page_data(const fs::path& folder) {
  const bool is_fleet = fs::exists(folder / "fleet.csv");
  const fs::path manifest = folder / "manifest.json";
  if (!fs::exists(manifest) || (!is_fleet && !fs::exists(folder / "summary.csv"))) {
    refuse_file(folder,
                "holds no results of a run, which are manifest.json with summary.csv or fleet.csv; "
                "give the folder that 'papilio run' wrote");
  }
  PageContents contents{folder};
  contents.set("kind", is_fleet ? "fleet" : "scenario");
  if (is_fleet) {
    contents.add("fleet");
    contents.add("choices");
    contents.add_latencies();
    contents.add_series();
  } else {
    contents.add("summary");
    contents.add("published");
  }
  contents.add_text("report", "tables.md");
  contents.add_text("scenario", "scenario.effective.yaml");
  contents.set("manifest", manifest_in(manifest));
  return contents.take();
}

}  // namespace papilio
