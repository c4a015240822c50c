#include "sim/study/ask/plot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "sim/base/error.hpp"
#include "sim/report/lines_plot.hpp"
#include "sim/report/plot_quantity.hpp"
#include "sim/study/ask/facts.hpp"
#include "sim/study/ask/pivot.hpp"
#include "sim/study/store/kinds.hpp"

namespace papilio {
namespace {

/// Least and greatest of some numbers.
struct Span {
  double least{std::numeric_limits<double>::infinity()};
  double most{-std::numeric_limits<double>::infinity()};

  void add(double number) {
    least = std::min(least, number);
    most = std::max(most, number);
  }
  [[nodiscard]] bool wants_logarithm() const {
    constexpr double kFactor = 20;
    return least > 0 && most > kFactor * least;
  }
};

/// Of an axis, in the unit of the key that it sets, whatever it is called; of another dimension by
/// its name.
PlotQuantity quantity_along(const StoredStudy& study, const std::string& x) {
  const auto axis = std::find(study.axes.begin(), study.axes.end(), x);
  if (axis == study.axes.end()) return quantity_of(x);
  const std::string& path = study.keys.at(static_cast<std::size_t>(axis - study.axes.begin()));
  const std::string key = path.substr(path.rfind('.') + 1);
  if (x == key || x == path) return quantity_of(key);
  PlotQuantity quantity = quantity_of(key);
  const std::size_t unit = quantity.label.rfind(", ");
  quantity.label = unit == std::string::npos ? x : x + quantity.label.substr(unit);
  return quantity;
}

}  // namespace

GnuplotScript study_plot(StudyDatabase& database, const StoredStudy& study,
                         const StudyPlotSpec& spec, const PlotLook& look) {
  std::string x = spec.x;
  if (x.empty()) {
    if (study.axes.size() != 1) {
      throw ConfigError{
          fmt::format("papilio plot: error: the study has several axes; name one with --x: {}",
                      fmt::join(study.axes, ", "))};
    }
    x = study.axes.front();
  }
  const std::string by = spec.by.empty() ? std::string{stored_kind(study.kind).lines} : spec.by;
  const Document document = pivot(database, study,
                                  {.rows = {x},
                                   .cols = {by},
                                   .value = spec.value,
                                   .stats = {"mean", "ci95"},
                                   .over = spec.over,
                                   .where = spec.where},
                                  true);
  const Table& table = *document.sections.front().table;
  // A row holds x, then the mean and the interval of each line.
  const std::size_t lines = (table.columns.size() - 1) / 2;
  const PlotQuantity along = quantity_along(study, x);
  PlotQuantity quantity = quantity_of(value_column(spec.value, result_columns(study)));
  if (!spec.over.empty())
    quantity.label += fmt::format(", mean over {}", fmt::join(spec.over, ", "));
  const auto number = [&](std::size_t row, std::size_t column) {
    const std::optional<double> value = table.rows[row][column].number();
    return value ? std::optional{*value * quantity.factor} : std::nullopt;
  };
  Span xs;
  Span values;
  LinesPlot plot;
  plot.x.title = along.label;
  plot.y.title = quantity.label;
  plot.remedy = "choose with --where";
  const bool numbers = std::all_of(table.rows.begin(), table.rows.end(),
                                   [](const auto& row) { return row[0].number().has_value(); });
  for (const auto& row : table.rows) {
    if (numbers) {
      plot.numbers.push_back(*row[0].number() * along.factor);
      xs.add(plot.numbers.back());
    } else {
      plot.names.push_back(row[0].text());
    }
  }
  for (std::size_t i = 0; i < lines; ++i) {
    LinesPlot::Line line{
        .label = table.columns[1 + 2 * i].about, .values = {}, .half_widths = {}, .dots = {}};
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      line.values.push_back(number(row, 1 + 2 * i));
      line.half_widths.push_back(number(row, 2 + 2 * i));
      if (line.values.back()) values.add(*line.values.back());
    }
    plot.lines.push_back(std::move(line));
  }
  plot.x.is_logarithmic = numbers && xs.wants_logarithm();
  plot.y.is_logarithmic = values.wants_logarithm();
  return lines_plot(std::move(plot), look);
}

}  // namespace papilio
