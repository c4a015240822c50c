#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/document/cell.hpp"

namespace papilio {

/// A table of values. Renderers alone make text of them.
struct Table {
  using Row = std::vector<TableCell>;
  /// What the cells of a column are.
  enum class Type {
    kNumber,  ///< numbers, or none; a text there is a bug of ours, which every renderer checks
    kText,    ///< names and sentences, among which numbers may stand
  };
  struct Column {
    /// A column of numbers, set right; or one of texts, set left. The first of a table is always
    /// set left.
    Column(std::string title, bool texts = false)  // NOLINT(google-explicit-constructor): in lists
        : Column{std::move(title), texts, texts ? Type::kText : Type::kNumber} {}
    /// A column that is not set as its type would be: "64×56×56" is a text set right.
    Column(std::string title, bool set_left, Type holds)
        : header{std::move(title)}, left{set_left}, type{holds} {}

    std::string header;
    bool left;
    Type type;
    /// Of several columns about one thing, such as a mean and its interval: that thing.
    std::string about{};
  };
  std::vector<Column> columns;
  std::vector<Row> rows;  ///< each as long as `columns`
  /// What a row stands out for, where colours can tell it.
  enum class Mark {
    kBest,      ///< it was selected
    kExcluded,  ///< the limits exclude it
  };
  std::map<std::size_t, Mark> marks{};  ///< by the row's number
};

/// What people read in each cell of a row.
std::vector<std::string> texts_of(const Table::Row& row);

/// A heading, paragraphs, a table, and remarks on it.
struct Section {
  std::string title;
  std::vector<std::string> paragraphs;
  std::optional<Table> table;
  std::vector<std::string> remarks;
  /// What the table shows where it stands alone, as LaTeX tables do: quantity, unit, and what ± is.
  /// Empty: the title says it.
  std::string caption;
};

/// What a run says, in one form for every output format. Texts may use Greek letters and the signs
/// × · ± and so on; the renderers translate them where needed.
struct Document {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<Section> sections;
};

/// A text that may stand in an element of HTML, where it stays text. In an attribute it may not.
std::string html_escaped(std::string text);

/// GitHub Markdown, its tables aligned for reading as plain text.
std::string to_markdown(const Document& document);
/// The table alone, as `to_markdown` has it.
std::string to_markdown(const Table& table);

/// LaTeX tables in the style of booktabs, to be \input into a document; each has a label of the
/// document's and its section's title, such as tab:table4-selected-cuts.
std::string to_latex(const Document& document);

/// A page of HTML that needs nothing else: to be opened, or to be pasted from.
std::string to_html(const Document& document);

/// CSV with a header line, as `csv_line` writes it.
std::string to_csv(const Table& table);

/// JSON with the values themselves (`TableCell::json`): a section's table is its "rows", objects by
/// the columns' headers.
std::string to_json(const Document& document);

}  // namespace papilio
