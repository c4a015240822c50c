#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "sim/study/ask/pivot_parts.hpp"

namespace papilio {
using Strings = std::vector<std::string>;

namespace {

/// A column's labels in one, without those that say nothing.
std::string joined(Strings labels) {
  std::erase(labels, "");
  return fmt::format("{}", fmt::join(labels, ", "));
}

bool has_values(const std::vector<const CellValues*>& cells) {
  return std::any_of(cells.begin(), cells.end(),
                     [](const CellValues* cell) { return !cell->by_replicate.empty(); });
}

}  // namespace

bool has_stat(const PivotSpec& spec, const std::string& name) {
  return std::find(spec.stats.begin(), spec.stats.end(), name) != spec.stats.end();
}

PivotTable::PivotTable(const Facts& facts, const PivotSpec& spec, const PivotLayout& layout,
                       const Column& column, const ValueFormat& format, bool exact)
    : facts_{facts},
      spec_{spec},
      layout_{layout},
      column_{column},
      format_{format},
      exact_{exact} {}

/// The values of a table and its best choices, by the positions of their row and column.
struct PivotTable::Cells {
  Keys rows;
  Keys cols;
  std::map<std::pair<std::size_t, std::size_t>, CellValues> values;
  std::map<std::pair<std::size_t, std::size_t>, Label> winners;
};

PivotTable::Cells PivotTable::cells_of(const std::vector<const Fact*>& points) const {
  Cells table;
  for (const Fact* fact : points) {
    const std::pair place{table.rows.add(key_of(*fact, layout_.rows)),
                          table.cols.add(key_of(*fact, layout_.cols))};
    if (!std::isnan(fact->value)) {
      table.values[place].by_replicate[fact->dimensions[layout_.replicate]].push_back(fact->value);
    }
    if (layout_.best) table.winners[place] = fact->dimensions[*layout_.best];
  }
  return table;
}

std::vector<PivotTable::Stretch> PivotTable::stretches_of(const Cells& cells, bool merged) const {
  const std::vector<std::size_t> order = order_of(cells.rows.all());
  std::vector<Stretch> stretches;
  for (const std::size_t r : order) {
    const Key& key = cells.rows.all()[r];
    std::vector<std::optional<Label>> best;
    for (std::size_t c = 0; c < cells.cols.all().size() && layout_.best; ++c) {
      const auto it = cells.winners.find({r, c});
      best.push_back(it == cells.winners.end() ? std::nullopt : std::optional{it->second});
    }
    const bool goes_on = merged && !stretches.empty() && stretches.back().winners == best &&
                         std::equal(key.begin(), key.end() - 1, stretches.back().first.begin());
    if (!goes_on) stretches.push_back({key, key, best, {}});
    stretches.back().last = key;
    stretches.back().rows.push_back(r);
  }
  return stretches;
}

Table PivotTable::table_of(const std::vector<const Fact*>& points) const {
  const Cells cells = cells_of(points);
  // Where rows are numbers, those that follow each other and agree are one stretch: what is left
  // is where the best moves.
  const bool merged = layout_.best && !exact_ && are_numbers(cells.rows.all());
  Table table;
  for (const std::string& name : layout_.row_names) table.columns.push_back({name, true});
  if (merged) {
    table.columns.back().header += " from";
    table.columns.push_back({"to", true});
  }
  const std::vector<std::size_t> across = order_of(cells.cols.all());
  for (const std::size_t c : across) {
    const Strings names = shown(cells.cols.all()[c]);
    if (layout_.best)
      table.columns.push_back({layout_.cols.empty() ? spec_.best : joined(names), true});
    for (const std::string& header :
         headers_of(layout_.best && !layout_.cols.empty() ? Strings{} : names)) {
      table.columns.push_back({header});
      table.columns.back().about = joined(names);
    }
  }
  for (const Stretch& stretch : stretches_of(cells, merged)) {
    Table::Row row;
    for (const Label label : stretch.first) row.push_back(cell_of(label));
    if (merged) row.push_back(cell_of(stretch.last.back()));
    for (const std::size_t c : across) {
      if (layout_.best) row.push_back(stretch.winners[c] ? cell_of(*stretch.winners[c]) : none());
      std::vector<const CellValues*> of_column;
      for (const std::size_t r : stretch.rows) {
        if (const auto it = cells.values.find({r, c}); it != cells.values.end())
          of_column.push_back(&it->second);
      }
      for (TableCell& cell : statistics_of(of_column)) row.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// A label as the table has it: people want few digits.
TableCell PivotTable::cell_of(Label label) const {
  const std::string& text = facts_.labels.text(label);
  const std::optional<double> number = facts_.labels.number(label);
  constexpr std::size_t kFewCharacters = 7;
  constexpr int kFewDigits = 5;
  constexpr double kLarge = 1e5;
  if (!number) return text;
  if (exact_ || text.size() <= kFewCharacters) return *number;
  return std::abs(*number) >= kLarge ? decimals(*number, 0) : significant(*number, kFewDigits);
}

Strings PivotTable::shown(const Key& key) const {
  Strings texts;
  for (const Label label : key) texts.push_back(cell_of(label).text());
  return texts;
}

Strings PivotTable::headers_of(const Strings& column) const {
  const std::string name = joined(column);
  Strings headers;
  for (const std::string& stat : spec_.stats) {
    if (behind_mean(stat)) continue;
    const std::string suffix =
        spec_.stats.size() == 1 || (stat == "mean" && has_stat(spec_, "ci95") && !exact_) ? ""
                                                                                          : stat;
    headers.push_back(name.empty()
                          ? (suffix.empty() ? header_of_value() : suffix)
                          : fmt::format("{}{}{}", name, suffix.empty() ? "" : " ", suffix));
  }
  return headers;
}

/// Whether a statistic has no column of its own: for people, an interval stands behind its mean.
bool PivotTable::behind_mean(const std::string& stat) const {
  const auto it = std::find(spec_.stats.begin(), spec_.stats.end(), "ci95");
  return !exact_ && stat == "ci95" && it != spec_.stats.begin() && *(it - 1) == "mean";
}

std::string PivotTable::header_of_value() const {
  return exact_ || format_.unit().empty() ? std::string{column_.name} : format_.unit();
}

/// The statistics of a cell; of several, that rows of one best choice have, their range.
Table::Row PivotTable::statistics_of(const std::vector<const CellValues*>& cells) const {
  Table::Row row;
  for (const std::string& stat : spec_.stats) {
    std::vector<double> values;
    for (const CellValues* cell : cells) {
      if (const std::optional<double> value = statistic(stat, *cell)) values.push_back(*value);
    }
    std::optional<TableCell::Span> span;
    if (!values.empty()) {
      const auto [least, most] = std::minmax_element(values.begin(), values.end());
      const auto scaled = [&](double value) { return stat == "n" ? value : format_.scaled(value); };
      span = {scaled(*least), scaled(*most)};
    }
    if (behind_mean(stat)) {
      if (!row.back().is_none()) row.back() = row.back().with_half_width(span);
    } else if (span) {
      const Form form = stat == "n" ? Form{.style = Form::Style::kDecimals} : format_.form();
      row.emplace_back(TableCell::Real{.value = *span, .form = form});
    } else {
      row.push_back(none(stat == "ci95" && !exact_ && has_values(cells) ? "n/a" : ""));
    }
  }
  return row;
}

/// Whether the last dimension of all rows holds numbers.
bool PivotTable::are_numbers(const std::vector<Key>& rows) const {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const Key& row) { return facts_.labels.number(row.back()).has_value(); });
}

/// Rows or columns by each of their dimensions in turn: by numbers where all its labels are, else
/// as they came.
std::vector<std::size_t> PivotTable::order_of(const std::vector<Key>& keys) const {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::vector<double>> places(keys.size());
  const std::size_t dimensions = keys.empty() ? 0 : keys.front().size();
  for (std::size_t d = 0; d < dimensions; ++d) {
    const auto number = [&](const Key& key) { return facts_.labels.number(key[d]); };
    const bool numbers = std::all_of(keys.begin(), keys.end(),
                                     [&](const Key& key) { return number(key).has_value(); });
    std::map<Label, double> ranks;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const double rank =
          ranks.try_emplace(keys[i][d], static_cast<double>(ranks.size())).first->second;
      places[i].push_back(numbers ? number(keys[i]).value() : rank);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  return order;
}

}  // namespace papilio
