#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "models/graph/shape.hpp"

namespace papilio {

/// What makes a tensor of a program: an output of an operation, by its number in the order of the
/// run, from 1; of number 0, an argument of the program.
struct TensorPlace {
  std::uint64_t operation{0};
  std::uint64_t output{0};
  std::uint64_t item{0};  ///< of a list of tensors

  bool operator<(const TensorPlace& other) const {
    return std::tie(operation, output, item) < std::tie(other.operation, other.output, other.item);
  }
};

/// What a tensor is, but for its numbers.
struct TensorForm {
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
  std::int64_t type{0};  ///< a c10::ScalarType
};

/// How a program's opaque part is computed without the layers before it: the program runs again as
/// it did when it was imported, but the operations that became layers are not run. What the opaque
/// part reads of them is put into their tensors before it does.
struct OpaquePlan {
  struct Argument {
    bool is_tensor{true};  ///< else the program's default
    bool is_list{false};   ///< of this tensor alone
    TensorForm form;
  };
  /// An operation that became layers, and what comes of it, of any numbers.
  struct Skipped {
    enum class How : std::uint64_t {
      kGivesNew,    ///< tensors of these forms
      kGivesInput,  ///< its first input, which it would write over
      kRuns,        ///< it is run, and gives views of its inputs
    };
    std::uint64_t operation{0};
    How how{How::kGivesNew};
    std::vector<TensorForm> outputs;
  };
  /// An operand that is put into a tensor.
  struct Feed {
    std::uint64_t before{0};  ///< which operation; one above the last: the program's end
    TensorPlace to;
    std::uint64_t operand{0};  ///< of the opaque layer
    /// The tensor's axis that the layer has not.
    std::optional<std::int64_t> batch;
  };

  std::vector<Argument> arguments;
  std::vector<Skipped> skipped;  ///< ascending
  std::vector<Feed> feeds;       ///< ascending
  std::uint64_t operations{0};   ///< of the run in which it was made
  std::uint64_t operands{0};
  bool drops_batch{false};  ///< whether the first axis of the program's answer, of 1, is the batch
  TensorShape shape;        ///< of the opaque layer: the answer is filled up with zeros to it
};

/// A plan as bytes.
std::string to_bytes(const OpaquePlan& plan);
/// The plan of such bytes, which a stranger may have written. Whether it fits a program is told as
/// it runs.
/// @throws ConfigError if they are none
OpaquePlan plan_of_bytes(std::string_view bytes);

/// A file of a plan and the archive that it is of.
std::string opaque_file(std::string_view plan, std::string_view archive);
/// All of a file.
/// @throws ConfigError naming it if it cannot be read
std::string bytes_of_file(const std::filesystem::path& file);
/// The plan and the archive of such a file.
/// @throws ConfigError if it is none
std::pair<std::string_view, std::string_view> parts_of_opaque_file(std::string_view bytes);

}  // namespace papilio
