#include "sim/base/embedded_json.hpp"

#include <nlohmann/json.hpp>

namespace papilio {

nlohmann::ordered_json parsed_json(std::string_view text) {
  constexpr int kMostLevels = 100;
  bool too_deep = false;
  using Event = nlohmann::ordered_json::parse_event_t;
  nlohmann::ordered_json document = nlohmann::ordered_json::parse(
      text,
      [&](int depth, Event /*event*/, const nlohmann::ordered_json& /*parsed*/) {
        too_deep = too_deep || depth > kMostLevels;
        return !too_deep;
      },
      /*allow_exceptions=*/false);
  if (too_deep) return nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded);
  return document;
}

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
