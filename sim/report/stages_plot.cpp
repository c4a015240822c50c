#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "sim/base/error.hpp"
#include "sim/report/plot_layout.hpp"
#include "sim/report/plot_quantity.hpp"
#include "sim/report/scenario_plots.hpp"

namespace papilio {
namespace {

/// A part of a bar. Neighbours differ in lightness too, so that prints in grey tell them apart.
struct StageKind {
  const char* name;
  const char* time;    ///< column
  const char* energy;  ///< column; nullptr: no part of the mobile's energy
  const char* fill;    ///< for gnuplot
};

constexpr std::array<StageKind, 7> kStages{{
    {"mobile", "mobile_s", "mobile_j", "lc rgb '#4477AA' fs solid 1.0 border lc rgb 'black'"},
    {"uplink", "uplink_s", "uplink_j", "lc rgb '#F0D070' fs solid 1.0 border lc rgb 'black'"},
    {"propagation", "delay_s", nullptr, "lc rgb '#555555' fs pattern 2 border lc rgb 'black'"},
    {"edge", "edge_s", nullptr, "lc rgb '#66AA88' fs solid 1.0 border lc rgb 'black'"},
    {"backhaul", "backhaul_s", nullptr, "lc rgb '#AA4499' fs pattern 5 border lc rgb 'black'"},
    {"cloud", "cloud_s", nullptr, "lc rgb '#AA3355' fs solid 1.0 border lc rgb 'black'"},
    {"downlink", "downlink_s", "downlink_j", "lc rgb '#228833' fs pattern 4 border lc rgb 'black'"},
}};

constexpr double kHalfBar = 0.4;
constexpr double kPanelLeft = 5.4;   // ems
constexpr double kPanelRight = 0.8;  // likewise, and all that follow
constexpr double kPanelHeight = 8;
constexpr double kPanelTitle = 1.7;
constexpr double kAroundNames = 0.8;
constexpr double kStageSample = 3.6;
constexpr std::size_t kMostBars = 40;
constexpr std::size_t kMostPanels = 12;

/// What the panels of one measure show.
struct Measure {
  const char* column;
  std::vector<const StageKind*> stages;
  std::string label;
  double factor{1};
  bool is_energy{false};

  [[nodiscard]] const char* part(const StageKind& stage) const {
    return is_energy ? stage.energy : stage.time;
  }
};

/// A panel: the rows of one network and of what needs none, at the places of their partitions.
struct Panel {
  std::string network;
  std::map<std::size_t, std::size_t> row_at;  // by place
};

/// Rows to show, of each network.
std::vector<std::size_t> shown_rows(const SummaryCsv& summary, const std::string& network) {
  std::vector<std::size_t> rows;
  for (const std::size_t row : summary.rows()) {
    const std::string& of = summary.text(row, "network");
    if (of.empty() || of == network) rows.push_back(row);
  }
  if (rows.size() <= kMostBars) return rows;
  // Of each cut the fastest that may be chosen, and if none may, the fastest.
  std::map<std::pair<std::string, std::string>, std::size_t> best;  // by strategy and cut
  const auto is_better = [&](std::size_t one, std::size_t other) {
    if (summary.is_admitted(one) != summary.is_admitted(other)) return summary.is_admitted(one);
    return *summary.number(one, "latency_s") < *summary.number(other, "latency_s");
  };
  for (const std::size_t row : rows) {
    const auto [it, is_new] =
        best.try_emplace(std::pair{summary.text(row, "strategy"), summary.text(row, "cut")}, row);
    if (!is_new && is_better(row, it->second)) it->second = row;
  }
  std::erase_if(rows, [&](std::size_t row) {
    return best.at({summary.text(row, "strategy"), summary.text(row, "cut")}) != row;
  });
  return rows;
}

/// The height beyond which bars are cut: a quarter above the highest of those that are not several
/// times as high as all below them. Nothing: none is.
std::optional<double> cut_height(std::vector<double> totals) {
  constexpr double kHigher = 3;
  constexpr double kRoom = 1.25;
  constexpr std::size_t kFewest = 3;  // a third of the bars may be cut
  std::sort(totals.rbegin(), totals.rend());
  std::optional<double> height;
  for (std::size_t i = 1; i <= totals.size() / kFewest && i < totals.size(); ++i) {
    if (totals[i] > 0 && totals[i - 1] > kHigher * totals[i]) height = totals[i] * kRoom;
  }
  return height;
}

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

/// Draws the figure, panel by panel.
class StagesFigure {
 public:
  StagesFigure(const SummaryCsv& summary, const StagesPlot& plot, const PlotLook& look)
      : summary_{summary}, plot_{plot}, look_{look} {
    add_measures();
    add_panels();
    lay_out();
  }

