#include "sim/base/read_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "sim/base/descriptor.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw ConfigError{fmt::format("{}: error: cannot read the file: {}; check the path", path,
                                std::strerror(error))};
}

}  // namespace

std::string read_file(const std::string& path, std::size_t most) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() < 0) fail(path, errno);
  constexpr std::size_t kStep = 1U << 16U;
  constexpr double kMebibyte = 1U << 20U;
  std::string bytes;
  try {
    while (true) {
      const std::size_t held = bytes.size();
      if (bytes.capacity() - held < kStep) bytes.reserve(std::max(2 * held, held + kStep));
      bytes.resize(held + kStep);
      const ssize_t got = ::read(file.get(), bytes.data() + held, kStep);
      const int error = errno;
      bytes.resize(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && error == EINTR) continue;
      if (got < 0) fail(path, error);
      if (got == 0) return bytes;
      if (bytes.size() > most) {
        throw ConfigError{
            fmt::format("{}: error: holds more than {:.4g} MiB; is it the right file?", path,
                        static_cast<double>(most) / kMebibyte)};
      }
    }
  } catch (const std::bad_alloc&) {
    throw ConfigError{fmt::format("{}: error: there is no memory to read it", path)};
  }
}

}  // namespace papilio
