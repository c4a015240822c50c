#pragma once

#include <string>
#include <string_view>

#include "models/import/torchscript.hpp"

namespace papilio {

/// A network with its weights as bytes, for another process.
std::string handover(const ImportedNetwork& network);

/// The network of such bytes, which a stranger may have written.
/// @param name of the graph
/// @throws ConfigError if they are no network with the weights that it needs, all or none
ImportedNetwork take_over(std::string_view bytes, const std::string& name);

}  // namespace papilio
