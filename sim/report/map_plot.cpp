#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "sim/base/error.hpp"
#include "sim/report/planner_plots.hpp"

namespace papilio {
namespace {

/// The cells of a map and where they are drawn: each reaches half-way to its neighbours.
class MapCells {
 public:
  MapCells(const MapPlot& map, const PlotLook& look)
      : columns_{map.xs.size()},
        rows_{map.ys.size()},
        winners_{map.winners},
        x_{grid_of(map.xs, map.x)},
        y_{grid_of(map.ys, map.y)},
        x_edges_{edges_of(map.xs, x_)},
        y_edges_{edges_of(map.ys, y_)},
        shown_x_{scale_of(look, 'x', looked(map.x, look.log_x),
                          {.least = map.xs.front(), .most = map.xs.back()})},
        shown_y_{scale_of(look, 'y', looked(map.y, look.log_y),
                          {.least = map.ys.front(), .most = map.ys.back()})} {
    PAPILIO_CHECK(winners_.size() == columns_ * rows_);
    const auto nobody = static_cast<std::uint32_t>(map.labels.size());
    for (std::uint32_t& winner : winners_) winner = std::min(winner, nobody);
  }

  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  /// Nobody is the number of labels.
  [[nodiscard]] std::uint32_t winner(std::size_t row, std::size_t column) const {
    return winners_[row * columns_ + column];
  }
  [[nodiscard]] const std::vector<std::uint32_t>& winners() const { return winners_; }
  [[nodiscard]] const PlotScale& x() const { return x_; }
  [[nodiscard]] const PlotScale& y() const { return y_; }
  /// What the picture spans.
  [[nodiscard]] const PlotScale& shown_x() const { return shown_x_; }
  [[nodiscard]] const PlotScale& shown_y() const { return shown_y_; }
  [[nodiscard]] double left(std::size_t column) const { return x_edges_[column]; }
  [[nodiscard]] double bottom(std::size_t row) const { return y_edges_[row]; }

 private:
  static PlotScale grid_of(const std::vector<double>& values, const PlotAxis& axis) {
    PAPILIO_CHECK(values.size() >= 2 && std::is_sorted(values.begin(), values.end()));
    return {values.front(), values.back(), axis.is_logarithmic};
  }
  static std::vector<double> edges_of(const std::vector<double>& values, const PlotScale& scale) {
    std::vector<double> edges{values.front()};
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
      edges.push_back(scale.between(values[i], values[i + 1]));
    }
    edges.push_back(values.back());
    return edges;
  }

  std::size_t columns_;
  std::size_t rows_;
  std::vector<std::uint32_t> winners_;
  PlotScale x_;
  PlotScale y_;
  std::vector<double> x_edges_;  // [columns + 1]
  std::vector<double> y_edges_;  // [rows + 1]
  PlotScale shown_x_;
  PlotScale shown_y_;
};

/// Rows for `boxxyerror`, by winner: the runs of cells of one winner, joined over rows where they
/// begin and end alike.
std::map<std::uint32_t, std::vector<GnuplotScript::Row>> boxes_of(const MapCells& cells) {
  using Run = std::tuple<std::size_t, std::size_t, std::uint32_t>;  // from, to, winner
  std::map<std::uint32_t, std::vector<GnuplotScript::Row>> boxes;
  const auto close = [&](const Run& run, std::size_t first_row, std::size_t end_row) {
    const auto& [from, to, winner] = run;
    const double left = cells.left(from);
    const double right = cells.left(to);
    const double bottom = cells.bottom(first_row);
    const double top = cells.bottom(end_row);
    GnuplotScript::Row row;
    for (const double number : {cells.x().between(left, right), cells.y().between(bottom, top),
                                left, right, bottom, top}) {
      row.push_back(GnuplotScript::number_cell(number));
    }
    boxes[winner].push_back(row);
  };
  std::map<Run, std::size_t> open;  // since which row
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    std::map<Run, std::size_t> here;
    for (std::size_t from = 0; from < cells.columns();) {
      std::size_t to = from + 1;
      while (to < cells.columns() && cells.winner(row, to) == cells.winner(row, from)) ++to;
      const Run run{from, to, cells.winner(row, from)};
      const auto before = open.find(run);
      here.emplace(run, before == open.end() ? row : before->second);
      from = to;
    }
    for (const auto& [run, since] : open) {
      if (!here.contains(run)) close(run, since, row);
    }
    open = std::move(here);
  }
  for (const auto& [run, since] : open) close(run, since, cells.rows());
  return boxes;
}

