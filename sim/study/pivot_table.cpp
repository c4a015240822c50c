#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "sim/study/pivot_parts.hpp"

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
    }
  }
  for (const Stretch& stretch : stretches_of(cells, merged)) {
    Strings row = shown(stretch.first);
    if (merged) row.push_back(shown(stretch.last.back()));
    for (const std::size_t c : across) {
      if (layout_.best) row.push_back(stretch.winners[c] ? shown(*stretch.winners[c]) : "");
      std::vector<const CellValues*> of_column;
      for (const std::size_t r : stretch.rows) {
        if (const auto it = cells.values.find({r, c}); it != cells.values.end())
          of_column.push_back(&it->second);
      }
      for (std::string& text : texts_of(of_column)) row.push_back(std::move(text));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// A label as the table has it: people want few digits.
std::string PivotTable::shown(Label label) const {
  const std::string& text = facts_.labels.text(label);
  const std::optional<double> number = number_of(text);
  constexpr std::size_t kFewDigits = 7;
  constexpr double kLarge = 1e5;
  if (exact_ || !number || text.size() <= kFewDigits) return text;
  return std::abs(*number) >= kLarge ? fmt::format("{:.0f}", *number)
                                     : fmt::format("{:.5g}", *number);
}

Strings PivotTable::shown(const Key& key) const {
  Strings texts;
  for (const Label label : key) texts.push_back(shown(label));
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
Strings PivotTable::texts_of(const std::vector<const CellValues*>& cells) const {
  Strings texts;
  for (const std::string& stat : spec_.stats) {
    std::vector<double> values;
    for (const CellValues* cell : cells) {
      if (const std::optional<double> value = statistic(stat, *cell)) values.push_back(*value);
    }
    const auto written = [&](double value) {
      return stat == "n" ? fmt::format("{:.0f}", value) : format_(value);
    };
    std::string text;
    if (!values.empty()) {
      const auto [least, most] = std::minmax_element(values.begin(), values.end());
      text = written(*least);
      if (const std::string top = written(*most); top != text) text += " … " + top;
    }
    if (behind_mean(stat)) {
      if (!texts.back().empty()) texts.back() += " ± " + (text.empty() ? "n/a" : text);
    } else if (text.empty() && stat == "ci95" && !exact_ && has_values(cells)) {
      texts.emplace_back("n/a");
    } else {
      texts.push_back(text);
    }
  }
  return texts;
}

/// Whether the last dimension of all rows holds numbers.
bool PivotTable::are_numbers(const std::vector<Key>& rows) const {
  return std::all_of(rows.begin(), rows.end(), [&](const Key& row) {
    return number_of(facts_.labels.text(row.back())).has_value();
  });
}

/// Rows or columns by each of their dimensions in turn: by numbers where all its labels are, else
/// as they came.
std::vector<std::size_t> PivotTable::order_of(const std::vector<Key>& keys) const {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::vector<double>> places(keys.size());
  const std::size_t dimensions = keys.empty() ? 0 : keys.front().size();
  for (std::size_t d = 0; d < dimensions; ++d) {
    const auto number = [&](const Key& key) { return number_of(facts_.labels.text(key[d])); };
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
