#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct zip;

namespace papilio {

/// A zip archive that is read.
class ZipArchive {
 public:
  /// @param size the file's
  /// @throws WeightsError if it is damaged
  ZipArchive(const std::filesystem::path& path, std::size_t size);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  /// The entries' names, in the order of the file.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool has(const std::string& name) const;

  /// The bytes of an entry, which must be stored as they are; all that are read together have no
  /// more than the file.
  /// @throws WeightsError if it is not there, damaged, compressed or overlaps others
  [[nodiscard]] std::vector<std::uint8_t> read(const std::string& name);

  /// The bytes of an entry, stored or deflated.
  /// @param index in `names`
  /// @param most  bytes that it may have
  /// @throws WeightsError if it is damaged, encrypted, compressed in another way, or larger
  [[nodiscard]] std::vector<std::uint8_t> unpack(std::size_t index, std::size_t most);

 private:
  [[nodiscard]] std::vector<std::uint8_t> bytes_of(std::size_t index, std::size_t size,
                                                   const std::string& name);

  zip* archive_{nullptr};
  std::size_t left_;
};

}  // namespace papilio
