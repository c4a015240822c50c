#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/app/options.hpp"
#include "models/codec/codec.hpp"
#include "models/dataset/dataset.hpp"
#include "models/dataset/transform.hpp"
#include "models/graph/graph.hpp"

namespace papilio {

/// Pictures given one by one, of which no labels are known.
std::shared_ptr<const Dataset> named_pictures(std::vector<std::string> files);

/// The cuts of the option --after; "input" is that at which the picture itself crosses.
/// @param verb names the command in errors
/// @throws ConfigError on a name that the network does not have
std::vector<Cut> cuts_of(const VerbOptions& options, const std::string& verb, const Graph& graph);

/// The codecs of the option --codecs, each once; raw comes first, for the others are compared with
/// it.
/// @param bits of the levels that they must take
/// @throws ConfigError for an unknown codec, or one that takes no levels that wide
std::vector<std::shared_ptr<const Codec>> codecs_of(const VerbOptions& options, int bits);

/// How pictures become a network's input, normalised as the option --normalize says.
/// @throws ConfigError for an unknown normalisation
Transform transform_of(const VerbOptions& options, const Graph& graph);

}  // namespace papilio
