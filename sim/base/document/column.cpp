#include "sim/base/document/column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace papilio {

std::string_view stem(const Column& column) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEnds{
      {{"s", "_s"}, {"J", "_j"}, {"W", "_w"}, {"1/s", "_per_s"}, {"byte", "_bytes"}}};
  for (const auto& [unit, end] : kEnds) {
    if (column.unit == unit && column.name.ends_with(end)) {
      return column.name.substr(0, column.name.size() - end.size());
    }
  }
  return column.name;
}

std::string documentation_line(const Column& column) {
  return fmt::format("| `{}` |{}{} | {} |\n", column.name, column.unit.empty() ? "" : " ",
                     column.unit, column.doc);
}

}  // namespace papilio
