#include "models/weights/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw ConfigError{fmt::format("{}: error: cannot read the file: {}; check the path",
                                path.string(), std::strerror(errno))};
}

}  // namespace

void NumberBudget::take(std::size_t count) {
  if (count > left_) throw WeightsError{"holds more than 2^30 numbers"};
  left_ -= count;
}

std::size_t checked_size(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    errno = error ? error.value() : ENOENT;
    fail(path);
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw ConfigError{
        fmt::format("{}: error: is a pipe or a device, and weights are read from files alone; "
                    "copy it to a file",
                    path.string())};
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    errno = error.value();
    fail(path);
  }
  if (size > kMostWeightBytes) {
    throw ConfigError{fmt::format(
        "{}: error: holds more than the {} GiB that are read of weights; is it the right file?",
        path.string(), kMostWeightBytes >> 30U)};
  }
  return static_cast<std::size_t>(size);
}

std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& path) {
  const std::size_t size = checked_size(path);
  std::vector<std::uint8_t> bytes = read_head(path, size);
  if (bytes.size() != size) fail(path);
  return bytes;
}

std::vector<std::uint8_t> read_head(const std::filesystem::path& path, std::size_t count) {
  std::ifstream file{path, std::ios::binary};
  if (!file) fail(path);
  std::vector<std::uint8_t> bytes(count);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  if (file.bad()) fail(path);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

std::string shown_name(std::string_view name) {
  constexpr std::size_t kMost = 120;
  std::string shown{name.substr(0, kMost)};
  std::replace_if(
      shown.begin(), shown.end(), [](char one) { return one < ' ' || one > '~'; }, '?');
  if (name.size() > kMost) shown += "...";
  return shown;
}

std::optional<std::size_t> element_count(std::span<const std::int64_t> shape, std::size_t limit) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  std::size_t count = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) {
      empty = true;
      continue;
    }
    if (static_cast<std::size_t>(size) > kMost / count) return std::nullopt;
    count *= static_cast<std::size_t>(size);
  }
  if (empty) return 0;
  return count <= limit ? std::optional{count} : std::nullopt;
}

}  // namespace papilio
