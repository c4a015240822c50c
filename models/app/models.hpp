#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/dataset/loader.hpp"
#include "models/graph/graph.hpp"
#include "sim/base/data/library.hpp"

namespace papilio {

/// "CxHxW" as a shape.
/// @throws ConfigError if it is not written so
TensorShape shape_by_text(const std::string& verb, const std::string& text);

/// The network of this name, of the zoo or imported, for pictures and classes of a dataset.
/// @param verb    names the command in errors
/// @param input   "CxHxW", or empty: the network's own
/// @param classes of the dataset; nothing: the network's own
/// @throws ConfigError if there is no such network, or it does not take the input
Graph model_by_name(const ProfileLibrary& library, const std::string& verb, const std::string& name,
                    const std::string& input, std::optional<std::int64_t> classes);

/// @throws ConfigError if the network takes something else than one picture
void require_pictures(const Graph& graph, const std::string& verb);

/// The cuts that the command line names: of blocks, of layers, or all "blocks".
/// @throws ConfigError on a name that the network does not have
std::vector<Cut> cuts_by_name(const std::string& verb, const Graph& graph,
                              const std::vector<std::string>& names);

/// How pictures become the input of a network: crops of its size, from pictures scaled as is usual
/// for that size, normalised as its weights were trained.
Transform transform_for(const Graph& graph);

}  // namespace papilio
