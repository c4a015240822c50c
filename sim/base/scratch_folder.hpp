#pragma once

#include <filesystem>

namespace papilio {

/// A new folder under the system's for temporary files, of a name that nobody can foresee. It goes,
/// with all that is in it, when the object does.
class ScratchFolder {
 public:
  /// @throws ConfigError if none can be made: set TMPDIR
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace papilio
