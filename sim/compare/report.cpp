#include "sim/compare/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace papilio {
namespace {

constexpr int kDigits = 3;

std::string percent(double share) {
  return fmt::format("{:.3g} %", share * 100);
}

std::string rows_text(std::uint64_t count) {
  return count == 1 ? "1 row" : fmt::format("{} rows", count);
}

/// "2 of 1560 values in 104 rows differ, the largest in energy_j by 1.0 %."
std::string values_sentence(const Comparison& found) {
  const MeasureDifferences total = found.total();
  if (total.differ == 0) {
    return fmt::format("{}: {} values in {}.",
                       found.differs() ? "What both have is equal" : "Equal", total.values,
                       rows_text(found.rows));
  }
  std::string text = fmt::format("{} of {} values in {} differ{}", total.differ, total.values,
                                 rows_text(found.rows), total.differ == 1 ? "s" : "");
  const auto largest =
      std::max_element(found.measures.begin(), found.measures.end(),
                       [](const auto& a, const auto& b) { return a.largest < b.largest; });
  if (largest->largest > 0) {
    const auto place = static_cast<std::size_t>(largest - found.measures.begin());
    text += fmt::format(", the largest in {} by {}", found.columns.measures[place],
                        percent(largest->largest));
  }
  return text + ".";
}

std::string sentence(const Comparison& found, const CompareRules& rules) {
  std::string text = values_sentence(found);
  if (found.only_a.count > 0) text += fmt::format(" Only in A: {}.", rows_text(found.only_a.count));
  if (found.only_b.count > 0) text += fmt::format(" Only in B: {}.", rows_text(found.only_b.count));
  const MeasureDifferences total = found.total();
  if (total.excused > 0) {
    text += fmt::format(" {} more are apart, within their intervals.", total.excused);
  }
  if (total.unjudged > 0) {
    text += fmt::format(
        " {} more are apart and have no interval to be judged by; --exact or --tolerance "
        "NAME=NUMBER judges them.",
        total.unjudged);
  }
  return text + fmt::format(" Tolerance: {:g} of the greater value{}.", rules.tolerance,
                            rules.exact ? ", exact" : "");
}

TableCell difference_of(const Difference& difference) {
  const Value& a = difference.a;
  const Value& b = difference.b;
  if (!difference.relative) return none();
  const auto number = [](const Value& value) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
  };
  return significant(number(b) - number(a), kDigits);
}

/// Which dimensions are shown: those of which some key has a value, or all.
std::vector<std::size_t> shown_dimensions(const Comparison& found,
                                          const std::vector<std::vector<Value>>& keys, bool all) {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < found.columns.dimensions.size(); ++i) {
    const bool any = std::any_of(keys.begin(), keys.end(), [&](const std::vector<Value>& key) {
      return !std::holds_alternative<std::monostate>(key[i]);
    });
    if (all || any) shown.push_back(i);
  }
  return shown;
}

Section differences_section(const Comparison& found, bool all_columns) {
  std::vector<std::vector<Value>> keys;
  for (const Difference& difference : found.differences) keys.push_back(difference.key);
  const std::vector<std::size_t> shown = shown_dimensions(found, keys, all_columns);
  Table table;
  for (const std::size_t i : shown) table.columns.push_back({found.columns.dimensions[i], true});
  const auto right = [](const char* title) {
    return Table::Column{title, false, Table::Type::kText};
  };
  table.columns.push_back({"measure", true});
  table.columns.push_back(right("A"));
  table.columns.push_back(right("B"));
  table.columns.push_back({"B - A"});
  table.columns.push_back({"of the greater, %"});
  table.columns.push_back({"allowed by intervals"});
  for (const Difference& difference : found.differences) {
    Table::Row row;
    for (const std::size_t i : shown) row.emplace_back(difference.key[i]);
    row.emplace_back(found.columns.measures[difference.measure]);
    row.emplace_back(difference.a);
    row.emplace_back(difference.b);
    row.push_back(difference_of(difference));
    row.push_back(difference.relative ? significant(*difference.relative * 100, kDigits) : none());
    row.push_back(difference.half_width ? significant(*difference.half_width, kDigits) : none());
    table.rows.push_back(std::move(row));
  }
  Section section{.title = "Differences", .table = std::move(table)};
  const std::uint64_t left_out = found.total().differ - found.differences.size();
  if (left_out > 0) {
    section.remarks.push_back(
        fmt::format("The greatest first; {} more are left out, --all shows them.", left_out));
  }
  return section;
}

