#include "sim/study/pivot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/stats/estimate.hpp"
#include "sim/study/results_reader.hpp"

namespace papilio {
namespace {

using Strings = std::vector<std::string>;

constexpr const char* kPartition = "partition";
constexpr const char* kReplicate = "replicate";

const Strings& stat_names() {
  static const Strings kNames{"mean", "ci95", "min", "max", "median", "n"};
  return kNames;
}

[[noreturn]] void fail(const std::string& message) {
  throw ConfigError{"papilio table: error: " + message};
}

/// What a point is in a dimension: a text's position among all that occur.
using Label = std::uint32_t;
using Key = std::vector<Label>;

/// The texts that dimensions have, each kept once.
class Labels {
 public:
  Label of(const std::string& text) {
    const auto [it, is_new] = places_.try_emplace(text, static_cast<Label>(texts_.size()));
    if (is_new) texts_.push_back(&it->first);
    return it->second;
  }
  [[nodiscard]] const std::string& text(Label label) const { return *texts_[label]; }

 private:
  std::unordered_map<std::string, Label> places_;  // keeps its nodes where they are
  std::vector<const std::string*> texts_;
};

/// One value with all its dimensions.
struct Point {
  Key dimensions;  ///< `[Facts::names]`
  double value{0};
};

/// What a study's results are as points in dimensions.
struct Facts {
  Strings names;
  Labels labels;
  std::vector<Point> points;
  std::uint64_t failed{0};

  [[nodiscard]] const std::string& text(const Point& point, std::size_t dimension) const {
    return labels.text(point.dimensions[dimension]);
  }