  GnuplotScript script() {
    script_.set_page(page_);
    script_.add("unset grid\nset multiplot\nset tics front\nset ytics scale 0.5\n");
    if (!title_.empty()) {
      script_.add(fmt::format("set label {} at screen 0.5, screen {:.4f} center\n",
                              script_.text(title_), 1 - kLineHeight / 2 / page_.height()));
    }
    script_.add(key_);
    for (std::size_t i = 0; i < panels_.size() * measures_.size(); ++i) draw(i);
    script_.add("unset multiplot\n");
    return std::move(script_);
  }

 private:
  void add_measures() {
    const auto add = [&](bool is_energy) {
      const Column& column = summary_.measure(is_energy ? "energy_j" : "latency_s");
      const PlotQuantity quantity = quantity_of(column);
      Measure measure{.column = is_energy ? "energy_j" : "latency_s",
                      .stages = {},
                      .label = is_energy ? "energy, mJ" : quantity.label,  // as a panel has room
                      .factor = quantity.factor,
                      .is_energy = is_energy};
      bool known = false;
      for (const std::size_t row : summary_.rows()) {
        known = known || summary_.number(row, measure.column);
      }
      if (!known) {
        if (!plot_.latency) {
          refuse_file(summary_.path(),
                      "no partition has an energy, for the mobile's layer table has none; draw "
                      "--value latency");
        }
        return;
      }
      for (const StageKind& stage : kStages) {
        const char* part = measure.part(stage);
        const bool any =
            part != nullptr &&
            std::any_of(summary_.rows().begin(), summary_.rows().end(), [&](std::size_t row) {
              return summary_.number(row, part).value_or(0) > 0;
            });
        if (any) measure.stages.push_back(&stage);
      }
      measures_.push_back(std::move(measure));
    };
    if (plot_.latency) add(false);
    if (plot_.energy) add(true);
  }

  void add_panels() {
    std::vector<std::string> partitions;  // by place
    std::map<std::string, std::vector<std::size_t>> rows;
    const std::vector<std::string> networks = summary_.networks();
    for (const std::string& network : networks) {
      rows[network] = shown_rows(summary_, network);
      for (const std::size_t row : rows[network]) {
        const std::string& name = summary_.text(row, "partition");
        if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
      }
    }
    if (names_.size() > 2 * kMostBars || networks.size() * measures_.size() > kMostPanels) {
      refuse_file(summary_.path(),
                  fmt::format("{} partitions in {} panels have no room in one picture; choose "
                              "with --where partition=… and --where network=…",
                              names_.size(), networks.size() * measures_.size()));
    }
    for (const std::string& network : networks) {
      Panel panel{.network = network, .row_at = {}};
      for (const std::size_t row : rows[network]) {
        const auto place = std::find(names_.begin(), names_.end(), summary_.text(row, "partition"));
        panel.row_at.emplace(static_cast<std::size_t>(place - names_.begin()), row);
      }
      panels_.push_back(std::move(panel));
    }
  }

  /// Pages, margins, the legend.
  void lay_out() {
    page_ = page_of(look_.size);
    // In one column there is no room beside each other.
    columns_ = look_.size == PlotSize::kOneColumn ? 1 : measures_.size();
    title_ = look_.title.value_or("");
    for (const Measure& measure : measures_) {
      for (const StageKind* stage : measure.stages) {
        if (std::find(stages_.begin(), stages_.end(), stage) == stages_.end()) {
          stages_.push_back(stage);
        }
      }
    }
    std::sort(stages_.begin(), stages_.end());  // as kStages has them
    std::vector<std::string> keys;
    for (const StageKind* stage : stages_) keys.emplace_back(stage->name);
    keys.emplace_back(least_name());
    if (has_excluded()) keys.emplace_back(kExcluded);
    if (!plot_.printed.empty()) keys.emplace_back(kPrinted);
    place_key(keys);
    double widest = 0;
    for (const std::string& name : names_) {
      widest = std::max(widest, text_width(shortened(name, kLongestName)));
    }
    names_height_ = widest + kAroundNames;
    top_ = title_.empty() ? 0 : kLineHeight;
    const double rows =
        static_cast<double>(panels_.size() * measures_.size()) / static_cast<double>(columns_);
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
    key_ = "unset key\n";
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
    bottom_ =
        kLineHeight * static_cast<double>((keys.size() + across - 1) / across) + kLineHeight / 2;
    key_ = fmt::format(
        "set key at screen 0.5, screen 0.005 center bottom horizontal maxcols {} Left reverse "
        "samplen 1.5 width 1\n",
        across);
  }

