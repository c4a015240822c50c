#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "sim/report/plot_layout.hpp"
#include "sim/report/scenario_plots.hpp"
#include "sim/report/stages_data.hpp"

namespace papilio {
namespace {

constexpr double kHalfBar = 0.4;
constexpr double kPanelLeft = 5.4;   // ems
constexpr double kPanelRight = 0.8;  // likewise, and all that follow
constexpr double kPanelHeight = 8;
constexpr double kPanelTitle = 1.7;
constexpr double kAroundNames = 0.8;
constexpr double kStageSample = 6;

/// How far apart the tics of a panel are: 1, 2 or 5 times a power of ten, for at most five of them.
double tic_step(double span) {
  constexpr double kTics = 5;
  constexpr double kTen = 10;
  const double power = std::pow(kTen, std::floor(std::log10(span / kTics)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power * kTics >= span) return times * power;
  }
  return kTen * power;
}

/// How many bars a panel has room for: each is as wide as the letters of its name are high, with a
/// little between them.
std::size_t room_for_bars(const StagesPlot& plot, const PlotLook& look) {
  constexpr double kNarrowest = 1.1;  // ems
  const bool is_beside = look.size != PlotSize::kOneColumn && plot.latency && plot.energy;
  const double panel = page_of(look.size).width() / (is_beside ? 2 : 1) - kPanelLeft - kPanelRight;
  return static_cast<std::size_t>(panel / kNarrowest);
}

/// Draws the figure, panel by panel.
class StagesFigure {
 public:
  StagesFigure(StagesData data, const PlotLook& look) : data_{std::move(data)}, look_{look} {
    lay_out();
  }

  GnuplotScript script() {
    script_.set_page(page_);
    script_.set_note(data_.note());
    script_.add("unset grid\nset multiplot\nset tics front\nset ytics scale 0.5\n");
    if (!title_.empty()) {
      script_.add(fmt::format("set label {} at screen 0.5, screen {:.4f} center\n",
                              script_.text(title_), 1 - kLineHeight / 2 / page_.height()));
    }
    script_.add("unset key\n");
    for (std::size_t i = 0; i < data_.panels().size() * data_.measures().size(); ++i) draw(i);
    add_key();
    script_.add("unset multiplot\n");
    return std::move(script_);
  }

 private:
  /// Pages, margins, the legend.
  void lay_out() {
    page_ = page_of(look_.size);
    // In one column there is no room beside each other.
    columns_ = look_.size == PlotSize::kOneColumn ? 1 : data_.measures().size();
    title_ = look_.title.value_or("");
    std::vector<std::string> keys;
    for (const StageKind* stage : data_.stages()) keys.push_back(data_.legend_of(*stage));
    keys.emplace_back(least_name());
    if (data_.has_excluded()) keys.emplace_back(kExcluded);
    if (data_.has_printed()) keys.emplace_back(kPrinted);
    place_key(keys);
    double widest = 0;
    for (const std::string& name : data_.names()) {
      widest = std::max(widest, text_width(shortened(name, kLongestName)));
    }
    names_height_ = widest + kAroundNames;
    top_ = title_.empty() ? 0 : kLineHeight;
    const double rows = static_cast<double>(data_.panels().size() * data_.measures().size()) /
                        static_cast<double>(columns_);
    page_ = page_.of_height(top_ + rows * (kPanelHeight + kPanelTitle) + names_height_ + bottom_);
    if (!right_key_) return;
    key_ = fmt::format(
        "set key at screen {:.4f}, screen {:.4f} left top vertical Left reverse samplen 1.5 width "
        "1\n",
        width_ / page_.width(), 1 - (top_ + kPanelTitle) / page_.height());
  }

  void place_key(const std::vector<std::string>& keys) {
    width_ = page_.width();
    bottom_ = 0;
    if (look_.legend == PlotLegend::kNone) return;
    double widest = 0;
    for (const std::string& key : keys) widest = std::max(widest, kStageSample + text_width(key));
    right_key_ = look_.legend == PlotLegend::kRight;
    if (right_key_) {
      width_ -= widest;
      return;
    }
    const auto across =
        std::clamp<std::size_t>(static_cast<std::size_t>(page_.width() / widest), 1, keys.size());
    const std::size_t rows = (keys.size() + across - 1) / across;
    bottom_ = kLineHeight * static_cast<double>(rows) + kLineHeight / 2;
    key_ = fmt::format(
        "set key at screen 0.5, screen 0.005 center bottom horizontal maxcols {} Left reverse "
        "samplen 1.5 width 1\n",
        across);
  }