  [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) return std::nullopt;
    return static_cast<std::size_t>(it - names.begin());
  }
  [[nodiscard]] std::size_t position(const std::string& name) const {
    if (const std::optional<std::size_t> found = find(name)) return *found;
    fail(fmt::format("unknown dimension '{}'{}", name, suggestion(name, names)));
  }
  [[nodiscard]] std::vector<std::size_t> positions(const Strings& wanted) const {
    std::vector<std::size_t> all;
    for (const std::string& name : wanted) all.push_back(position(name));
    return all;
  }
};

/// Whether a column of results says what a row is about, instead of what was measured.
bool is_dimension(const ResultColumn& column) {
  return column.type == "TEXT" || column.name == "channels" || column.name == "bits";
}

/// The column that a value's name means; units may be left out.
std::string value_column(const std::string& name, const std::vector<ResultColumn>& columns) {
  Strings known;
  for (const ResultColumn& column : columns) {
    if (is_dimension(column)) continue;
    std::string full{column.name};
    if (full == name || full == name + "_s" || full == name + "_j") return full;
    known.push_back(full);
  }
  fail(fmt::format("unknown value '{}'{}", name, suggestion(name, known)));
}

/// Reads a study's results as points of one value.
class FactsReader {
 public:
  FactsReader(const StoredStudy& study, const std::string& value) : study_{study} {
    facts_.names = study.axes;
    facts_.names.emplace_back(kReplicate);
    const std::vector<ResultColumn>& columns = result_columns(study);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == value) value_ = i;
      if (columns[i].name == "strategy") strategy_ = i;
      if (columns[i].name == "cut") cut_ = i;
      if (!is_dimension(columns[i])) continue;
      facts_.names.emplace_back(columns[i].name);
      dimensions_.push_back(i);
    }
    if (study.kind == "cells") facts_.names.emplace_back(kPartition);
  }

  void take(const StoredRow& row) {
    if (row.failed) {
      ++facts_.failed;
      return;
    }
    Point point;
    const Value& value = row.results[value_];
    if (const auto* number = std::get_if<double>(&value)) {
      point.value = *number;
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      point.value = static_cast<double>(*whole);
    } else {
      return;  // a value that does not exist
    }
    const auto add = [&](const std::string& text) {
      point.dimensions.push_back(facts_.labels.of(text));
    };
    point.dimensions.reserve(facts_.names.size());
    for (const Value& axis : row.axes) add(text_of(axis));
    add(fmt::to_string(row.replicate));
    for (const std::size_t i : dimensions_) add(text_of(row.results[i]));
    if (study_.kind == "cells") {
      const std::string cut = text_of(row.results[cut_]);
      add(cut.empty() ? text_of(row.results[strategy_]) : cut);
    }
    facts_.points.push_back(std::move(point));
  }

  Facts finish() {
    stand_on_every_network();
    keep_totals("window");
    keep_totals("mobiles");
    return std::move(facts_);
  }

  /// Dimensions that were asked for, so that their parts are not left out for their total.
  std::set<std::string> asked;

 private:
  /// What uses no radio is the same on each: mobile-only stands beside every network's results.
  void stand_on_every_network() {
    const std::optional<std::size_t> network = facts_.find("network");
    if (!network) return;
    const Label none = facts_.labels.of("");
    Key networks;
    for (const Point& point : facts_.points) {
      const Label name = point.dimensions[*network];
      if (name != none && std::find(networks.begin(), networks.end(), name) == networks.end()) {
        networks.push_back(name);
      }
    }
    std::vector<Point> all;
    for (Point& point : facts_.points) {
      if (point.dimensions[*network] != none || networks.empty()) {
        all.push_back(std::move(point));
        continue;
      }
      for (const Label name : networks) {
        all.push_back(point);
        all.back().dimensions[*network] = name;
      }
    }
    facts_.points = std::move(all);
  }

  /// A fleet's rows of "all" sum up the others: they alone count unless the parts are asked for.
  void keep_totals(const std::string& name) {
    const std::optional<std::size_t> at = facts_.find(name);
    if (!at || asked.count(name) > 0) return;
    const Label total = facts_.labels.of("all");
    const auto is_total = [&](const Point& point) { return point.dimensions[*at] == total; };
    if (std::none_of(facts_.points.begin(), facts_.points.end(), is_total)) return;
    std::erase_if(facts_.points, [&](const Point& point) { return !is_total(point); });
  }

  const StoredStudy& study_;
  Facts facts_;
  std::size_t value_{0};
  std::size_t strategy_{0};
  std::size_t cut_{0};
  std::vector<std::size_t> dimensions_;
};

Key key_of(const Point& point, const std::vector<std::size_t>& positions) {
  Key key;
  key.reserve(positions.size());
  for (const std::size_t i : positions) key.push_back(point.dimensions[i]);
  return key;
}

/// Distinct keys in the order of coming.
class Keys {
 public:
  std::size_t add(const Key& key) {
    const auto [it, is_new] = places_.try_emplace(key, all_.size());
    if (is_new) all_.push_back(key);
    return it->second;
  }
  [[nodiscard]] const std::vector<Key>& all() const { return all_; }

 private:
  std::map<Key, std::size_t> places_;
  std::vector<Key> all_;
};

/// How values are written.
class Format {
 public:
  Format(const std::string& column, const PivotSpec& spec, bool exact) : exact_{exact} {
    const bool scaled = !exact && !spec.si && spec.relative_to.empty();
    if (scaled && column.ends_with("_s")) {
      factor_ = 1e3;
      unit_ = "ms";
    } else if (scaled && column.ends_with("_j")) {
      factor_ = 1e3;
      unit_ = "mJ";
    } else if (column.ends_with("_s") || column.ends_with("_j")) {
      unit_ = column.ends_with("_s") ? "s" : "J";
    }
    if (!spec.relative_to.empty()) {
      unit_ = "×";
      digits_ = 1;
    } else if (scaled && !unit_.empty()) {
      digits_ = 1;
    }
    if (spec.digits) digits_ = spec.digits;
  }

