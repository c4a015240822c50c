#include "sim/foreign/plain_text.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/base/text.hpp"

namespace papilio {

std::string plain_line(std::string_view text) {
  std::string line = printable(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return line;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::size_t characters = 0;
  std::size_t last = 0;  // where the last character that fits begins
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!begins_character(text[at])) continue;
    if (++characters == kMost) last = at;
    if (characters > kMost) return std::string{text.substr(0, last)} + "…";
  }
  return std::string{text};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks{" \t"};
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string> split_at(std::string_view text,
                                  const std::vector<std::string_view>& separators) {
  std::vector<std::string> parts;
  const auto keep = [&](std::string_view part) {
    if (const std::string_view bare = trimmed(part); !bare.empty()) parts.emplace_back(bare);
  };
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto separator = std::find_if(
        separators.begin(), separators.end(),
        [rest = text.substr(at)](std::string_view each) { return rest.starts_with(each); });
    if (separator == separators.end()) {
      ++at;
      continue;
    }
    keep(text.substr(start, at - start));
    at += separator->size();
    start = at;
  }
  keep(text.substr(start));
  return parts;
}

}  // namespace papilio
