#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/descriptor.hpp"

namespace papilio {

/// Writes a set of files into one folder so that a reader, a crash or Ctrl-C never meets half a
/// file: each is staged beside its final place, flushed to the disk, and renamed. The last one
/// added goes first and comes last: where it stands, all the others are of the same set. Staged
/// files and a folder made here disappear when `commit` was not reached; where the process was
/// killed, the next one that writes into the folder removes them. Their names are random and made
/// anew, so that no link that somebody laid there is followed.
class OutputFolder {
 public:
  /// Checks that `folder` is, or can become, a folder that may be written; creates nothing yet.
  /// @throws ConfigError naming the obstacle and the remedy
  explicit OutputFolder(std::filesystem::path folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Stages `content` as `name`, creating the folder if needed.
  /// @throws ConfigError if the file cannot be written (disk full, no permission), or `name` is no
  ///         name of a file in the folder
  void add(std::string_view name, std::string_view content);

  /// Stages `name` without content yet, which `append` writes. @throws ConfigError as `add`
  void open(std::string_view name);
  /// Writes on at the end of the file that was staged last, so that nobody holds all of it.
  /// @throws ConfigError if it cannot be written
  void append(std::string_view content);

  /// Renames every staged file to its final name, in the order of `add`.
  /// @throws ConfigError if a place is taken by a folder, or a rename fails
  void commit();

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

 private:
  struct Staged {
    std::filesystem::path from;
    std::filesystem::path to;
    Descriptor file;  // held open and locked, so that no other process takes it for abandoned
  };
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> made_;  // folders created here, innermost last
  std::vector<Staged> staged_;
};

}  // namespace papilio