  static constexpr const char* kExcluded = "excluded by limits";
  static constexpr const char* kPrinted = "printed in the paper";
  [[nodiscard]] const char* least_name() const {
    return has_excluded() ? "least within limits" : "least";
  }
  [[nodiscard]] bool has_excluded() const {
    return std::any_of(summary_.rows().begin(), summary_.rows().end(),
                       [&](std::size_t row) { return !summary_.is_admitted(row); });
  }

  [[nodiscard]] double total(const Measure& measure, std::size_t row) const {
    return summary_.number(row, measure.column).value_or(0) * measure.factor;
  }

  /// How high a panel reaches.
  [[nodiscard]] double height_of(const Panel& panel, const Measure& measure) const {
    constexpr double kRoom = 1.15;  // for marks
    if (look_.y) return look_.y->high;
    std::vector<double> totals;
    for (const auto& [place, row] : panel.row_at) totals.push_back(total(measure, row));
    if (const std::optional<double> cut = cut_height(totals)) return *cut;
    const double most = totals.empty() ? 0 : *std::max_element(totals.begin(), totals.end());
    return most > 0 ? most * kRoom : 1;
  }

  [[nodiscard]] const PrintedValue* printed_of(std::size_t row) const {
    const auto it =
        std::find_if(plot_.printed.begin(), plot_.printed.end(), [&](const PrintedValue& printed) {
          return printed.network == summary_.text(row, "network") &&
                 printed.partition == summary_.text(row, "partition");
        });
    return it == plot_.printed.end() ? nullptr : &*it;
  }

  /// The i-th panel: those of one network beside each other, or of one measure above each other.
  void draw(std::size_t i) {
    const bool beside = columns_ == measures_.size();
    const std::size_t column = beside ? i % columns_ : 0;
    const std::size_t line = beside ? i / columns_ : i;
    const Panel& panel = panels_[beside ? line : i % panels_.size()];
    const Measure& measure = measures_[beside ? column : i / panels_.size()];
    const std::size_t lines = panels_.size() * measures_.size() / columns_;
    const double cell = width_ / static_cast<double>(columns_);
    const double left = static_cast<double>(column) * cell + kPanelLeft;
    const double right = static_cast<double>(column + 1) * cell - kPanelRight;
    const double top = page_.height() - top_ -
                       static_cast<double>(line) * (kPanelHeight + kPanelTitle) - kPanelTitle;
    const double high = height_of(panel, measure);
    const double low = look_.y ? look_.y->low : 0;
    script_.add(fmt::format(
        "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\nset tmargin at screen "
        "{:.4f}\nset bmargin at screen {:.4f}\n",
        left / page_.width(), right / page_.width(), top / page_.height(),
        (top - kPanelHeight) / page_.height()));
    const PlotScale x = name_scale(names_.size());
    script_.add(fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\nset ytics {}\nset ylabel {}\n",
                            x.low(), x.high(), low, high, tic_step(high - low),
                            script_.text(measure.label)));
    add_names(line + 1 == lines);
    // Which of them the panel is of.
    std::string title = panel.network;
    if (measure.is_energy && summary_.reading()) {
      title += fmt::format("{}{}", title.empty() ? "" : ", ", *summary_.reading());
    }
    script_.add(fmt::format("set label 100 {} at graph 0, graph {:.4f} left\n",
                            script_.text(shortened(title, kLongestName)),
                            1 + kPanelTitle / 2 / kPanelHeight));
    add_bars(panel, measure, low, high, i == 0);
    script_.add("unset label\nunset object\nunset key\n");
  }

  void add_names(bool are_shown) {
    if (!are_shown) {
      script_.add("set xtics scale 0 ('' 0)\n");
      return;
    }
    std::vector<std::string> tics;
    for (std::size_t place = 0; place < names_.size(); ++place) {
      tics.push_back(
          fmt::format("{} {}", script_.tic(shortened(names_[place], kLongestName)), place));
    }
    script_.add(fmt::format("set xtics scale 0 rotate by 90 right ({})\n", fmt::join(tics, ", ")));
  }

  /// A cut bar's height, in a plate upon it.
  void add_plate(std::size_t place, double height, const PrintedValue* printed,
                 const Measure& measure) {
    std::string text = short_number(height);
    if (printed != nullptr) {
      const double value = measure.is_energy ? printed->energy_j : printed->latency_s;
      text += fmt::format(" ◇ {}", short_number(value * measure.factor));
    }
    text += " →";
    constexpr double kTop = 0.97;
    const double bottom = kTop - (text_width(text) + kAroundNames / 2) / kPanelHeight;
    script_.add(fmt::format(
        "set object rectangle from first {:.3f}, graph {:.4f} to first {:.3f}, graph {} front fc "
        "rgb 'white' fs solid 1.0 noborder\n"
        "set label {} at first {}, graph {:.4f} rotate by 90 right front\n",
        static_cast<double>(place) - kHalfBar + 0.06, bottom,
        static_cast<double>(place) + kHalfBar - 0.06, kTop, script_.text(text), place,
        kTop - 0.02));
  }