  [[nodiscard]] std::string operator()(double value) const {
    if (exact_) return fmt::to_string(value);
    if (digits_) return fmt::format("{:.{}f}", value * factor_, *digits_);
    return fmt::format("{:.4g}", value * factor_);
  }
  [[nodiscard]] const std::string& unit() const { return unit_; }

 private:
  bool exact_;
  double factor_{1};
  std::string unit_;
  std::optional<int> digits_;
};

/// The values of one cell of the table, by replicate.
struct CellValues {
  std::map<Label, std::vector<double>> by_replicate;

  [[nodiscard]] std::vector<double> means() const {
    std::vector<double> means;
    for (const auto& [replicate, values] : by_replicate) means.push_back(mean(values));
    return means;
  }
  [[nodiscard]] std::vector<double> all() const {
    std::vector<double> all;
    for (const auto& [replicate, values] : by_replicate) {
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }
};

std::optional<double> statistic(const std::string& name, const CellValues& cell) {
  if (cell.by_replicate.empty()) return std::nullopt;
  std::vector<double> all = cell.all();
  if (name == "mean") return mean(cell.means());
  if (name == "ci95") return half_width(cell.means());
  if (name == "n") return static_cast<double>(all.size());
  if (name == "median") return median(std::move(all)).value;
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  return name == "min" ? *least : *most;
}

/// Makes the tables of one specification.
class Pivot {
 public:
  Pivot(Facts facts, const StoredStudy& study, const PivotSpec& spec, std::string column,
        bool exact)
      : facts_{std::move(facts)},
        study_{study},
        spec_{spec},
        column_{std::move(column)},
        exact_{exact},
        format_{column_, spec, exact},
        rows_{facts_.positions(spec.rows)},
        cols_{facts_.positions(spec.cols)},
        groups_{facts_.positions(spec.group)},
        replicate_{facts_.position(kReplicate)} {}

  Document make() {
    if (!spec_.relative_to.empty()) take_relative();
    keep();
    if (facts_.points.empty()) fail("nothing is left to show; look at --where");
    if (!spec_.best.empty()) keep_best();
    check_one_value_a_cell();
    Keys groups;
    std::vector<std::vector<const Point*>> of_group;
    for (const Point& point : facts_.points) {
      const std::size_t group = groups.add(key_of(point, groups_));
      of_group.resize(std::max(of_group.size(), group + 1));
      of_group[group].push_back(&point);
    }
    Document document{.title = title()};
    document.paragraphs.push_back(about());
    for (std::size_t i = 0; i < of_group.size(); ++i) {
      document.sections.push_back(
          {.title = groups_.empty() ? document.title
                                    : fmt::format("{} {}", fmt::join(spec_.group, ", "),
                                                  fmt::join(shown(groups.all()[i]), ", ")),
           .table = table_of(of_group[i])});
    }
    if (facts_.failed > 0) {
      document.sections.back().remarks.push_back(fmt::format(
          "{} points failed and are not in it: 'papilio study status' tells why.", facts_.failed));
    }
    return document;
  }

 private:
  [[nodiscard]] std::string title() const {
    std::string title = fmt::format("{}: {}", study_.name, column_);
    if (!spec_.relative_to.empty()) title += ", relative to " + spec_.relative_to;
    return title + fmt::format(" by {}{}", fmt::join(spec_.rows, ", "),
                               spec_.cols.empty()
                                   ? ""
                                   : fmt::format(" and {}", fmt::join(spec_.cols, ", ")));
  }

  [[nodiscard]] std::string about() const {
    std::string text =
        fmt::format("Of {} points, by {}", study_.points,
                    study_.method == "simulation" ? "simulation" : "the closed form");
    if (!format_.unit().empty() && format_.unit() != "×") text += ", in " + format_.unit();
    if (!spec_.relative_to.empty()) {
      text += fmt::format("; × is {}'s value over the row's", spec_.relative_to);
    }
    if (!spec_.best.empty()) text += fmt::format("; the least over {}, and its value", spec_.best);
    if (has_stat("ci95")) text += "; ± is the 95 % interval over replicates (Student's t)";
    for (const auto& [name, values] : spec_.where) {
      text += fmt::format("; {} {}", name, fmt::join(values, " or "));
    }
    return text + ".";
  }