  static constexpr const char* kLeastStyle = "pt 11 ps 0.7 lc rgb 'black'";
  static constexpr const char* kExcludedStyle = "pt 2 ps 0.5 lw 1.5 lc rgb '#AA0000'";
  static constexpr const char* kPrintedStyle = "pt 12 ps 0.65 lw 1.2 lc rgb 'black'";
  static constexpr const char* kExcluded = "excluded by limits";
  static constexpr const char* kPrinted = "printed in the paper";
  [[nodiscard]] const char* least_name() const {
    return data_.has_excluded() ? "least within limits" : "least";
  }

  /// The i-th panel: those of one network beside each other, or of one measure above each other.
  void draw(std::size_t i) {
    const bool beside = columns_ == data_.measures().size();
    const std::size_t column = beside ? i % columns_ : 0;
    const std::size_t line = beside ? i / columns_ : i;
    const StagesPanel& panel = data_.panels()[beside ? line : i % data_.panels().size()];
    const StagesMeasure& measure = data_.measures()[beside ? column : i / data_.panels().size()];
    const std::size_t lines = data_.panels().size() * data_.measures().size() / columns_;
    const double cell = width_ / static_cast<double>(columns_);
    const double left = static_cast<double>(column) * cell + kPanelLeft;
    const double right = static_cast<double>(column + 1) * cell - kPanelRight;
    const double top = page_.height() - top_ -
                       static_cast<double>(line) * (kPanelHeight + kPanelTitle) - kPanelTitle;
    em_ = static_cast<double>(data_.names().size()) / (right - left);
    const double high = look_.y ? look_.y->high : data_.height_of(panel, measure);
    const double low = look_.y ? look_.y->low : 0;
    script_.add(fmt::format(
        "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\nset tmargin at screen "
        "{:.4f}\nset bmargin at screen {:.4f}\n",
        left / page_.width(), right / page_.width(), top / page_.height(),
        (top - kPanelHeight) / page_.height()));
    const PlotScale x = name_scale(data_.names().size());
    script_.add(fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\nset ytics {}\nset ylabel {}\n",
                            x.low(), x.high(), low, high, tic_step(high - low),
                            script_.text(measure.label)));
    add_names(line + 1 == lines);
    // Which of them the panel is of.
    std::string title = panel.network;
    if (measure.is_energy && data_.summary().reading()) {
      title += fmt::format("{}{}", title.empty() ? "" : ", ", *data_.summary().reading());
    }
    script_.add(fmt::format("set label 100 {} at graph 0, graph {:.4f} left\n",
                            script_.text(shortened(title, kLongestName)),
                            1 + kPanelTitle / 2 / kPanelHeight));
    add_bars(panel, measure, low, high);
    script_.add("unset label\nunset object\n");
  }

  void add_names(bool are_shown) {
    if (!are_shown) {
      script_.add("set xtics scale 0 ('' 0)\n");
      return;
    }
    std::vector<std::string> tics;
    for (std::size_t place = 0; place < data_.names().size(); ++place) {
      tics.push_back(
          fmt::format("{} {}", script_.tic(shortened(data_.names()[place], kLongestName)), place));
    }
    script_.add(fmt::format("set xtics scale 0 rotate by 90 right ({})\n", fmt::join(tics, ", ")));
  }

  /// A cut bar's height, in a plate upon it.
  void add_plate(std::size_t place, double height, std::optional<double> printed) {
    std::string text = short_number(height);
    if (printed) text += fmt::format(" ◇ {}", short_number(*printed));
    text += " →";
    constexpr double kTop = 0.97;
    // No wider than a line of text, and no wider than the bar.
    const double half = std::min(kHalfBar - 0.06, em_ * kLineHeight / 2);
    const double bottom = kTop - (text_width(text) + kAroundNames / 2) / kPanelHeight;
    script_.add(fmt::format(
        "set object rectangle from first {:.3f}, graph {:.4f} to first {:.3f}, graph {} front fc "
        "rgb 'white' fs solid 1.0 noborder\n"
        "set label {} at first {}, graph {:.4f} rotate by 90 right front\n",
        static_cast<double>(place) - half, bottom, static_cast<double>(place) + half, kTop,
        script_.text(text), place, kTop - 0.02));
  }