  void add_bars(const Panel& panel, const Measure& measure, double low, double high, bool has_key) {
    using Rows = std::vector<GnuplotScript::Row>;
    const auto cell = [](double number) { return GnuplotScript::number_cell(number); };
    std::map<const StageKind*, Rows> parts;
    Rows least;
    Rows excluded;
    Rows printed;
    constexpr double kAbove = 0.06;  // above a bar, of the panel
    std::optional<std::size_t> best;
    for (const auto& [place, row] : panel.row_at) {
      if (!summary_.is_admitted(row) || !summary_.number(row, measure.column)) continue;
      if (!best || total(measure, row) < total(measure, panel.row_at.at(*best))) best = place;
    }
    for (const auto& [place, row] : panel.row_at) {
      const double height = total(measure, row);
      double from = 0;
      for (const StageKind* stage : measure.stages) {
        const double part = summary_.number(row, measure.part(*stage)).value_or(0) * measure.factor;
        if (part > 0 && from < high && from + part > low) {
          parts[stage].push_back({fmt::to_string(place), cell(std::max(from, low)),
                                  cell(std::min(from + part, high))});
        }
        from += part;
      }
      const PrintedValue* of = printed_of(row);
      const double value =
          of == nullptr ? 0 : (measure.is_energy ? of->energy_j : of->latency_s) * measure.factor;
      const bool is_cut = height > high;
      if (is_cut) {
        add_plate(place, height, of, measure);
      } else if (of != nullptr && value >= low && value <= high) {
        printed.push_back({fmt::to_string(place), cell(value)});
      }
      const double above = std::max(height, is_cut ? 0 : value) + kAbove * (high - low);
      const double mark = std::min(above, high - kAbove / 2 * (high - low));
      if (place == best) least.push_back({fmt::to_string(place), cell(mark)});
      if (!summary_.is_admitted(row)) excluded.push_back({fmt::to_string(place), cell(mark)});
    }
    std::vector<std::string> plots;
    const auto key = [&](const char* name) {
      return has_key ? "title " + script_.text(name) : std::string{"notitle"};
    };
    for (const StageKind* stage : stages_) {
      if (const auto it = parts.find(stage); it != parts.end()) {
        plots.push_back(fmt::format(
            "{} using 1:2:($1-{}):($1+{}):2:3 with boxxyerror lw 0.5 {} notitle",
            script_.table(it->second, "place from to"), kHalfBar, kHalfBar, stage->fill));
      }
      if (has_key) {
        plots.push_back(fmt::format("NaN with boxes lw 0.5 {} {}", stage->fill, key(stage->name)));
      }
    }
    const auto marks = [&](const Rows& rows, const char* style, const char* name, bool is_known) {
      if (!rows.empty()) {
        plots.push_back(fmt::format("{} using 1:2 with points {} notitle",
                                    script_.table(rows, "place height"), style));
      }
      if (has_key && is_known)
        plots.push_back(fmt::format("NaN with points {} {}", style, key(name)));
    };
    marks(least, "pt 11 ps 0.7 lc rgb 'black'", least_name(), true);
    marks(excluded, "pt 2 ps 0.5 lw 1.5 lc rgb '#AA0000'", kExcluded, has_excluded());
    if (!printed.empty()) {
      plots.push_back(fmt::format("{} using 1:2 with points pt 13 ps 0.65 lc rgb 'white' notitle",
                                  script_.table(printed, "place value")));
    }
    marks(printed, "pt 12 ps 0.65 lw 1.2 lc rgb 'black'", kPrinted, !plot_.printed.empty());
    script_.add(fmt::format("plot {}\n", fmt::join(plots, ", \\\n     ")));
  }

  const SummaryCsv& summary_;
  const StagesPlot& plot_;
  const PlotLook& look_;
  std::vector<Measure> measures_;
  std::vector<Panel> panels_;
  std::vector<std::string> names_;  // of partitions, by place
  std::vector<const StageKind*> stages_;
  PlotPage page_;
  std::string title_;
  std::string key_;
  bool right_key_{false};
  std::size_t columns_{1};
  double width_{0};  // of all panels, in ems
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
  return StagesFigure{summary, plot, look}.script();
}

}  // namespace papilio
