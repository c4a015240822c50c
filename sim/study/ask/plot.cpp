#include "sim/study/ask/plot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "sim/base/error.hpp"
#include "sim/report/gnuplot.hpp"
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

}  // namespace

std::string study_plot(StudyDatabase& database, const StoredStudy& study,
                       const StudyPlotSpec& spec) {
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
  const auto cell = [&](std::size_t row, std::size_t column) {
    return GnuplotScript::number_cell(table.rows[row][column].number());
  };
  Span xs;
  Span values;
  bool numbers = true;
  for (const auto& row : table.rows) {
    const std::optional<double> number = row[0].number();
    numbers = numbers && number.has_value();
    if (number) xs.add(*number);
    for (std::size_t line = 0; line < lines; ++line) {
      if (const std::optional<double> value = row[1 + 2 * line].number()) values.add(*value);
    }
  }
  GnuplotScript script;
  script.add(fmt::format(
      "set key outside right\nset xlabel {}\nset ylabel {}\n", script.text(axis_label(x)),
      script.text(
          axis_label(value_column(spec.value, result_columns(study))) +
          (spec.over.empty() ? "" : fmt::format(", mean over {}", fmt::join(spec.over, ", "))))));
  if (numbers && xs.wants_logarithm()) script.add("set logscale x\n");
  if (values.wants_logarithm()) script.add("set logscale y\n");
  if (!numbers) script.add("set xtics rotate by -30\n");
  // Points of few values are marked, many make a curve.
  constexpr std::size_t kFewRows = 40;
  const char* style = table.rows.size() > kFewRows ? "lines lw 2" : "linespoints lw 2 pt 7 ps 0.5";
  std::string plots;
  for (std::size_t line = 0; line < lines; ++line) {
    std::vector<GnuplotScript::Row> rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      rows.push_back({numbers ? cell(row, 0) : fmt::to_string(row),
                      GnuplotScript::text_cell(table.rows[row][0].text()), cell(row, 1 + 2 * line),
                      cell(row, 2 + 2 * line)});
    }
    const std::string data = script.table(rows);
    plots += fmt::format("{}{} using 1:3{} with {} dt {} lc {} title {}", line == 0 ? "" : ", ",
                         data, numbers ? "" : ":xtic(2)", style, line % 4 + 1, line + 1,
                         script.text(table.columns[1 + 2 * line].about));
    const bool intervals = std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return !row[2 + 2 * line].is_none();
    });
    if (!intervals) continue;
    plots += fmt::format(", {0} using 1:($3-$4):(0):(2*$4) with vectors nohead lc {1} notitle",
                         data, line + 1);
  }
  script.add("plot " + plots + "\n");
  return script.script();
}

}  // namespace papilio
