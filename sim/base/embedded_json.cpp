#include "sim/base/embedded_json.hpp"

#include <nlohmann/json.hpp>

namespace papilio {

std::string embedded_json(const nlohmann::ordered_json& document) {
  const std::string plain =
      document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string escaped;
  escaped.reserve(plain.size());
  for (const char c : plain) {
    if (c == '<') {
      escaped += "\\u003c";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string json_quoted(std::string_view text) {
  return embedded_json(std::string{text});
}

}  // namespace papilio
