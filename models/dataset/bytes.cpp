#include "models/dataset/bytes.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "sim/base/error.hpp"

namespace papilio {

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  std::vector<std::uint8_t> bytes(failed ? 0 : size);
  std::ifstream file{path, std::ios::binary};
  // The standard library reads chars only; any object may be written as chars.
  if (failed ||
      !file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    throw ConfigError{fmt::format("{}: error: cannot be read; check the path", path.string())};
  }
  return bytes;
}

}  // namespace papilio
