#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// A drawing for gnuplot, told apart into commands, which are Papilio's own, and data. Names come
/// from files that anyone may have written, and gnuplot would run what stands between backquotes in
/// a command's text; so a text never stands in a command: `text` puts it among the data and gives
/// the expression that stands for it.
class GnuplotScript {
 public:
  /// Text on axes, in keys and so on. @return an expression for commands
  std::string text(std::string_view text);

  /// A row of a table, cell by cell: `number_cell` and `text_cell`.
  using Row = std::vector<std::string>;
  /// @return the table's name in commands
  std::string table(const std::vector<Row>& rows);
  /// A missing number is ?.
  static std::string number_cell(std::optional<double> number);
  static std::string text_cell(std::string_view text);

  /// @param commands whole lines, with nothing of a file in them but what `text` and `table` gave
  void add(std::string_view commands) { commands_ += commands; }

  /// The script, without the terminal and the file to draw into.
  [[nodiscard]] std::string script() const;

 private:
  std::vector<std::string> texts_;
  std::string tables_;
  std::size_t table_count_{0};
  std::string commands_;
};

/// What an axis says of a column: "latency_s" is "latency, s".
std::string axis_label(const std::string& column);

}  // namespace papilio
