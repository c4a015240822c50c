#pragma once

#include <optional>
#include <string>
#include <vector>

namespace papilio {

/// A table of ready-made texts. The first column is set left, the others right unless told.
struct Table {
  struct Column {
    std::string header;
    bool left{false};
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`
};

/// A heading, paragraphs, a table, and remarks on it.
struct Section {
  std::string title;
  std::vector<std::string> paragraphs;
  std::optional<Table> table;
  std::vector<std::string> remarks;
};

/// What a run says, in one form for every output format. Texts may use Greek letters and the signs
/// × · ± and so on; the renderers translate them where needed.
struct Document {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<Section> sections;
};

/// GitHub Markdown, its tables aligned for reading as plain text.
std::string to_markdown(const Document& document);
/// The table alone, as `to_markdown` has it.
std::string to_markdown(const Table& table);

/// LaTeX tables in the style of booktabs, to be \input into a document.
std::string to_latex(const Document& document);

/// A page of HTML that needs nothing else: to be opened, or to be pasted from.
std::string to_html(const Document& document);

/// RFC 4180 CSV with a header line.
std::string to_csv(const Table& table);
/// One line of it, quoted where needed.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace papilio