/// Lines between cells of different winners, parted by empty rows.
std::vector<GnuplotScript::Row> borders_of(const MapCells& cells) {
  std::vector<GnuplotScript::Row> lines;
  const auto add = [&](double x1, double y1, double x2, double y2) {
    lines.push_back({GnuplotScript::number_cell(x1), GnuplotScript::number_cell(y1)});
    lines.push_back({GnuplotScript::number_cell(x2), GnuplotScript::number_cell(y2)});
    lines.emplace_back();
  };
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    for (std::size_t column = 1; column < cells.columns(); ++column) {
      if (cells.winner(row, column - 1) == cells.winner(row, column)) continue;
      add(cells.left(column), cells.bottom(row), cells.left(column), cells.bottom(row + 1));
    }
  }
  for (std::size_t row = 1; row < cells.rows(); ++row) {
    const auto differs = [&](std::size_t column) {
      return cells.winner(row - 1, column) != cells.winner(row, column);
    };
    for (std::size_t from = 0; from < cells.columns();) {
      std::size_t to = from + 1;
      while (to < cells.columns() && differs(to) == differs(from)) ++to;
      if (differs(from)) {
        add(cells.left(from), cells.bottom(row), cells.left(to), cells.bottom(row));
      }
      from = to;
    }
  }
  return lines;
}

/// Cells of one winner that hang together by their sides.
struct MapArea {
  std::uint32_t winner{0};
  std::vector<std::size_t> cells;  ///< ascending
};

std::vector<MapArea> areas_of(const MapCells& cells) {
  std::vector<MapArea> areas;
  std::vector<bool> is_seen(cells.winners().size());
  for (std::size_t start = 0; start < is_seen.size(); ++start) {
    if (is_seen[start]) continue;
    MapArea area{cells.winners()[start], {start}};
    is_seen[start] = true;
    const auto visit = [&](std::size_t cell) {
      if (is_seen[cell] || cells.winners()[cell] != area.winner) return;
      is_seen[cell] = true;
      area.cells.push_back(cell);
    };
    for (std::size_t next = 0; next < area.cells.size(); ++next) {
      const std::size_t cell = area.cells[next];
      const std::size_t column = cell % cells.columns();
      if (column > 0) visit(cell - 1);
      if (column + 1 < cells.columns()) visit(cell + 1);
      if (cell >= cells.columns()) visit(cell - cells.columns());
      if (cell + cells.columns() < is_seen.size()) visit(cell + cells.columns());
    }
    std::sort(area.cells.begin(), area.cells.end());
    areas.push_back(std::move(area));
  }
  return areas;
}

/// Where a text's middle comes.
struct LabelPlace {
  double x{0};
  double y{0};
};

/// Finds places in areas for texts.
class LabelPlacer {
 public:
  LabelPlacer(const MapCells& cells, const PlotFrame& frame) : cells_{cells}, frame_{frame} {}

  /// A place with as much room around the text as the area has anywhere, near the area's middle.
  [[nodiscard]] std::optional<LabelPlace> place(const MapArea& area,
                                                const std::string& text) const {
    for (const double room : {4.0, 3.0, 2.2, 1.6, 1.15}) {
      const auto found = place_box(area, room * text_width(text) / frame_.width(),
                                   room * kLineHeight / frame_.height());
      if (found) return found;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] double x_share(std::size_t column) const {
    return std::clamp(cells_.shown_x().share(cells_.left(column)), 0.0, 1.0);
  }
  [[nodiscard]] double y_share(std::size_t row) const {
    return std::clamp(cells_.shown_y().share(cells_.bottom(row)), 0.0, 1.0);
  }

  /// @param width, height of the box, in shares of the frame
  [[nodiscard]] std::optional<LabelPlace> place_box(const MapArea& area, double width,
                                                    double height) const {
    const auto [x_middle, y_middle] = middle_of(area);
    std::vector<std::size_t> tall(cells_.columns());  // cells of the area from this row downwards
    std::size_t next = area.cells.size();
    std::optional<LabelPlace> best;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t row = cells_.rows(); row-- > 0;) {
      // Rows come from the top; a box begins in this row and grows upwards.
      std::vector<bool> is_inside(cells_.columns());
      for (; next > 0 && area.cells[next - 1] / cells_.columns() == row; --next) {
        is_inside[area.cells[next - 1] % cells_.columns()] = true;
      }
      for (std::size_t column = 0; column < cells_.columns(); ++column) {
        tall[column] = is_inside[column] ? tall[column] + 1 : 0;
      }
      std::size_t needed = 1;
      while (row + needed < cells_.rows() && y_share(row + needed) - y_share(row) < height) {
        ++needed;
      }
      if (y_share(row + needed) - y_share(row) < height) continue;
      for (std::size_t from = 0; from < cells_.columns();) {
        if (tall[from] < needed) {
          ++from;
          continue;
        }
        std::size_t to = from;
        while (to < cells_.columns() && tall[to] >= needed) ++to;
        const double room = x_share(to) - x_share(from);
        if (room >= width) {
          const double x = std::clamp(x_middle, x_share(from) + width / 2, x_share(to) - width / 2);
          const double y = (y_share(row) + y_share(row + needed)) / 2;
          const double distance = std::hypot(x - x_middle, y - y_middle);
          if (distance < nearest) {
            nearest = distance;
            best = {cells_.shown_x().value(x), cells_.shown_y().value(y)};
          }
        }
        from = to;
      }
    }
    return best;
  }