  [[nodiscard]] bool has_stat(const std::string& name) const {
    return std::find(spec_.stats.begin(), spec_.stats.end(), name) != spec_.stats.end();
  }

  /// Divides the value of the named strategy or partition by each point's, at the same axes, radio
  /// and replicate: with common random numbers the ratio varies less than its parts.
  void take_relative() {
    std::vector<std::size_t> same;
    for (std::size_t i = 0; i < facts_.names.size(); ++i) {
      if (!tells_partitions(i)) same.push_back(i);
    }
    std::map<Key, double> base;
    std::set<std::string> known;
    for (const Point& point : facts_.points) {
      bool is_base = false;
      for (const char* name : {"strategy", kPartition}) {
        const std::optional<std::size_t> at = facts_.find(name);
        if (!at) continue;
        known.insert(facts_.text(point, *at));
        is_base = is_base || facts_.text(point, *at) == spec_.relative_to;
      }
      if (is_base) base.emplace(key_of(point, same), point.value);
    }
    if (base.empty()) {
      fail(fmt::format("--relative-to: no strategy or partition '{}'{}", spec_.relative_to,
                       suggestion(spec_.relative_to, {known.begin(), known.end()})));
    }
    std::vector<Point> ratios;
    for (Point& point : facts_.points) {
      const auto it = base.find(key_of(point, same));
      if (it == base.end()) continue;
      point.value = it->second / point.value;
      ratios.push_back(std::move(point));
    }
    facts_.points = std::move(ratios);
  }

  /// Whether a dimension says how the network is cut: what cloud-only is compared across.
  [[nodiscard]] bool tells_partitions(std::size_t dimension) const {
    static const Strings kOfPartitions{"strategy", "cut", "channels", "bits", "codec", kPartition};
    const std::string& name = facts_.names[dimension];
    if (dimension < study_.keys.size()) return study_.keys[dimension].starts_with("strategies");
    return std::find(kOfPartitions.begin(), kOfPartitions.end(), name) != kOfPartitions.end();
  }

  void keep() {
    for (const auto& [name, values] : spec_.where) {
      const std::size_t at = facts_.position(name);
      std::set<std::string> known;
      for (const Point& point : facts_.points) known.insert(facts_.text(point, at));
      std::set<Label> wanted;
      for (const std::string& value : values) {
        wanted.insert(facts_.labels.of(value));
        if (known.count(value) > 0) continue;
        fail(fmt::format("--where: no {} is '{}'{}", name, value,
                         suggestion(value, {known.begin(), known.end()})));
      }
      std::erase_if(facts_.points,
                    [&](const Point& point) { return wanted.count(point.dimensions[at]) == 0; });
    }
  }

  /// Of each cell's points, keeps those of the best value of a dimension.
  void keep_best() {
    best_ = facts_.position(spec_.best);
    std::map<Key, std::map<Label, std::pair<double, std::size_t>>> sums;
    const auto cell = [&](const Point& point) {
      Key key = key_of(point, groups_);
      for (const auto* more : {&rows_, &cols_}) {
        const Key part = key_of(point, *more);
        key.insert(key.end(), part.begin(), part.end());
      }
      return key;
    };
    for (const Point& point : facts_.points) {
      auto& [sum, count] = sums[cell(point)][point.dimensions[*best_]];
      sum += point.value;
      ++count;
    }
    // Of a ratio to a baseline the greatest is best.
    const double sign = spec_.relative_to.empty() ? 1 : -1;
    std::erase_if(facts_.points, [&](const Point& point) {
      const auto& options = sums.at(cell(point));
      const auto least =
          std::min_element(options.begin(), options.end(), [&](const auto& a, const auto& b) {
            const auto average = [&](const auto& one) {
              return sign * one.second.first / static_cast<double>(one.second.second);
            };
            return average(a) < average(b);
          });
      return least->first != point.dimensions[*best_];
    });
  }

