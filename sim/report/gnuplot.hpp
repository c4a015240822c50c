#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/report/plot_look.hpp"

namespace papilio {

/// A file of a drawing: the script, or data that it reads.
struct PlotFile {
  std::string name;
  std::string text;
};

/// A drawing for gnuplot: commands, which are Papilio's own, and data. Names come from files that
/// anyone may have written, and titles from anyone; gnuplot would run what stands between
/// backquotes in a command's text. So a text never stands in a command: `text` puts it among the
/// data, in a file of its own, and gives the expression that stands for it.
class GnuplotScript {
 public:
  /// Text on axes, in keys and so on. @return an expression for commands
  std::string text(std::string_view text);

  /// Text at a tic of an axis, which gnuplot takes for a format of numbers: "50 %".
  std::string tic(std::string_view text);

  /// A row of a table, cell by cell: `number_cell` and `text_cell`.
  using Row = std::vector<std::string>;
  /// @param columns what they hold, for people: Papilio's own words
  /// @return the table's name in commands, a file's in quotes
  std::string table(const std::vector<Row>& rows, std::string_view columns);
  /// A missing number is ?.
  static std::string number_cell(std::optional<double> number);
  static std::string text_cell(std::string_view text);

  /// @param commands whole lines, with nothing of a file in them but what `text` and `table` gave
  void add(std::string_view commands) { commands_ += commands; }

  /// What the drawing leaves out, in a sentence for people; empty: nothing.
  [[nodiscard]] const std::string& note() const { return note_; }
  void set_note(std::string note) { note_ = std::move(note); }

  /// The drawing's size.
  [[nodiscard]] const PlotPage& page() const { return page_; }
  void set_page(const PlotPage& page) { page_ = page; }

  /// The script, "plot.gp", which gnuplot runs in the folder of all these files, and its data.
  /// @param head the commands that say where and as what to draw
  [[nodiscard]] std::vector<PlotFile> files(std::string_view head) const;

 private:
  PlotPage page_{page_of(PlotSize::kScreen)};
  std::vector<std::string> texts_;
  std::vector<PlotFile> tables_;
  std::string commands_;
  std::string note_;
};

}  // namespace papilio