  void add_bars(const StagesPanel& panel, const StagesMeasure& measure, double low, double high) {
    using Rows = std::vector<GnuplotScript::Row>;
    const auto cell = [](double number) { return GnuplotScript::number_cell(number); };
    std::map<const StageKind*, Rows> parts;
    Rows least;
    Rows excluded;
    Rows printed;
    // How far above a bar, or what is printed of it, a mark is, of the panel.
    const double above_bar = data_.has_printed() ? 0.1 : 0.06;
    const std::optional<std::size_t> best = data_.least(panel, measure);
    for (const auto& [place, row] : panel.row_at) {
      // Of an energy that nobody knows its radio's part alone would be a lie.
      if (!data_.summary().number(row, measure.column)) continue;
      const double height = data_.total(measure, row);
      double from = 0;
      for (const StageKind* stage : measure.stages) {
        const double part =
            data_.summary().number(row, measure.part(*stage)).value_or(0) * measure.factor;
        if (part > 0 && from < high && from + part > low) {
          parts[stage].push_back({fmt::to_string(place), cell(std::max(from, low)),
                                  cell(std::min(from + part, high))});
        }
        from += part;
      }
      const std::optional<double> of = data_.printed(measure, row);
      const bool is_cut = height > high;
      if (is_cut) {
        add_plate(place, height, of);
      } else if (of && *of >= low && *of <= high) {
        printed.push_back({fmt::to_string(place), cell(*of)});
      }
      const double above = std::max(height, is_cut ? 0 : of.value_or(0)) + above_bar * (high - low);
      const double mark = std::min(above, high - above_bar / 2 * (high - low));
      if (place == best) least.push_back({fmt::to_string(place), cell(mark)});
      if (!data_.summary().is_admitted(row))
        excluded.push_back({fmt::to_string(place), cell(mark)});
    }
    std::vector<std::string> plots;
    for (const StageKind* stage : data_.stages()) {
      const auto it = parts.find(stage);
      if (it == parts.end()) continue;
      plots.push_back(
          fmt::format("{} using 1:2:($1-{}):($1+{}):2:3 with boxxyerror lw 0.5 {} notitle",
                      script_.table(it->second, "place from to"), kHalfBar, kHalfBar, stage->fill));
    }
    const auto marks = [&](const Rows& rows, const char* columns, const char* style) {
      if (rows.empty()) return;
      plots.push_back(
          fmt::format("{} using 1:2 with points {} notitle", script_.table(rows, columns), style));
    };
    marks(least, "place height", kLeastStyle);
    marks(excluded, "place height", kExcludedStyle);
    marks(printed, "place value", "pt 13 ps 0.65 lc rgb 'white'");
    marks(printed, "place value", kPrintedStyle);
    script_.add(fmt::format("plot {}\n", fmt::join(plots, ", \\\n     ")));
  }

  /// The legend, a panel of its own below all others, without anything but it.
  void add_key() {
    if (key_.empty()) return;
    std::vector<std::string> plots;
    const auto add = [&](const char* with, const char* style, const std::string& name) {
      plots.push_back(fmt::format("NaN with {} {} title {}", with, style, script_.text(name)));
    };
    for (const StageKind* stage : data_.stages())
      add("boxes lw 0.5", stage->fill, data_.legend_of(*stage));
    add("points", kLeastStyle, least_name());
    if (data_.has_excluded()) add("points", kExcludedStyle, kExcluded);
    if (data_.has_printed()) add("points", kPrintedStyle, kPrinted);
    script_.add(fmt::format(
        "{}set lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\nset tmargin "
        "at screen 1\nunset border\nunset tics\nunset ylabel\nplot [0:1] [0:1] {}\n",
        key_, fmt::join(plots, ", \\\n     ")));
  }

  StagesData data_;
  const PlotLook& look_;
  PlotPage page_;
  std::string title_;
  std::string key_;
  bool right_key_{false};
  std::size_t columns_{1};
  double width_{0};  // of all panels, in ems
  double em_{1};     // in places of the panel that is drawn
  double names_height_{0};
  double top_{0};
  double bottom_{0};
  GnuplotScript script_;
};

}  // namespace

GnuplotScript stages_plot(const SummaryCsv& summary, const StagesPlot& plot, const PlotLook& look) {
  look.refuse_numbers_on_x("choose partitions with --where partition=…");
  if (look.log_y.value_or(false)) look.refuse("log y", "bars begin at 0; leave it out");
  if (look.y && plot.latency && plot.energy) {
    look.refuse("y-range", "latency and energy stand beside each other; choose one with --value");
  }
  const std::size_t most = plot.bars > 0 ? plot.bars : room_for_bars(plot, look);
  return StagesFigure{StagesData{summary, plot, most}, look}.script();
}

}  // namespace papilio