  /// Refuses to average over what nobody asked to be averaged over.
  void check_one_value_a_cell() const {
    std::set<std::size_t> placed{replicate_};
    for (const auto* some : {&rows_, &cols_, &groups_}) placed.insert(some->begin(), some->end());
    if (best_) placed.insert(*best_);
    const std::vector<std::size_t> over = facts_.positions(spec_.over);
    placed.insert(over.begin(), over.end());
    std::map<Key, const Point*> first;
    const std::vector<std::size_t> key{placed.begin(), placed.end()};
    for (const Point& point : facts_.points) {
      const auto [it, is_new] = first.try_emplace(key_of(point, key), &point);
      if (is_new || it->second->value == point.value) continue;
      Strings differ;
      for (std::size_t i = 0; i < facts_.names.size(); ++i) {
        if (point.dimensions[i] != it->second->dimensions[i]) differ.push_back(facts_.names[i]);
      }
      fail(
          fmt::format("values that differ in {0} would share a cell; add it to --rows, --cols or "
                      "--group, choose with --where {0}=…, or average with --over {0}",
                      differ.empty() ? "nothing named" : differ.front()));
    }
  }

  /// A label as the table has it: people want few digits.
  [[nodiscard]] std::string shown(Label label) const {
    const std::string& text = facts_.labels.text(label);
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, number);
    constexpr std::size_t kFewDigits = 7;
    constexpr double kLarge = 1e5;
    if (exact_ || stop != end || status != std::errc{} || text.size() <= kFewDigits) return text;
    return std::abs(number) >= kLarge ? fmt::format("{:.0f}", number)
                                      : fmt::format("{:.5g}", number);
  }
  [[nodiscard]] Strings shown(const Key& key) const {
    Strings texts;
    for (const Label label : key) texts.push_back(shown(label));
    return texts;
  }

  [[nodiscard]] Strings headers_of(const Strings& column) const {
    const std::string name = fmt::format("{}", fmt::join(column, ", "));
    Strings headers;
    for (const std::string& stat : spec_.stats) {
      if (!exact_ && stat == "ci95" && !headers.empty()) continue;  // stands behind its mean
      const std::string suffix = spec_.stats.size() == 1 || (!exact_ && stat == "mean") ? "" : stat;
      headers.push_back(name.empty()
                            ? (suffix.empty() ? header_of_value() : suffix)
                            : fmt::format("{}{}{}", name, suffix.empty() ? "" : " ", suffix));
    }
    return headers;
  }

  [[nodiscard]] std::string header_of_value() const {
    if (exact_) return column_;
    return format_.unit().empty() ? column_ : format_.unit();
  }

  [[nodiscard]] Strings texts_of(const CellValues& cell) const {
    Strings texts;
    for (const std::string& stat : spec_.stats) {
      const std::optional<double> value = statistic(stat, cell);
      const std::string text = !value        ? ""
                               : stat == "n" ? fmt::format("{:.0f}", *value)
                                             : format_(*value);
      if (!exact_ && stat == "ci95" && !texts.empty()) {
        if (!text.empty()) texts.back() += " ± " + text;
      } else {
        texts.push_back(text);
      }
    }
    return texts;
  }