Section measures_section(const Comparison& found) {
  Table table{.columns = {{"measure", true},
                          {"values"},
                          {"differ"},
                          {"largest, %"},
                          {"within intervals"},
                          {"not judged"}}};
  for (std::size_t i = 0; i < found.measures.size(); ++i) {
    const MeasureDifferences& counts = found.measures[i];
    if (counts.differ + counts.excused + counts.unjudged == 0) continue;
    table.rows.push_back({found.columns.measures[i], counts.values, counts.differ,
                          counts.largest > 0 ? significant(counts.largest * 100, kDigits) : none(),
                          counts.excused, counts.unjudged});
  }
  return {.title = "Measures that differ", .table = std::move(table)};
}

void add_lone_rows(Document& document, const Comparison& found, const LoneRows& lone,
                   const char* title, bool all_columns) {
  if (lone.count == 0) return;
  const std::vector<std::size_t> shown = shown_dimensions(found, lone.first, all_columns);
  Table table;
  for (const std::size_t i : shown) table.columns.push_back({found.columns.dimensions[i], true});
  if (shown.empty()) table.columns.push_back({"row", true});
  for (const std::vector<Value>& key : lone.first) {
    Table::Row row;
    for (const std::size_t i : shown) row.emplace_back(key[i]);
    if (shown.empty()) row.emplace_back("without a dimension");
    table.rows.push_back(std::move(row));
  }
  Section section{.title = title, .table = std::move(table)};
  if (lone.count > lone.first.size()) {
    section.remarks.push_back(
        fmt::format("{} more are left out, --all shows them.", lone.count - lone.first.size()));
  }
  document.sections.push_back(std::move(section));
}

void add_inputs_section(Document& document, const Comparable& a, const Comparable& b) {
  const std::vector<InputDifference> inputs = input_differences(a, b);
  if (inputs.empty()) return;
  Table table{.columns = {{"input", true}, {"A", true}, {"B", true}, {"what", true}}};
  constexpr std::size_t kMostInputs = 1000;
  const auto cell = [](const std::optional<std::string>& value) -> TableCell {
    return value ? TableCell{*value} : none("not there");
  };
  for (std::size_t i = 0; i < std::min(inputs.size(), kMostInputs); ++i) {
    table.rows.push_back({inputs[i].path, cell(inputs[i].a), cell(inputs[i].b), inputs[i].what});
  }
  Section section{.title = "Inputs that differ", .table = std::move(table)};
  if (inputs.size() > kMostInputs) {
    section.remarks.push_back(fmt::format("{} more are left out.", inputs.size() - kMostInputs));
  }
  document.sections.push_back(std::move(section));
}

}  // namespace

Document comparison_report(const Comparable& a, const Comparable& b, const CompareRules& rules,
                           const Comparison& found, bool all_columns) {
  Document document{
      .title = fmt::format("{} and {}", a.name, b.name),
      .paragraphs = {sentence(found, rules), fmt::format("A is {}, B is {}; each is {}.", a.name,
                                                         b.name, name_of(a.kind))}};
  for (const Comparable* thing : {&a, &b}) {
    document.paragraphs.insert(document.paragraphs.end(), thing->remarks.begin(),
                               thing->remarks.end());
  }
  const auto tell_columns = [&](const char* where, const std::vector<std::string>& columns) {
    if (columns.empty()) return;
    document.paragraphs.push_back(
        fmt::format("Columns only in {}: {}.", where, fmt::join(columns, ", ")));
  };
  tell_columns("A", found.columns_only_a);
  tell_columns("B", found.columns_only_b);
  // For CSV, which holds the first table, this one stands even where it has no rows.
  if (found.total().differ > 0 || all_columns) {
    document.sections.push_back(differences_section(found, all_columns));
  }
  Section measures = measures_section(found);
  if (!measures.table->rows.empty()) document.sections.push_back(std::move(measures));
  add_lone_rows(document, found, found.only_a, "Rows only in A", all_columns);
  add_lone_rows(document, found, found.only_b, "Rows only in B", all_columns);
  add_inputs_section(document, a, b);
  return document;
}

}  // namespace papilio
