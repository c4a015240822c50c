#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/import/onnx.hpp"
#include "models/import/torchscript.hpp"

namespace papilio {

/// What came of running a file's own network beside the graph that was made of it.
struct ImportCheck {
  std::string by;        ///< who ran the file: "LibTorch", "OpenCV's dnn"; empty: nobody
  double difference{0};  ///< greatest of any output's number, by the greatest of the file's own
  std::string of;  ///< what was compared, where it is not the output: "what its opaque layer reads"
  std::string behind;  ///< a sentence about what was not, then
  /// Of a quantised network: the greatest difference in levels of its output.
  std::optional<double> levels;
  double mean_levels{0};  ///< likewise, of all its numbers in the mean
  double share{0};        ///< of its output's numbers those that differ by half a level or more
  /// Of its quantised tensors, each computed of the file's own before it: how many there are, the
  /// greatest difference in levels, and the share of the numbers that differ by half a level or
  /// more.
  std::size_t kernels{0};
  double kernel_levels{0};
  double kernel_share{0};
  std::string why_not;  ///< where nobody did
};

/// Runs a TorchScript archive's own module on random inputs, in evaluation, and the network made of
/// it beside. The module runs in this process, with all that it does.
/// @param inputs as `import_torchscript` took them
/// @throws ConfigError if the module does not run on them, or the two compute different numbers
ImportCheck check_torchscript(const std::filesystem::path& file, const ImportedNetwork& network,
                              const std::vector<NamedInput>& inputs);

/// Likewise of an ONNX file, by OpenCV's dnn, of a network with an opaque layer up to what that
/// reads, or else the last layers with weights make; not checked where that does not read it, or
/// the file's weights are not 32-bit floats.
/// @throws ConfigError if the two compute different numbers
ImportCheck check_onnx(const std::filesystem::path& file, const OnnxNetwork& network);

/// One sentence for people.
std::string to_string(const ImportCheck& check);

}  // namespace papilio
