#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/document/document.hpp"

namespace papilio {

/// A table of every key that a file may have, from the schema of what reads it: the key with the
/// keys that it stands in, its unit, what its value may be, what stands there where it is left out,
/// an example of a value, and what it means.
/// @param title of the section
/// @param schema as `schema_of_fields` makes it
Section keys_of(const std::string& title, const nlohmann::ordered_json& schema);

/// The ends of keys' names that say a unit, and that unit.
std::vector<std::pair<std::string_view, std::string_view>> units_of_keys();

}  // namespace papilio
