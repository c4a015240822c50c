#include "sim/base/document/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "sim/base/csv.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/document/parts.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

void append_padded(std::string& line, const std::string& text, std::size_t to, bool left) {
  const std::size_t blanks = to - std::min(to, count_characters(text));
  if (!left) line.append(blanks, ' ');
  line += text;
  if (left) line.append(blanks, ' ');
}

/// Whether a text is of characters alone that mean nothing to Markdown, as nearly all cells are.
bool is_plain(std::string_view text) {
  const bool has_sign = std::any_of(text.begin(), text.end(), [](char c) {
    return c == '<' || c == ']' || c == '\\' || c == '|' || c == '\n' || c == '\r';
  });
  return !has_sign && !find_unprintable(text);
}

/// A text in Markdown, as it stands there: no HTML and no link begins in it.
std::string markdown_escaped(std::string_view text) {
  if (is_plain(text)) return std::string{text};
  const std::string line = one_line(text);
  std::string escaped;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char next = i + 1 < line.size() ? line[i + 1] : ' ';
    const bool html = line[i] == '<' && (std::isalpha(static_cast<unsigned char>(next)) != 0 ||
                                         next == '/' || next == '!' || next == '?');
    const bool link = line[i] == ']' && (next == '(' || next == '[');
    const bool escapes = line[i] == '\\' && std::ispunct(static_cast<unsigned char>(next)) != 0;
    if (html || link || escapes) escaped += '\\';
    escaped += line[i];
  }
  return escaped;
}

/// As above, in a cell, which a bar would end.
std::string cell_escaped(std::string_view text) {
  std::string cell = markdown_escaped(text);
  if (cell.ends_with('\\')) cell += '\\';
  boost::replace_all(cell, "|", "\\|");
  return cell;
}

Json json_of(const Table& table) {
  check_table(table);
  // Keys are unique, headers not always: the second "± %" is "± % 2".
  std::vector<std::string> keys;
  for (const Table::Column& column : table.columns) {
    std::string key = column.header;
    for (int n = 2; std::find(keys.begin(), keys.end(), key) != keys.end(); ++n) {
      key = fmt::format("{} {}", column.header, n);
    }
    keys.push_back(std::move(key));
  }
  Json rows = Json::array();
  for (const Table::Row& cells : table.rows) {
    Json row;
    for (std::size_t c = 0; c < cells.size(); ++c) row[keys[c]] = cells[c].json();
    rows.push_back(std::move(row));
  }
  return rows;
}

void append_markdown(std::string& text, const Table& table) {
  check_table(table);
  std::vector<std::vector<std::string>> lines{headers(table)};  // header and rows
  for (const Table::Row& row : table.rows) lines.push_back(texts_of(row));
  const std::size_t columns = table.columns.size();
  std::vector<std::size_t> widths(columns, 3);
  for (std::vector<std::string>& line : lines) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (!is_plain(line[c])) line[c] = cell_escaped(line[c]);
      widths[c] = std::max(widths[c], count_characters(line[c]));
    }
  }
  const auto add_line = [&](const std::vector<std::string>& cells) {
    text += '|';
    for (std::size_t c = 0; c < columns; ++c) {
      text += ' ';
      append_padded(text, cells[c], widths[c], set_left(table, c));
      text += " |";
    }
    text += '\n';
  };
  add_line(lines.front());
  text += '|';
  for (std::size_t c = 0; c < columns; ++c) {
    const std::string dashes(widths[c], '-');
    text +=
        set_left(table, c) ? fmt::format(" {} |", dashes) : fmt::format(" {}: |", dashes.substr(1));
  }
  text += '\n';
  for (std::size_t i = 1; i < lines.size(); ++i) add_line(lines[i]);
}

}  // namespace

std::string html_escaped(std::string text) {
  boost::replace_all(text, "&", "&amp;");  // first, for the others bring it in
  boost::replace_all(text, "<", "&lt;");
  boost::replace_all(text, ">", "&gt;");
  return text;
}

std::string to_markdown(const Table& table) {
  std::string text;
  append_markdown(text, table);
  return text;
}

std::string to_markdown(const Document& document) {
  std::string text = fmt::format("# {}\n", markdown_escaped(document.title));
  for (const std::string& paragraph : document.paragraphs) {
    text += fmt::format("\n{}\n", markdown_escaped(paragraph));
  }
  for (const Section& section : document.sections) {
    text += fmt::format("\n## {}\n", markdown_escaped(section.title));
    for (const std::string& paragraph : section.paragraphs) {
      text += fmt::format("\n{}\n", markdown_escaped(paragraph));
    }
    if (section.table) {
      text += '\n';
      append_markdown(text, *section.table);
    }
    if (!section.remarks.empty()) text += '\n';
    for (const std::string& remark : section.remarks)
      text += fmt::format("- {}\n", markdown_escaped(remark));
  }
  return text;
}

std::string to_html(const Document& document) {
  const auto element = [](std::string_view tag, const std::string& text) {
    return fmt::format("<{0}>{1}</{0}>\n", tag, html_escaped(text));
  };
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
      element("title", document.title) +
      "<style>\n"
      "body { font: 15px/1.4 sans-serif; margin: 2em; }\n"
      "table { border-collapse: collapse; border-block: 2px solid; margin: 1em 0; }\n"
      "th, td { padding: .2em .7em; text-align: right; font-variant-numeric: tabular-nums; }\n"
      "thead { border-bottom: 1px solid; }\n"
      ".left { text-align: left; }\n"
      "</style>\n</head>\n<body>\n" +
      element("h1", document.title);
  for (const std::string& paragraph : document.paragraphs) text += element("p", paragraph);
  for (const Section& section : document.sections) {
    text += element("h2", section.title);
    for (const std::string& paragraph : section.paragraphs) text += element("p", paragraph);
    if (section.table) {
      const Table& table = *section.table;
      check_table(table);
      const auto row = [&](std::string_view tag, const std::vector<std::string>& cells) {
        std::string line{"<tr>"};
        for (std::size_t c = 0; c < cells.size(); ++c) {
          line += fmt::format("<{0}{1}>{2}</{0}>", tag, set_left(table, c) ? " class=\"left\"" : "",
                              html_escaped(cells[c]));
        }
        return line + "</tr>\n";
      };
      text += "<table>\n<thead>\n" + row("th", headers(table)) + "</thead>\n<tbody>\n";
      for (const Table::Row& cells : table.rows) text += row("td", texts_of(cells));
      text += "</tbody>\n</table>\n";
    }
    if (section.remarks.empty()) continue;
    text += "<ul>\n";
    for (const std::string& remark : section.remarks) text += element("li", remark);
    text += "</ul>\n";
  }
  return text + "</body>\n</html>\n";
}

std::string to_csv(const Table& table) {
  check_table(table);
  std::string text = csv_line(headers(table));
  for (const Table::Row& row : table.rows) text += csv_line(texts_of(row));
  return text;
}

std::string to_json(const Document& document) {
  Json sections = Json::array();
  for (const Section& section : document.sections) {
    Json json{{"title", section.title}};
    if (section.table) json["rows"] = json_of(*section.table);
    if (!section.remarks.empty()) json["remarks"] = section.remarks;
    sections.push_back(std::move(json));
  }
  return json_text(Json{{"title", document.title},
                        {"about", document.paragraphs},
                        {"sections", std::move(sections)}});
}

}  // namespace papilio
