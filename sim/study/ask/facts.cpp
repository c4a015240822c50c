#include "sim/study/ask/facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

using Strings = std::vector<std::string>;

/// Reads a study's results as points of one value.
class FactsReader {
 public:
  FactsReader(const StoredStudy& study, const FactsQuery& query) : study_{study}, query_{query} {
    facts_.names = study.axes;
    facts_.names.emplace_back(kReplicate);
    const std::vector<Column>& columns = result_columns(study);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == query.column) value_ = i;
      if (columns[i].name == "admitted") admitted_ = i;
      if (columns[i].kind != ColumnKind::kDimension) continue;
      facts_.names.emplace_back(columns[i].name);
      dimensions_.push_back(i);
    }
  }

  void take(const StoredRow& row) {
    if (row.failed) {
      ++facts_.failed;
      return;
    }
    Fact fact;
    const Value& value = row.results[value_];
    if (const auto* number = std::get_if<double>(&value)) {
      fact.value = *number;
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      fact.value = static_cast<double>(*whole);
    } else {
      return;  // a value that does not exist
    }
    const auto add = [&](const Value& held) { fact.dimensions.push_back(facts_.labels.of(held)); };
    fact.dimensions.reserve(facts_.names.size());
    for (const Value& axis : row.axes) add(axis);
    add(row.replicate);
    for (const std::size_t i : dimensions_) add(row.results[i]);
    if (const auto* admitted = std::get_if<std::int64_t>(&row.results[admitted_])) {
      fact.admitted = *admitted != 0;
    }
    if (is_wanted(fact)) facts_.all.push_back(std::move(fact));
  }

  Facts finish() {
    stand_on_every_network();
    keep_totals("window");
    keep_totals("mobiles");
    return std::move(facts_);
  }

 private:
  [[nodiscard]] bool is_wanted(const Fact& fact) const {
    const auto& kept = query_.kept;
    return std::all_of(kept.begin(), kept.end(), [&](const auto& one) {
      const std::optional<std::size_t> at = facts_.find(one.first);
      if (!at || *at >= study_.axes.size()) return true;
      const std::string& text = facts_.text(fact, *at);
      return text == fmt::format("{}", fmt::join(one.second, ",")) ||
             std::any_of(one.second.begin(), one.second.end(),
                         [&](const std::string& value) { return is_same_label(text, value); });
    });
  }

  /// What uses no radio is the same on each: mobile-only stands beside every network's results.
  void stand_on_every_network() {
    const std::optional<std::size_t> network = facts_.find("network");
    if (!network) return;
    const Label none = facts_.labels.of("");
    Key networks;
    for (const Fact& fact : facts_.all) {
      const Label name = fact.dimensions[*network];
      if (name != none && std::find(networks.begin(), networks.end(), name) == networks.end()) {
        networks.push_back(name);
      }
    }
    std::vector<Fact> all;
    for (Fact& fact : facts_.all) {
      if (fact.dimensions[*network] != none || networks.empty()) {
        all.push_back(std::move(fact));
        continue;
      }
      for (const Label name : networks) {
        all.push_back(fact);
        all.back().dimensions[*network] = name;
      }
    }
    facts_.all = std::move(all);
  }

  /// A fleet's rows of "all" sum up the others: they alone count unless the parts are asked for.
  void keep_totals(const std::string& name) {
    const std::optional<std::size_t> at = facts_.find(name);
    if (!at || query_.asked.count(name) > 0) return;
    const Label total = facts_.labels.of("all");
    const auto is_total = [&](const Fact& fact) { return fact.dimensions[*at] == total; };
    if (std::none_of(facts_.all.begin(), facts_.all.end(), is_total)) return;
    if (std::erase_if(facts_.all, [&](const Fact& fact) { return !is_total(fact); }) > 0) {
      facts_.totals.push_back(name);
    }
  }

  const StoredStudy& study_;
  const FactsQuery& query_;
  Facts facts_;
  std::size_t value_{0};
  std::size_t admitted_{0};
  std::vector<std::size_t> dimensions_;
};

/// A label that is a number.
std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, number);
  if (text.empty() || stop != end || status != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

Label DimensionLabels::of(const Value& value) {
  std::optional<double> number;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) number = static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) number = *real;
  auto& places = number ? numbers_ : names_;
  const auto [it, is_new] = places.try_emplace(text_of(value), static_cast<Label>(all_.size()));
  if (is_new) all_.push_back({&it->first, number});
  return it->second;
}

Key key_of(const Fact& fact, const std::vector<std::size_t>& positions) {
  Key key;
  key.reserve(positions.size());
  for (const std::size_t i : positions) key.push_back(fact.dimensions[i]);
  return key;
}

std::optional<std::size_t> Facts::find(const std::string& name) const {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return static_cast<std::size_t>(it - names.begin());
}

std::size_t Facts::position(const std::string& name) const {
  if (const std::optional<std::size_t> found = find(name)) return *found;
  throw ConfigError{
      fmt::format("papilio: error: unknown dimension '{}'{}", name, suggestion(name, names))};
}

std::vector<std::size_t> Facts::positions(const Strings& wanted) const {
  std::vector<std::size_t> found;
  for (const std::string& name : wanted) found.push_back(position(name));
  return found;
}

Facts read_facts(StudyDatabase& database, const StoredStudy& study, const FactsQuery& query) {
  FactsReader reader{study, query};
  each_stored_row(database, study, [&](const StoredRow& row) { reader.take(row); });
  return reader.finish();
}

const Column& value_column(const std::string& name, const std::vector<Column>& columns) {
  Strings known;
  for (const Column& column : columns) {
    if (column.kind == ColumnKind::kDimension) continue;
    if (column.name == name || stem(column) == name) return column;
    known.emplace_back(column.name);
  }
  throw ConfigError{
      fmt::format("papilio: error: unknown value '{}'{}", name, suggestion(name, known))};
}

bool is_same_label(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::optional<double> number = number_of(a);
  return number && number == number_of(b);
}

}  // namespace papilio
