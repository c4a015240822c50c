#include "sim/page/contents.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/base/csv.hpp"
#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

// A page of this much is read in a browser without waiting; tests/page holds it to 5 MB.
constexpr std::size_t kMostRows = 8000;
constexpr std::size_t kMostTextBytes = std::size_t{1} << 20U;

}  // namespace

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

PageContents::PageContents(fs::path folder) : folder_{std::move(folder)} {}

void PageContents::add(const std::string& name) {
  const fs::path file = folder_ / (name + ".csv");
  if (!fs::exists(file)) return;
  PageTable table = read_page_table(file);
  if (table.rows.size() > kMostRows) {
    note(fmt::format("The page holds the first {} of the {} rows of {}.csv.", kMostRows,
                     table.rows.size(), name));
    table.rows.resize(kMostRows);
  }
  set_table(name, std::move(table));
}

void PageContents::add_text(const std::string& key, const std::string& name) {
  const fs::path file = folder_ / name;
  if (!fs::exists(file)) return;
  std::string text = read_file(file.string(), kMostPageFileBytes);
  if (text.size() > kMostTextBytes) {
    text.resize(text.rfind('\n', kMostTextBytes) + 1);
    note(fmt::format("{} is shown up to its first {} bytes.", name, text.size()));
  }
  contents_[key] = text;
}

void PageContents::add_object(const std::string& key, const std::string& name,
                              std::string_view problem) {
  const fs::path file = folder_ / name;
  auto object = parsed_json(read_file(file.string(), kMostPageFileBytes));
  if (!object.is_object()) refuse_file(file, problem);
  contents_[key] = std::move(object);
}

void PageContents::set(const std::string& key, nlohmann::ordered_json value) {
  contents_[key] = std::move(value);
}

void PageContents::set_table(const std::string& name, PageTable table) {
  contents_["tables"][name] = {{"columns", std::move(table.columns)},
                               {"rows", std::move(table.rows)}};
}

void PageContents::note(std::string text) {
  notes_.push_back(std::move(text));
}

nlohmann::ordered_json PageContents::take() {
  contents_["notes"] = std::move(notes_);
  return std::move(contents_);
}

}  // namespace papilio
