#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace papilio {

/// A JSON document as indented text with a line end. Bytes that are not UTF-8, as a path may hold,
/// are replaced.
inline std::string json_text(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace papilio
