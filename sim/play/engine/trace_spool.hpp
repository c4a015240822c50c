#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "sim/base/descriptor.hpp"

namespace papilio {

/// Where workers lay down what belongs into one file in another order than that of its coming. A
/// file without a name: it is gone with the last process that has it open.
class TraceSpool {
 public:
  /// @param folder where the disk has room for it; must be there
  /// @throws ConfigError if no file can be made there
  explicit TraceSpool(const std::filesystem::path& folder);

  /// Lays down a piece, in any process that was forked since. Pieces of one run and component come
  /// back in the order of writing.
  /// @throws ConfigError if the disk is full
  void write(std::size_t run, std::size_t component, const std::string& text) const;
  /// Hands on all pieces, by runs and components. @throws ConfigError if they cannot be read
  void each_piece(const std::function<void(const std::string& text)>& take) const;

 private:
  std::filesystem::path folder_;
  Descriptor file_;
};

}  // namespace papilio
