#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "models/import/opaque_request.hpp"
#include "models/weights/state_dict.hpp"

namespace papilio {

/// What of an ONNX file is run beside the network that was made of it.
struct OnnxBeside {
  /// A tensor of the file, and the layer that makes it.
  struct Made {
    std::string tensor;
    std::string layer;
  };
  std::string model;         ///< ONNX: what they depend on, alone, of one picture; empty: too large
  std::vector<Made> made{};  ///< their numbers, one behind the other; empty: the first output's
  /// What the model takes; empty: the network's input.
  std::optional<Made> begin{};
};

/// The network of an ONNX file, and what it takes to run the file beside it.
struct OnnxNetwork {
  Graph graph;
  StateDict weights;        ///< the file's, by the layers' names
  std::string why_not_run;  ///< empty unless its weights could not be read, or it cannot be run
  /// The whole; of a network with an opaque layer what that reads of layers.
  OnnxBeside whole;
  /// Of a network with an opaque layer: what the last layers with weights make, where the rest is
  /// not to be run.
  OnnxBeside weighted;
};

/// Reads the network of an ONNX file as a `Graph`, with the inputs that the file has, and one
/// output: the first, where there are several, which a note of the graph tells. What no output
/// depends on is left out, and told likewise. Layers with
/// weights are called as their weights ("layer1.0.conv1.weight" makes "layer1.0.conv1"), else as
/// their node's path; blocks as `import_torchscript` makes them. Layers that read the same
/// weights share them.
///
/// Tensors may have any number of dimensions. A Graph's layers compute one sample: of a tensor's
/// dimensions one of size 1 is the batch, and where it is another than before, or none is left, a
/// layer that costs nothing gives the numbers other axes. An input's first dimension is the batch
/// where the file does not say how large it is. Constants that no layer can take in become layers
/// of their own, whose numbers count as trained if the file stores them under a name that no
/// exporter made up. What exporters spell out of layer norms and GELU is one layer again.
///
/// What the file computes of constants alone is folded. The weights of a ConstantOfShape are
/// described, and made for a check only where they are few.
///
/// What hangs on an operation that a Graph does not have becomes one opaque layer, up to the
/// output, if these are detectors' (non-maximum suppression, the alignment of regions, the best of
/// many, places that are not zero), or `opaque` says so. Nothing computes it.
///
/// Exporters take batch norms up into convolutions unless told otherwise; then the parameters are
/// those of what is left.
/// @param file  the model
/// @param input of the network, without the batch, the first if there are several; none: the size
///        that the file states
/// @param name  of the graph
/// @param opaque what may become an opaque layer, and its output's sizes where the file does not
///        state them
/// @throws ConfigError if the file is no ONNX model; if it has operations that a Graph does not,
///         naming each with how often it occurs; if no size is known, or the layers do not fit it
OnnxNetwork import_onnx(const std::filesystem::path& file, const std::optional<TensorShape>& input,
                        const std::string& name, const OpaqueRequest& opaque = {});

}  // namespace papilio