  [[nodiscard]] Table table_of(const std::vector<const Point*>& points) const {
    Keys rows;
    Keys cols;
    std::map<std::pair<std::size_t, std::size_t>, CellValues> cells;
    std::map<std::pair<std::size_t, std::size_t>, Label> winners;
    for (const Point* point : points) {
      const std::pair place{rows.add(key_of(*point, rows_)), cols.add(key_of(*point, cols_))};
      cells[place].by_replicate[point->dimensions[replicate_]].push_back(point->value);
      if (best_) winners[place] = point->dimensions[*best_];
    }
    Table table;
    for (const std::string& name : spec_.rows) table.columns.push_back({name, true});
    for (const Key& column : cols.all()) {
      const Strings names = shown(column);
      if (best_) {
        table.columns.push_back(
            {cols_.empty() ? spec_.best : fmt::format("{}", fmt::join(names, ", ")), true});
      }
      for (const std::string& header : headers_of(names)) table.columns.push_back({header});
    }
    for (std::size_t r = 0; r < rows.all().size(); ++r) {
      Strings row = shown(rows.all()[r]);
      for (std::size_t c = 0; c < cols.all().size(); ++c) {
        const auto it = cells.find({r, c});
        if (best_) row.push_back(it == cells.end() ? "" : shown(winners.at({r, c})));
        for (std::string& text : texts_of(it == cells.end() ? CellValues{} : it->second)) {
          row.push_back(std::move(text));
        }
      }
      table.rows.push_back(std::move(row));
    }
    return best_ && !exact_ ? where_it_moves(table, cols.all().size()) : table;
  }

  /// Takes rows together that follow each other and have the same winners: what is left are the
  /// places where the best choice moves.
  [[nodiscard]] Table where_it_moves(const Table& table, std::size_t cols) const {
    const std::size_t width = (table.columns.size() - spec_.rows.size()) / cols;
    const auto winners = [&](const Strings& row) {
      Strings names(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(spec_.rows.size()) - 1);
      for (std::size_t c = spec_.rows.size(); c < row.size(); c += width) names.push_back(row[c]);
      return names;
    };
    Table moves{.columns = table.columns};
    const std::size_t last_key = spec_.rows.size() - 1;
    moves.columns[last_key].header += " from";
    moves.columns.insert(moves.columns.begin() + static_cast<std::ptrdiff_t>(spec_.rows.size()),
                         {"to", true});
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const Strings& row = table.rows[r];
      if (r > 0 && winners(row) == winners(table.rows[r - 1])) {
        Strings& open = moves.rows.back();
        open[spec_.rows.size()] = row[last_key];
        for (std::size_t c = spec_.rows.size(); c < row.size(); ++c) {
          if ((c - spec_.rows.size()) % width == 0) continue;
          std::string& range = open[c + 1];
          range = range.substr(0, range.find(" … ")) + " … " + row[c];
        }
        continue;
      }
      Strings open = row;
      open.insert(open.begin() + static_cast<std::ptrdiff_t>(spec_.rows.size()), row[last_key]);
      moves.rows.push_back(std::move(open));
    }
    return moves;
  }

  Facts facts_;
  const StoredStudy& study_;
  const PivotSpec& spec_;
  std::string column_;
  bool exact_;
  Format format_;
  std::vector<std::size_t> rows_;
  std::vector<std::size_t> cols_;
  std::vector<std::size_t> groups_;
  std::size_t replicate_;
  std::optional<std::size_t> best_;
};

}  // namespace

Document pivot(StudyDatabase& database, const StoredStudy& study, const PivotSpec& spec,
               bool exact) {
  for (const std::string& stat : spec.stats) {
    const Strings& known = stat_names();
    if (std::find(known.begin(), known.end(), stat) == known.end()) {
      fail(fmt::format("unknown statistic '{}'{}", stat, suggestion(stat, known)));
    }
  }
  const std::string column = value_column(spec.value, result_columns(study));
  FactsReader reader{study, column};
  for (const auto* names : {&spec.rows, &spec.cols, &spec.group, &spec.over}) {
    reader.asked.insert(names->begin(), names->end());
  }
  for (const auto& [name, values] : spec.where) reader.asked.insert(name);
  each_stored_row(database, study, [&](const StoredRow& row) { reader.take(row); });
  return Pivot{reader.finish(), study, spec, column, exact}.make();
}

}  // namespace papilio
