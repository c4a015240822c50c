#pragma once

#include <filesystem>
#include <string>

#include "models/graph/graph.hpp"

namespace papilio {

/// Reads the network of a TorchScript archive (torch.jit.trace or torch.jit.script) as a `Graph`:
/// in evaluation, with one tensor in and one out. Layers with weights have the names of their
/// modules, so that the archive's own weights fit the network; blocks are the parts between which
/// one tensor crosses, called by what their modules' names begin with. Operations in place change
/// what every other name of the tensor holds from then on. Layers that read the same weights share
/// them. Of several outputs it is the network of the first, which a note of the graph tells;
/// weights that are in the archive and in no layer are told likewise.
///
/// What does nothing to shapes or numbers in evaluation (dropout, contiguous) makes no layer.
/// @param file  the archive
/// @param input of the network, without the batch
/// @param name  of the graph
/// @throws ConfigError if the file is no such archive; if it has operations that a Graph does not,
///         naming each with how often it occurs; if the layers do not fit the input
Graph import_torchscript(const std::filesystem::path& file, const TensorShape& input,
                         const std::string& name);

}  // namespace papilio
