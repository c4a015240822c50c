#include "sim/compare/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

using Names = std::vector<std::string>;

bool has_name(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The names of both, in A's order.
Names shared_names(const Names& a, const Names& b) {
  Names shared;
  std::copy_if(a.begin(), a.end(), std::back_inserter(shared),
               [&](const std::string& name) { return has_name(b, name); });
  return shared;
}

/// The names of A that B lacks.
Names missing_names(const Names& a, const Names& b) {
  Names missing;
  std::copy_if(a.begin(), a.end(), std::back_inserter(missing),
               [&](const std::string& name) { return !has_name(b, name); });
  return missing;
}

Names all_columns(const Comparable& thing) {
  Names all = thing.dimensions;
  all.insert(all.end(), thing.measures.begin(), thing.measures.end());
  return all;
}

/// The number, if it is one.
std::optional<double> as_number(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr || std::isnan(*real)) return std::nullopt;
  return *real;
}

bool is_absent(const Value& value) {
  return !std::holds_alternative<std::string>(value) && !as_number(value);
}

/// A thing's rows, one after another, of which no two may have one key.
class CheckedRows {
 public:
  CheckedRows(const Comparable& thing, const Comparable& other, const ComparedColumns& columns)
      : thing_{thing}, other_{other}, columns_{columns}, stream_{thing.rows(columns)} {
    advance();
  }

  [[nodiscard]] bool has_row() const { return has_row_; }
  [[nodiscard]] const ComparedRow& row() const { return row_; }

  void advance() {
    std::swap(row_, last_);
    const bool had_row = has_row_;
    has_row_ = stream_(row_);
    if (had_row && has_row_ && order_of(last_.key, row_.key) == 0) fail_twice();
  }

 private:
  [[noreturn]] void fail_twice() const {
    Names at;
    for (std::size_t i = 0; i < row_.key.size(); ++i) {
      const std::string value = text_of(row_.key[i]);
      if (!value.empty()) at.push_back(fmt::format("{}={}", columns_.dimensions[i], value));
    }
    const Names lost = missing_names(thing_.dimensions, other_.dimensions);
    throw ConfigError{fmt::format(
        "{}: error: two rows have {}{}", thing_.name, fmt::join(at, ", "),
        lost.empty() ? "; a row must be the only one of its dimensions"
                     : fmt::format("; {} tells them apart, and {} has no such dimension",
                                   fmt::join(lost, ", "), other_.name))};
  }

  const Comparable& thing_;
  const Comparable& other_;
  const ComparedColumns& columns_;
  RowStream stream_;
  ComparedRow row_;
  ComparedRow last_;
  bool has_row_{false};
};

/// Keeps the greatest differences, the first found before others as great.
class Greatest {
 public:
  explicit Greatest(std::size_t most) : most_{most} {}

  void add(Difference difference) {
    if (most_ == 0) return;
    const double size = difference.relative.value_or(std::numeric_limits<double>::infinity());
    if (kept_.size() == most_) {
      if (!before(size, found_, kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end(), order);
      kept_.pop_back();
    }
    kept_.push_back({size, found_++, std::move(difference)});
    std::push_heap(kept_.begin(), kept_.end(), order);
  }

  std::vector<Difference> take() {
    std::sort_heap(kept_.begin(), kept_.end(), order);
    std::vector<Difference> all;
    all.reserve(kept_.size());
    for (Kept& kept : kept_) all.push_back(std::move(kept.difference));
    return all;
  }

 private:
  struct Kept {
    double size;
    std::uint64_t found;
    Difference difference;
  };
  static bool before(double size, std::uint64_t found, const Kept& other) {
    return size > other.size || (size == other.size && found < other.found);
  }
  static bool order(const Kept& a, const Kept& b) { return before(a.size, a.found, b); }

  std::size_t most_;
  std::uint64_t found_{0};
  std::vector<Kept> kept_;  // a heap, the least at its front
};

/// Judges values.
class Judge {
 public:
  Judge(const ComparedColumns& columns, const CompareRules& rules, bool random)
      : columns_{columns}, rules_{rules}, random_{random} {
    for (const std::string& measure : columns.measures) {
      const auto own = rules.of_measure.find(measure);
      stated_.push_back(own != rules.of_measure.end());
      tolerances_.push_back(stated_.back() ? own->second : rules.tolerance);
    }
  }

  /// Counts a value, and hands it back if it differs.
  [[nodiscard]] std::optional<Difference> judge(const ComparedRow& a, const ComparedRow& b,
                                                std::size_t measure,
                                                MeasureDifferences& counts) const {
    // The width of an interval is as much a matter of chance as what it is about.
    if (columns_.is_interval[measure] && !rules_.exact && !stated_[measure]) return std::nullopt;
    ++counts.values;
    Difference found{.key = {},
                     .measure = measure,
                     .a = a.values[measure],
                     .b = b.values[measure],
                     .relative = {},
                     .half_width = {}};
    if (!beyond_tolerance(found)) return std::nullopt;
    const bool excused = found.relative.has_value() && !rules_.exact;
    if (excused) found.half_width = joint_half_width(a, b, measure);
    if (found.half_width &&
        std::abs(*as_number(found.b) - *as_number(found.a)) <= *found.half_width) {
      ++counts.excused;
      return std::nullopt;
    }
    if (excused && random_ && !found.half_width && !stated_[measure]) {
      ++counts.unjudged;
      return std::nullopt;
    }
    ++counts.differ;
    counts.largest = std::max(counts.largest, found.relative.value_or(0));
    found.key = a.key;
    return found;
  }

