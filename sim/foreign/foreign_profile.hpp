#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/stats/estimate.hpp"

namespace papilio {

/// A tool that measures what the layers of a network take, and whose files Papilio reads.
enum class ForeignTool { kOnnxRuntime, kTensorRt, kTfLite, kTorch };

/// The short names of the tools, as users give them: "ort", "tensorrt", "tflite", "torch".
const std::vector<std::string>& foreign_tool_names();

/// @throws ConfigError naming the nearest known name
ForeignTool foreign_tool_by_name(std::string_view name);

/// The tool's name for people: "ONNX Runtime".
std::string_view title_of(ForeignTool tool);

/// One thing that a tool measured: a node, an engine's layer, an operation.
struct MeasuredEntry {
  std::string name;  ///< as the file has it, without what the tool adds to every name; printable
  /// What it ran within, where the tool tells: an annotation of the user's, or a module.
  std::string scope;
  /// The names of what it computes, of which any may be a layer's: several where the tool fused
  /// operations; none where it computes no layer (a copy to another format).
  std::vector<std::string> parts;
  /// The kind of layer that it computes, as `kind_name` has it, where no name tells: such entries
  /// may be taken for layers by their order. Empty: by name alone.
  std::string kind;
  Estimate latency;  ///< of one run, s, >= 0; with an interval where the file has six runs or more
};

/// What a file of another tool holds.
struct ForeignProfile {
  ForeignTool tool{ForeignTool::kOnnxRuntime};
  std::string file;                    ///< its name, without folders
  std::vector<MeasuredEntry> entries;  ///< at least one, in the order that they ran
  /// How the times came of the runs, as a clause: "medians over 9 runs, the first of 10 left out as
  /// warm-up".
  std::string statistic;
  std::optional<Estimate> whole;      ///< of whole runs, s, where the file times them
  std::vector<std::string> cautions;  ///< what the user must know of the times, as sentences

  /// What all entries take together, s.
  [[nodiscard]] double total_s() const;
};

/// Files above it are refused.
inline constexpr std::size_t kMostForeignBytes = std::size_t{512} << 20U;
/// So are files with a longer name in them.
inline constexpr std::size_t kMostForeignNameBytes = std::size_t{4} << 10U;

/// Reads the layer times that another tool measured:
///
/// - ONNX Runtime's profile (`SessionOptions.enable_profiling`): nodes by name;
/// - TensorRT's (`trtexec --exportProfile`): layers of the engine, often fused;
/// - TensorFlow Lite's (`benchmark_model --profiling_output_csv_file`): operations by the tensors
///   that they make;
/// - PyTorch's trace (`torch.profiler`, `export_chrome_trace`): the outermost operations, with the
///   annotation or module around them.
///
/// Where the file has several runs, times are medians over them, and of three or more the first is
/// left out as warm-up. docs/models/measuring.md has the details.
/// @param path the file
/// @param tool which of them; none: recognised by what the file holds
/// @throws ConfigError with the file, and the line, event or row, for one that is malformed, above
///         `kMostForeignBytes`, with a name above `kMostForeignNameBytes`, of none of these tools,
///         or without a time
ForeignProfile read_foreign_profile(const std::string& path, std::optional<ForeignTool> tool);

}  // namespace papilio
