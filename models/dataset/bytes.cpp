#include "models/dataset/bytes.hpp"

#include <string>

#include "sim/base/read_file.hpp"

namespace papilio {

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  constexpr std::size_t kMost = std::size_t{256} << 20U;
  const std::string bytes = read_file(path.string(), kMost);
  return {bytes.begin(), bytes.end()};
}

}  // namespace papilio
