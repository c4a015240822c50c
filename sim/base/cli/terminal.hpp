#pragma once

#include <cstddef>

namespace papilio {

/// What stands at the other end of a standard stream. This alone decides how wide one prints, and
/// whether in colour.
struct Terminal {
  /// Looks at STDOUT_FILENO or STDERR_FILENO, and at the environment.
  static Terminal of(int stream);

  bool present{false};  ///< whether it is a terminal
  /// Cells of a line: what COLUMNS says, where it is a number > 0; else what the terminal says;
  /// else 80.
  std::size_t width{80};
  /// Whether colours may be printed: on a terminal, unless NO_COLOR is set and not empty
  /// (no-color.org) or TERM is "dumb" or missing.
  bool colour{false};
};

}  // namespace papilio
