#include "sim/study/ask/cube.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/report/plot_quantity.hpp"
#include "sim/study/ask/statistics.hpp"
#include "sim/study/store/kinds.hpp"
#include "sim/study/store/results_reader.hpp"

namespace papilio {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// A row of results as it is read: the axes, then the columns of results that are dimensions.
struct CubeRecord {
  Key labels;
  std::int64_t replicate{0};
  std::optional<bool> admitted;
  std::vector<double> values;
  std::vector<double> half_widths;  ///< that the run has itself
};

std::optional<double> number_in(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::nullopt;
}

/// "uplink_bit_per_s" as "uplink" and "bit/s": units of results and scenarios, which are SI's.
std::pair<std::string, std::string> title_and_unit(const std::string& name) {
  // The longer ones first: "_per_s" is no time.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUnits{
      {{"_bit_per_s", "bit/s"},
       {"_per_s", "1/s"},
       {"_bytes", "bytes"},
       {"_s", "s"},
       {"_j", "J"},
       {"_w", "W"}}};
  std::string title = name.substr(name.rfind('.') + 1);
  std::string unit;
  for (const auto& [end, of] : kUnits) {
    if (!title.ends_with(end)) continue;
    title.resize(title.size() - end.size());
    unit = of;
    break;
  }
  std::replace(title.begin(), title.end(), '_', ' ');
  return {title, unit};
}