  [[nodiscard]] std::pair<double, double> middle_of(const MapArea& area) const {
    double x = 0;
    double y = 0;
    double weight = 0;
    for (const std::size_t cell : area.cells) {
      const std::size_t row = cell / cells_.columns();
      const std::size_t column = cell % cells_.columns();
      const double width = x_share(column + 1) - x_share(column);
      const double height = y_share(row + 1) - y_share(row);
      weight += width * height;
      x += width * height * (x_share(column) + width / 2);
      y += width * height * (y_share(row) + height / 2);
    }
    if (weight == 0) return {0, 0};  // off the picture
    return {x / weight, y / weight};
  }

  const MapCells& cells_;
  const PlotFrame& frame_;
};

constexpr std::size_t kMostKeys = 22;  ///< of a legend, which no more have room in

}  // namespace

GnuplotScript map_plot(const MapPlot& map, const PlotLook& look) {
  const MapCells cells{map, look};
  const auto boxes = boxes_of(cells);
  // Whoever wins anywhere, in the candidates' order, and how people call them.
  std::map<std::uint32_t, std::string> labels;
  std::map<std::uint32_t, std::string> letters;
  std::vector<std::string> keys;
  for (const auto& [winner, unused] : boxes) {
    const bool is_nobody = winner == map.labels.size();
    labels[winner] = is_nobody ? "no plan" : shortened(map.labels[winner], kLongestLabel);
    letters[winner] = is_nobody ? "–" : letter_of(letters.size());
    keys.push_back(letters[winner] + "  " + labels[winner]);
  }
  if (keys.size() > kMostKeys) {
    keys.resize(kMostKeys - 1);
    keys.push_back(fmt::format("and {} more", boxes.size() - kMostKeys + 1));
  }
  const PlotFrame frame{look, {.title = map.title, .keys = keys}};
  GnuplotScript script;
  script.add(frame.commands(script, looked(map.x, look.log_x), cells.shown_x(),
                            looked(map.y, look.log_y), cells.shown_y()));
  script.add("set border 15\nunset grid\nset tics out front\n");
  const LabelPlacer placer{cells, frame};
  std::vector<MapArea> areas = areas_of(cells);
  // Specks have no place for a letter, and there may be as many as cells.
  constexpr std::size_t kMostLabelled = 60;
  std::stable_sort(areas.begin(), areas.end(), [](const MapArea& a, const MapArea& b) {
    return a.cells.size() > b.cells.size();
  });
  areas.resize(std::min(areas.size(), kMostLabelled));
  for (const MapArea& area : areas) {
    for (const std::string& text : {labels[area.winner], letters[area.winner]}) {
      const std::optional<LabelPlace> place = placer.place(area, text);
      if (!place) continue;
      script.add(fmt::format("set label {} at {}, {} center front\n", script.text(text), place->x,
                             place->y));
      break;
    }
  }
  std::string plots;
  std::size_t count = 0;
  for (const auto& [winner, rows] : boxes) {
    const std::string_view colour =
        winner == map.labels.size() ? std::string_view{"#EEEEEE"} : area_colour(count);
    ++count;
    const bool has_key = count < kMostKeys || boxes.size() == kMostKeys;
    const std::string title =
        has_key ? "title " + script.text(letters[winner] + "  " + labels[winner]) : "notitle";
    plots += fmt::format(
        "{} using 1:2:3:4:5:6 with boxxyerror fs solid 1.0 border lc rgb '{}' lc rgb '{}' {}, ",
        script.table(rows, "x y left right bottom top"), colour, colour, title);
  }
  if (boxes.size() > kMostKeys) {
    plots += fmt::format("NaN with dots lc rgb 'white' title {}, ", script.text(keys.back()));
  }
  script.add(fmt::format("plot {}{} using 1:2 with lines lw 1.5 lc rgb 'black' notitle\n", plots,
                         script.table(borders_of(cells), "x y")));
  return script;
}

}  // namespace papilio
