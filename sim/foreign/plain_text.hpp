#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// A text that a stranger's file holds as one line that may be printed and written to a table.
std::string plain_line(std::string_view text);

/// At most 60 characters of a text, the last of them "…" where there are more.
std::string shortened(std::string_view text);

/// A text without blanks and tabs at its ends.
std::string_view trimmed(std::string_view text);

/// What lies between the separators in a text, without blanks around it; nothing that is empty.
std::vector<std::string> split_at(std::string_view text,
                                  const std::vector<std::string_view>& separators);

}  // namespace papilio
