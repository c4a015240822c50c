#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sim/base/yaml/node.hpp"

namespace papilio {

/// @throws ConfigError `mark: error: path: message`
[[noreturn]] void fail_at(const Mark& mark, std::string_view path, std::string_view message);

/// The text in UTF-8.
/// @throws ConfigError with the place of what is none, or of what `find_unprintable` refuses
std::shared_ptr<const SourceText> make_source(std::string_view bytes, std::string name);

/// Parses one YAML document.
/// @param text what stands in `source`, some of it blanked out perhaps
/// @throws ConfigError as `parse_yaml`
Node parse(const std::string& text, const std::shared_ptr<const SourceText>& source);

}  // namespace papilio