class CubeReader {
 public:
  explicit CubeReader(const StoredStudy& study)
      : study_{study}, names_{study.axes}, columns_{result_columns(study)} {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      if (column.name == "admitted") {
        admitted_ = i;
      } else if (column.kind == ColumnKind::kDimension) {
        if (column.name == stored_kind(study.kind).lines) option_ = names_.size();
        names_.emplace_back(column.name);
        dimension_columns_.push_back(i);
      } else if (column.better != Better::kNeither && !stem(column).ends_with("_ci")) {
        measure_columns_.push_back(i);
      }
    }
    // What studies are mostly asked about comes first.
    std::stable_partition(measure_columns_.begin(), measure_columns_.end(), [&](std::size_t i) {
      return columns_[i].name == "latency_s" || columns_[i].name == "energy_j";
    });
    for (const std::size_t i : measure_columns_) interval_columns_.push_back(interval_of(i));
  }

  void take(const StoredRow& row) {
    if (row.number != number_) take_point();
    number_ = row.number;
    if (row.failed) {
      ++failed_;
      return;
    }
    CubeRecord record;
    record.replicate = row.replicate;
    record.labels.reserve(names_.size());
    for (const Value& axis : row.axes) record.labels.push_back(labels_.of(axis));
    for (const std::size_t i : dimension_columns_) {
      record.labels.push_back(labels_.of(row.results[i]));
    }
    if (const std::optional<double> admitted = number_in(row.results[admitted_])) {
      record.admitted = *admitted != 0;
    }
    record.values.reserve(measure_columns_.size());
    record.half_widths.reserve(measure_columns_.size());
    for (std::size_t m = 0; m < measure_columns_.size(); ++m) {
      record.values.push_back(number_in(row.results[measure_columns_[m]]).value_or(kNoValue));
      record.half_widths.push_back(
          interval_columns_[m] ? number_in(row.results[*interval_columns_[m]]).value_or(kNoValue)
                               : kNoValue);
    }
    point_.push_back(std::move(record));
  }

  StudyCube finish() {
    take_point();
    if (records_.empty()) {
      throw ConfigError{fmt::format("papilio: error: no point of the study '{}' has results{}",
                                    study_.name,
                                    failed_ > 0 ? "; 'papilio study status' tells why"
                                                : "; run it with 'papilio study run'")};
    }
    StudyCube cube{.option = names_[option_], .failed = failed_};
    choose_dimensions();
    order_labels(cube);
    gather_rows(cube);
    drop_empty_measures(cube);
    return cube;
  }

 private:
  /// The column of the half-width that a fleet's run has of a value: "latency_ci_s" of "latency_s".
  [[nodiscard]] std::optional<std::size_t> interval_of(std::size_t measure) const {
    const std::string name = fmt::format("{}_ci_s", stem(columns_[measure]));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].name == name) return i;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> find_name(const std::string& name) const {
    for (std::size_t i = study_.axes.size(); i < names_.size(); ++i) {
      if (names_[i] == name) return i;
    }
    return std::nullopt;
  }

  /// Takes the rows of the point that was read.
  void take_point() {
    for (const char* name : {"window", "mobiles"}) keep_total(name);
    const std::optional<std::size_t> network = find_name("network");
    const Label none = labels_.of(Value{});
    std::set<Label> networks;
    if (network) {
      for (const CubeRecord& record : point_) networks.insert(record.labels[*network]);
    }
    networks.erase(none);
    for (CubeRecord& record : point_) {
      if (networks.empty() || record.labels[*network] != none) {
        records_.push_back(std::move(record));
        continue;
      }
      for (const Label name : networks) {
        records_.push_back(record);
        records_.back().labels[*network] = name;
      }
    }
    point_.clear();
  }
  void keep_total(const char* name) {
    const std::optional<std::size_t> at = find_name(name);
    if (!at) return;
    const Label total = labels_.of(Value{std::string{"all"}});
    const auto is_part = [&](const CubeRecord& record) { return record.labels[*at] != total; };
    if (!std::all_of(point_.begin(), point_.end(), is_part)) std::erase_if(point_, is_part);
  }

  /// The axes, and of the other dimensions those in which rows differ that agree in all before.
  void choose_dimensions() {
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i != option_) candidates.push_back(i);
    }
    for (const std::size_t candidate : candidates) {
      const bool is_axis = candidate < study_.axes.size();
      std::map<Key, Label> held;
      std::set<Label> all;
      bool differs = is_axis;
      for (const CubeRecord& record : records_) {
        all.insert(record.labels[candidate]);
        if (differs) continue;
        Key key = place_of(record);
        key.push_back(record.labels[option_]);
        key.push_back(static_cast<Label>(record.replicate));
        const auto [it, is_new] = held.try_emplace(std::move(key), record.labels[candidate]);
        differs = !is_new && it->second != record.labels[candidate];
      }
      if (differs && all.size() > 1) chosen_.push_back(candidate);
    }
  }
  [[nodiscard]] Key place_of(const CubeRecord& record) const {
    Key key;
    key.reserve(chosen_.size() + 2);
    for (const std::size_t i : chosen_) key.push_back(record.labels[i]);
    return key;
  }

  /// Makes the dimensions with their labels in order; then records have positions of labels.
  void order_labels(StudyCube& cube) {
    for (const std::size_t at : chosen_) {
      std::vector<Label> found = labels_at(at);
      const bool numeric = std::all_of(found.begin(), found.end(), [&](Label label) {
        return labels_.number(label).has_value();
      });
      if (numeric) {
        std::sort(found.begin(), found.end(),
                  [&](Label a, Label b) { return *labels_.number(a) < *labels_.number(b); });
      }
      const bool is_axis = at < study_.axes.size();
      const std::string key = is_axis && at < study_.keys.size() ? study_.keys[at] : names_[at];
      cube.dimensions.push_back({.name = names_[at],
                                 .title = title_and_unit(names_[at]).first,
                                 .unit = title_and_unit(key).second,
                                 .numeric = numeric,
                                 .labels = replace_labels(at, found)});
    }
    cube.options = replace_labels(option_, labels_at(option_));
    cube.candidates.assign(cube.options.size(), true);
    if (const std::optional<std::size_t> kind = find_name("strategy_kind")) {
      const Label oracle = labels_.of(Value{std::string{"oracle"}});
      for (const CubeRecord& record : records_) {
        if (record.labels[*kind] == oracle) cube.candidates[record.labels[option_]] = false;
      }
    }
  }
  [[nodiscard]] std::vector<Label> labels_at(std::size_t at) const {
    std::vector<Label> found;
    std::set<Label> seen;
    for (const CubeRecord& record : records_) {
      if (seen.insert(record.labels[at]).second) found.push_back(record.labels[at]);
    }
    return found;
  }
  std::vector<std::string> replace_labels(std::size_t at, const std::vector<Label>& order) {
    std::map<Label, Label> places;
    std::vector<std::string> texts;
    texts.reserve(order.size());
    for (const Label label : order) {
      places.emplace(label, static_cast<Label>(texts.size()));
      texts.push_back(labels_.text(label));
    }
    for (CubeRecord& record : records_) record.labels[at] = places.at(record.labels[at]);
    return texts;
  }

  /// Takes replicates together.
  void gather_rows(StudyCube& cube) {
    const auto key_of_record = [&](const CubeRecord& record) {
      Key key = place_of(record);
      key.push_back(record.labels[option_]);
      return key;
    };
    std::map<Key, std::vector<std::size_t>> together;
    std::set<std::int64_t> replicates;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      together[key_of_record(records_[i])].push_back(i);
      replicates.insert(records_[i].replicate);
    }
    cube.replicates = replicates.size();
    for (const std::size_t i : measure_columns_) {
      cube.measures.push_back({columns_[i], quantity_name(columns_[i])});
    }
    cube.rows.reserve(together.size());
    for (const auto& [key, members] : together) {
      StudyCube::Row row{.place = {key.begin(), key.end() - 1}, .option = key.back()};
      for (const std::size_t i : members) {
        const std::optional<bool>& admitted = records_[i].admitted;
        if (admitted) row.admitted = row.admitted.value_or(true) && *admitted;
      }
      row.values.reserve(measure_columns_.size());
      for (std::size_t m = 0; m < measure_columns_.size(); ++m) {
        row.values.push_back(estimate_of(members, m));
      }
      cube.rows.push_back(std::move(row));
    }
  }
  [[nodiscard]] std::optional<Estimate> estimate_of(const std::vector<std::size_t>& members,
                                                    std::size_t measure) const {
    CellValues cell;
    for (const std::size_t i : members) {
      const double value = records_[i].values[measure];
      if (!std::isnan(value)) {
        cell.by_replicate[static_cast<Label>(records_[i].replicate)].push_back(value);
      }
    }
    const std::optional<double> mean = statistic("mean", cell);
    if (!mean) return std::nullopt;
    Estimate estimate{*mean, statistic("ci95", cell)};
    if (members.size() == 1 && !std::isnan(records_[members[0]].half_widths[measure])) {
      estimate.half_width = records_[members[0]].half_widths[measure];
    }
    return estimate;
  }

  /// What has no value, or is zero everywhere, tells nothing.
  static void drop_empty_measures(StudyCube& cube) {
    std::vector<std::size_t> kept;
    for (std::size_t m = 0; m < cube.measures.size(); ++m) {
      if (std::any_of(cube.rows.begin(), cube.rows.end(), [&](const StudyCube::Row& row) {
            return row.values[m] && row.values[m]->value != 0;
          })) {
        kept.push_back(m);
      }
    }
    std::vector<StudyCube::Measure> measures;
    measures.reserve(kept.size());
    for (const std::size_t m : kept) measures.push_back(cube.measures[m]);
    cube.measures = std::move(measures);
    for (StudyCube::Row& row : cube.rows) {
      std::vector<std::optional<Estimate>> values;
      values.reserve(kept.size());
      for (const std::size_t m : kept) values.push_back(row.values[m]);
      row.values = std::move(values);
    }
  }

  const StoredStudy& study_;
  std::vector<std::string> names_;  // of the axes, then of the dimensions of results
  const std::vector<Column>& columns_;
  std::size_t option_{0};    // a position in names_
  std::size_t admitted_{0};  // positions in columns_
  std::vector<std::size_t> dimension_columns_;
  std::vector<std::size_t> measure_columns_;
  std::vector<std::optional<std::size_t>> interval_columns_;  // [measures]
  DimensionLabels labels_;
  std::uint64_t number_{0};
  std::uint64_t failed_{0};
  std::vector<CubeRecord> point_;
  std::vector<CubeRecord> records_;
  std::vector<std::size_t> chosen_;  // positions in names_
};

}  // namespace

std::optional<std::size_t> StudyCube::best(std::size_t measure, std::size_t first,
                                           std::size_t last) const {
  const double sign = measures[measure].column.better == Better::kMore ? -1 : 1;
  std::optional<std::size_t> found;
  for (std::size_t i = first; i < last; ++i) {
    if (!candidates[rows[i].option] || !rows[i].admitted.value_or(true)) continue;
    if (!rows[i].values[measure]) continue;
    if (!found ||
        sign * rows[i].values[measure]->value < sign * rows[*found].values[measure]->value) {
      found = i;
    }
  }
  return found;
}

std::size_t StudyCube::end_of_place(std::size_t first) const {
  std::size_t last = first + 1;
  while (last < rows.size() && rows[last].place == rows[first].place) ++last;
  return last;
}

StudyCube read_cube(StudyDatabase& database, const StoredStudy& study) {
  CubeReader reader{study};
  each_stored_row(database, study, [&](const StoredRow& row) { reader.take(row); });
  return reader.finish();
}

}  // namespace papilio
