#include "sim/page/study_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/embedded_json.hpp"
#include "sim/study/ask/cube.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

// A page of this much is read in a browser without waiting; tests/page holds it to 5 MB.
constexpr std::size_t kMostBestBytes = 1'000'000;
constexpr std::size_t kMostValueBytes = 2'600'000;
constexpr std::size_t kMostDefinitionBytes = std::size_t{1} << 18U;
constexpr std::size_t kBytesOfValue = 22;  // a number with all its digits, quotes and a comma
constexpr std::size_t kBytesOfLabel = 4;
constexpr std::size_t kFewestMeasures = 2;

/// How many measures of a cube's rows fit into `most` bytes, at least the fewest.
std::size_t measures_that_fit(const StudyCube& cube, std::size_t rows, std::size_t most) {
  const std::size_t each = kBytesOfValue * (cube.replicates > 1 ? 2 : 1);
  const std::size_t labels = kBytesOfLabel * (cube.dimensions.size() + 2);
  std::size_t count = cube.measures.size();
  while (count > kFewestMeasures && rows * (labels + each * count) > most) --count;
  return count;
}

/// How many rows with so many measures fit into `most` bytes.
std::size_t rows_that_fit(const StudyCube& cube, std::size_t measures, std::size_t most) {
  const std::size_t each = kBytesOfValue * (cube.replicates > 1 ? 2 : 1);
  return most / (kBytesOfLabel * (cube.dimensions.size() + 2) + each * measures);
}

std::size_t count_places(const StudyCube& cube) {
  std::size_t count = 0;
  for (std::size_t first = 0; first < cube.rows.size(); first = cube.end_of_place(first)) ++count;
  return count;
}

/// Leaves out labels of the dimension that has most, at equal distances, until `count_of` a cube is
/// at most `most`; says so.
template <class Count>
void thin_cube(StudyCube& cube, std::size_t most, const Count& count_of, const std::string& what,
               std::vector<std::string>& notes) {
  std::vector<std::string> said;
  while (count_of(cube) > most && !cube.dimensions.empty()) {
    // Of which labels are in use: the lists of labels stay whole, so that positions stay true.
    std::vector<std::set<Label>> used(cube.dimensions.size());
    for (const StudyCube::Row& row : cube.rows) {
      for (std::size_t d = 0; d < used.size(); ++d) used[d].insert(row.place[d]);
    }
    const auto longest = std::max_element(
        used.begin(), used.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    const auto dimension = static_cast<std::size_t>(longest - used.begin());
    if (longest->size() <= 2) break;
    const std::size_t wanted = std::max<std::size_t>(
        2, std::min(longest->size() - 1, longest->size() * most / count_of(cube)));
    const std::vector<Label> all{longest->begin(), longest->end()};
    std::set<Label> kept;
    for (std::size_t i = 0; i < wanted; ++i) kept.insert(all[i * (all.size() - 1) / (wanted - 1)]);
    std::erase_if(cube.rows,
                  [&](const StudyCube::Row& row) { return kept.count(row.place[dimension]) == 0; });
    said.push_back(fmt::format("{} of the {} values of {}", kept.size(), all.size(),
                               cube.dimensions[dimension].name));
  }
  if (!said.empty()) {
    notes.push_back(
        fmt::format("{}: the page holds {}, at equal distances in their order, of which "
                    "the database has all.",
                    what, fmt::join(said, ", and of those ")));
  }
}

std::string value_text(double value) {
  return fmt::format("{}", value);
}

/// Appends a value and its interval, each a text with all its digits, or nothing.
void add_estimate(Json& values, Json& halves, const std::optional<Estimate>& estimate) {
  values.push_back(estimate ? Json(value_text(estimate->value)) : Json(nullptr));
  halves.push_back(estimate && estimate->half_width ? Json(value_text(*estimate->half_width))
                                                    : Json(nullptr));
}

bool is_known(const Json& one) {
  return !one.is_null();
}

/// A list of each dimension, of the rows' positions in its labels.
Json places_of(const StudyCube& cube, const std::vector<std::size_t>& rows) {
  Json places = Json::array();
  for (std::size_t d = 0; d < cube.dimensions.size(); ++d) {
    Json labels = Json::array();
    for (const std::size_t i : rows) labels.push_back(cube.rows[i].place[d]);
    places.push_back(std::move(labels));
  }
  return places;
}

/// The best option of each place, and its value.
Json best_of(const StudyCube& cube, std::size_t measures) {
  std::vector<std::size_t> places;
  Json winners = Json::object();
  for (std::size_t first = 0; first < cube.rows.size(); first = cube.end_of_place(first)) {
    places.push_back(first);
  }
  for (std::size_t m = 0; m < measures; ++m) {
    Json options = Json::array();
    Json values = Json::array();
    Json halves = Json::array();
    for (const std::size_t first : places) {
      const std::optional<std::size_t> best = cube.best(m, first, cube.end_of_place(first));
      options.push_back(best ? Json(cube.rows[*best].option) : Json(nullptr));
      add_estimate(values, halves, best ? cube.rows[*best].values[m] : std::nullopt);
    }
    Json of{{"option", std::move(options)}, {"value", std::move(values)}};
    if (std::any_of(halves.begin(), halves.end(), is_known)) of["half"] = std::move(halves);
    winners[std::string{cube.measures[m].column.name}] = std::move(of);
  }
  return {{"place", places_of(cube, places)}, {"of", std::move(winners)}};
}

/// The values of every option at every place.
Json values_of(const StudyCube& cube, std::size_t measures) {
  std::vector<std::size_t> rows(cube.rows.size());
  Json options = Json::array();
  Json admitted = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = i;
    options.push_back(cube.rows[i].option);
    const std::optional<bool>& may = cube.rows[i].admitted;
    admitted.push_back(may ? Json(*may ? 1 : 0) : Json(nullptr));
  }
  Json of = Json::object();
  for (std::size_t m = 0; m < measures; ++m) {
    Json values = Json::array();
    Json halves = Json::array();
    for (const StudyCube::Row& row : cube.rows) add_estimate(values, halves, row.values[m]);
    Json held{{"value", std::move(values)}};
    if (std::any_of(halves.begin(), halves.end(), is_known)) held["half"] = std::move(halves);
    of[std::string{cube.measures[m].column.name}] = std::move(held);
  }
  Json all{{"place", places_of(cube, rows)}, {"option", std::move(options)}};
  if (std::any_of(admitted.begin(), admitted.end(), is_known)) {
    all["admitted"] = std::move(admitted);
  }
  all["of"] = std::move(of);
  return all;
}

