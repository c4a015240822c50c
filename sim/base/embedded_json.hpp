#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace papilio {

/// What a text of JSON holds, whoever wrote it; discarded where it is none, or nests deeper than a
/// hundred levels, which would take the stack of whoever walks it.
nlohmann::ordered_json parsed_json(std::string_view text);

/// A document as one line of JSON that may stand in an element of HTML: it has no "<", with which
/// a name could end the element. Bytes that are not UTF-8, as a path may hold, become U+FFFD.
std::string embedded_json(const nlohmann::ordered_json& document);

/// A text as `embedded_json` has it, in double quotes: whatever is in a name stays text.
std::string json_quoted(std::string_view text);

}  // namespace papilio
