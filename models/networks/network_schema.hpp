#pragma once

#include <nlohmann/json_fwd.hpp>

namespace papilio {

/// The JSON Schema (draft 7) of what `load_graph` reads.
nlohmann::ordered_json network_schema();

}  // namespace papilio
