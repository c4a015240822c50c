#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace papilio {

/// A document as one line of JSON that may stand in an element of HTML: it has no "<", with which
/// a name could end the element. Bytes that are not UTF-8, as a path may hold, become U+FFFD.
std::string embedded_json(const nlohmann::ordered_json& document);

/// A text as `embedded_json` has it, in double quotes: whatever is in a name stays text.
std::string json_quoted(std::string_view text);

}  // namespace papilio
