#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "models/import/torchscript.hpp"

namespace papilio {

/// How a network's file is to be imported.
struct ImportRequest {
  std::filesystem::path file;      ///< an ONNX file if its name ends so, else a TorchScript archive
  std::vector<NamedInput> inputs;  ///< of the network; none: as the ONNX file says, else 3x224x224
  std::string name;                ///< of the graph
  OpaqueRequest opaque{};          ///< what may become an opaque layer
  bool check{true};      ///< whether the file's own network runs beside the one made of it
  double seconds{120};   ///< > 0; what reading and checking may take
  double memory_gib{8};  ///< > 0; likewise; of a smaller machine its memory at most
  bool trusted{false};   ///< whether the file may do what it likes, as the user's own
  std::function<bool()> stop_requested;  ///< polled: true ends it
};

/// The network of a file with its weights, and a note of how it was checked. An ONNX file whose
/// weights could not be read has none.
///
/// A TorchScript archive is a program that runs when it is read, and LibTorch, protobuf and OpenCV
/// were not made for bytes that mean harm: all of that happens in a confined child
/// (`run_confined`), which hands back the text of a network file and the
/// weights. To be called before this process
/// computes with several threads; sets their number to one.
/// @throws ConfigError with the file's name and the remedy: what import_torchscript, import_onnx
/// and
///         their checks refuse; whatever befalls the child; a system that cannot confine it
/// @throws Interrupted if `stop_requested` said so
ImportedNetwork import_network(const ImportRequest& request);

/// What `computed_by_file` reads of a network with an opaque layer: how it is computed, and the
/// archive that it came from, which nothing reads here.
/// @throws ConfigError naming the archive if it cannot be read
std::string opaque_file_of(const ImportedNetwork& network, const std::filesystem::path& archive);

}  // namespace papilio
