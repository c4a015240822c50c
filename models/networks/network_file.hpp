#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/base/data/library.hpp"

namespace papilio {

/// A network as a file holds it: `models/NAME.yaml` of a folder of profiles. Layers are in order;
/// one without `inputs` reads the layer before it, one without `block` belongs to the same block.
/// docs/models/networks.md describes the keys.
///
/// @param path the file; its stem is the network's name
/// @throws ConfigError with file, line and key for what is malformed or does not fit together
Graph load_graph(const std::string& path);

/// The network in the text of such a file, read as `load_graph` reads one.
/// @param source what errors call the text
/// @param name   of the network
/// @throws ConfigError as `load_graph`
Graph parse_graph(std::string_view text, const std::string& source, const std::string& name);

/// The text of such a file.
std::string graph_file(const Graph& graph);

/// The network of this name: of the zoo, else from `models/` of the library.
/// @throws ConfigError if its file is malformed, or a network of the zoo does not have the length
///         in its name (`find_model`)
std::optional<Graph> find_network(const ProfileLibrary& library, std::string_view name);

/// The names that `find_network` knows, the zoo's first.
std::vector<std::string> network_names(const ProfileLibrary& library);

}  // namespace papilio
