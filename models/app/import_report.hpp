#pragma once

#include <filesystem>

#include "models/graph/graph.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

/// What `papilio import` understood of a network, for people: its layers by kind with what they
/// compute and move, its named cuts, its notes.
/// @param file that the network was written to
Document import_report(const Graph& graph, const std::filesystem::path& file);

}  // namespace papilio