 private:
  /// Whether the values are further apart than the tolerance; says how far.
  [[nodiscard]] bool beyond_tolerance(Difference& found) const {
    if (is_absent(found.a) || is_absent(found.b)) return is_absent(found.a) != is_absent(found.b);
    if (found.a == found.b) return false;
    const std::optional<double> a = as_number(found.a);
    const std::optional<double> b = as_number(found.b);
    if (!a || !b) return true;  // texts
    if (*a == *b) return false;
    const double greater = std::max(std::abs(*a), std::abs(*b));
    const double apart = std::abs(*b - *a);
    constexpr double kMost = 2;  // of opposite signs
    found.relative = std::isfinite(greater) && std::isfinite(apart) ? apart / greater : kMost;
    return *found.relative > tolerances_[found.measure];
  }

  [[nodiscard]] std::optional<double> joint_half_width(const ComparedRow& a, const ComparedRow& b,
                                                       std::size_t measure) const {
    const std::optional<std::size_t> interval = columns_.interval[measure];
    if (!interval) return std::nullopt;
    const std::optional<double> of_a = as_number(a.values[*interval]);
    const std::optional<double> of_b = as_number(b.values[*interval]);
    if (!of_a || !of_b) return std::nullopt;
    return std::hypot(*of_a, *of_b);
  }

  const ComparedColumns& columns_;
  const CompareRules& rules_;
  bool random_;
  std::vector<bool> stated_;
  std::vector<double> tolerances_;
};

void add_lone(LoneRows& lone, const std::vector<Value>& key, std::size_t most) {
  ++lone.count;
  if (lone.first.size() < most) lone.first.push_back(key);
}

/// "seed", "name", "path": what changes no model.
std::string kind_of_input(const std::string& path, const std::string& value) {
  const std::string last = path.substr(path.rfind('.') + 1);
  if (last == "seed") return "seed";
  if (last == "name" || last == "description" || last == "note") return "name";
  return value.find('/') != std::string::npos ? "path" : "";
}

}  // namespace

MeasureDifferences Comparison::total() const {
  MeasureDifferences sum;
  for (const MeasureDifferences& measure : measures) {
    sum.values += measure.values;
    sum.differ += measure.differ;
    sum.excused += measure.excused;
    sum.unjudged += measure.unjudged;
    sum.largest = std::max(sum.largest, measure.largest);
  }
  return sum;
}

bool Comparison::differs() const {
  return total().differ > 0 || only_a.count > 0 || only_b.count > 0;
}

bool drawn_at_random(Comparable::Kind kind) {
  return kind == Comparable::Kind::kFleet || kind == Comparable::Kind::kFleetStudy;
}

Comparison compare(const Comparable& a, const Comparable& b, const CompareRules& rules) {
  if (a.kind != b.kind) {
    throw ConfigError{
        fmt::format("papilio compare: error: {} is {}, {} is {}; give two things of one kind",
                    a.name, name_of(a.kind), b.name, name_of(b.kind))};
  }
  Comparison found;
  found.columns = ComparedColumns{shared_names(a.dimensions, b.dimensions),
                                  shared_names(a.measures, b.measures)};
  found.columns_only_a = missing_names(all_columns(a), all_columns(b));
  found.columns_only_b = missing_names(all_columns(b), all_columns(a));
  found.measures.resize(found.columns.measures.size());
  for (const auto& [measure, tolerance] : rules.of_measure) {
    if (has_name(found.columns.measures, measure)) continue;
    throw ConfigError{fmt::format("papilio compare: error: --tolerance {}={}: no such measure{}",
                                  measure, tolerance, suggestion(measure, found.columns.measures))};
  }
  const Judge judge{found.columns, rules, drawn_at_random(a.kind)};
  Greatest greatest{rules.listed};
  CheckedRows rows_a{a, b, found.columns};
  CheckedRows rows_b{b, a, found.columns};
  while (rows_a.has_row() || rows_b.has_row()) {
    int order = rows_a.has_row() ? -1 : 1;
    if (rows_a.has_row() && rows_b.has_row()) order = order_of(rows_a.row().key, rows_b.row().key);
    if (order < 0) add_lone(found.only_a, rows_a.row().key, rules.listed);
    if (order > 0) add_lone(found.only_b, rows_b.row().key, rules.listed);
    if (order == 0) {
      ++found.rows;
      for (std::size_t i = 0; i < found.measures.size(); ++i) {
        auto difference = judge.judge(rows_a.row(), rows_b.row(), i, found.measures[i]);
        if (difference) greatest.add(std::move(*difference));
      }
    }
    if (order <= 0) rows_a.advance();
    if (order >= 0) rows_b.advance();
  }
  found.differences = greatest.take();
  return found;
}

std::vector<InputDifference> input_differences(const Comparable& a, const Comparable& b) {
  std::map<std::string, std::pair<std::optional<std::string>, std::optional<std::string>>> both;
  for (const Input& input : a.inputs) both[input.path].first = input.value;
  for (const Input& input : b.inputs) both[input.path].second = input.value;
  std::vector<InputDifference> differences;
  for (const auto& [path, values] : both) {
    const auto& [of_a, of_b] = values;
    if (of_a == of_b) continue;
    differences.push_back({path, of_a, of_b, kind_of_input(path, of_a ? *of_a : *of_b)});
  }
  // What changes the model first.
  std::stable_partition(differences.begin(), differences.end(),
                        [](const InputDifference& input) { return input.what.empty(); });
  return differences;
}

}  // namespace papilio
