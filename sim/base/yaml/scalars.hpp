#pragma once

#include <string_view>

/// How the room reads plain scalars.
namespace papilio {

/// "010" is 8 to some YAML readers and 10 to others, so it is no number here.
inline bool has_leading_zero(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

}  // namespace papilio