Json dimensions_of(const StudyCube& cube) {
  Json dimensions = Json::array();
  for (const StudyCube::Dimension& dimension : cube.dimensions) {
    dimensions.push_back({{"name", dimension.name},
                          {"title", dimension.title},
                          {"unit", dimension.unit},
                          {"numeric", dimension.numeric},
                          {"labels", dimension.labels}});
  }
  return dimensions;
}

Json measures_of(const StudyCube& cube, std::size_t count) {
  Json measures = Json::array();
  for (std::size_t m = 0; m < count; ++m) {
    const StudyCube::Measure& measure = cube.measures[m];
    measures.push_back({{"name", measure.column.name},
                        {"title", measure.title},
                        {"unit", measure.column.unit},
                        {"more", measure.column.better == Better::kMore}});
  }
  return measures;
}

Json text_section(std::string title, std::string text, std::vector<std::string>& notes) {
  if (text.size() > kMostDefinitionBytes) {
    text.resize(kMostDefinitionBytes);
    notes.push_back(fmt::format("{}: shown up to its first {} bytes.", title, text.size()));
  }
  return {{"title", std::move(title)}, {"text", std::move(text)}};
}

}  // namespace

Json study_page_data(StudyDatabase& database, const StoredStudy& study) {
  StudyCube cube = read_cube(database, study);
  const StudyCounts counts = database.counts(study.id);
  std::vector<std::string> notes;
  const std::size_t rows = cube.rows.size();
  std::size_t beyond = 0;
  bool limited = false;
  for (const StudyCube::Row& row : cube.rows) {
    limited = limited || row.admitted.has_value();
    if (!row.admitted.value_or(true)) ++beyond;
  }
  // The best is held at more places than the values of all, so that it changes where it does.
  std::size_t measures = measures_that_fit(cube, count_places(cube), kMostBestBytes);
  thin_cube(cube, rows_that_fit(cube, measures, kMostBestBytes), count_places,
            "What is the best, and where it changes", notes);
  Json best = best_of(cube, measures);
  measures = std::min(measures, measures_that_fit(cube, cube.rows.size(), kMostValueBytes));
  thin_cube(
      cube, rows_that_fit(cube, measures, kMostValueBytes),
      [](const StudyCube& of) { return of.rows.size(); },
      fmt::format("The values of every {}", cube.option), notes);
  if (measures < cube.measures.size()) {
    std::vector<std::string_view> left;
    left.reserve(cube.measures.size() - measures);
    for (std::size_t m = measures; m < cube.measures.size(); ++m) {
      left.push_back(cube.measures[m].column.name);
    }
    notes.push_back(
        fmt::format("The database has more values than the page: {}.", fmt::join(left, ", ")));
  }
  if (cube.replicates > 1) {
    notes.push_back(
        fmt::format("Values are means over {} replicates, ± is their 95 % interval "
                    "(Student's t).",
                    cube.replicates));
  }
  const auto base = parsed_json(study.base);
  const auto base_text = [&](const char* key) {
    return base.is_object() && base.contains(key) && base[key].is_string()
               ? base[key].get<std::string>()
               : std::string{};
  };
  Json texts = Json::array();
  texts.push_back(
      text_section("The study's definition, with every default", study.definition, notes));
  texts.push_back(text_section("The base scenario, with what the study sets",
                               base.is_discarded() ? study.base : base.dump(2), notes));
  return {{"kind", "study"},
          {"title", study.name},
          {"study",
           {{"option", cube.option},
            {"fleet", study.kind == "fleet"},
            {"method", study.method},
            {"points", study.points},
            {"done", counts.done},
            {"failed", counts.failed},
            {"rows", rows},
            {"replicates", cube.replicates},
            {"limited", limited},
            {"beyond", beyond},
            {"base", {{"name", base_text("name")}, {"description", base_text("description")}}},
            {"axes", study.axes},
            {"keys", study.keys},
            {"options", cube.options},
            {"candidates", cube.candidates},
            {"dimensions", dimensions_of(cube)},
            {"measures", measures_of(cube, measures)},
            {"best", std::move(best)},
            {"values", values_of(cube, measures)},
            {"remarks", study.notes}}},
          {"texts", std::move(texts)},
          {"manifest",
           {{"study", study.name},
            {"number", study.id},
            {"kind", study.kind},
            {"method", study.method},
            {"points", study.points},
            {"digest", study.digest},
            {"model_version", study.model_version},
            {"papilio", study.papilio},
            {"database", database.path().filename().string()}}},
          {"notes", std::move(notes)}};
}

}  // namespace papilio
