#include "sim/base/output_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, std::string_view action, int error) {
  throw ConfigError{fmt::format("{}: error: cannot {}: {}; choose another folder with -o DIR",
                                path.string(), action, std::strerror(error))};
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

void write_all(const fs::path& path, std::string_view content) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (file.get() < 0) fail(path, "create the file", errno);
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write the file", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) fail(path, "write the file", errno);
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder) : folder_{std::move(folder)} {
  if (folder_.empty()) fail(folder_, "use an empty name", ENOENT);
  std::error_code error;
  folder_ = fs::absolute(folder_, error).lexically_normal();
  fs::path existing = folder_;
  while (!fs::exists(existing, error) && existing != existing.parent_path()) {
    if (error && error != std::errc::not_a_directory) fail(existing, "use it", error.value());
    existing = existing.parent_path();
  }
  if (!fs::is_directory(existing, error)) fail(existing, "use it as a folder", ENOTDIR);
  if (::access(existing.c_str(), W_OK | X_OK) != 0) fail(existing, "write into the folder", errno);
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  for (const Staged& file : staged_) fs::remove(file.from, ignored);
  // Only succeeds on folders that are empty, which is the intention.
  for (auto it = made_.rbegin(); it != made_.rend(); ++it) ::rmdir(it->c_str());
}

void OutputFolder::add(std::string_view name, std::string_view content) {
  std::vector<fs::path> missing;
  for (fs::path p = folder_; !fs::exists(p); p = p.parent_path()) {
    missing.push_back(p);
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (::mkdir(it->c_str(), 0777) != 0 && errno != EEXIST) fail(*it, "create the folder", errno);
    made_.push_back(*it);
  }
  const fs::path to = folder_ / name;
  const fs::path from = folder_ / fmt::format(".{}.{}", name, ::getpid());
  staged_.push_back({from, to});
  write_all(from, content);
}

void OutputFolder::commit() {
  for (const Staged& file : staged_) {
    std::error_code ignored;
    if (fs::is_directory(file.to, ignored)) fail(file.to, "replace the folder by a file", EISDIR);
  }
  if (!staged_.empty()) ::unlink(staged_.back().to.c_str());
  for (const Staged& file : staged_) {
    if (::rename(file.from.c_str(), file.to.c_str()) != 0) fail(file.to, "replace the file", errno);
  }
  staged_.clear();
  made_.clear();
}

}  // namespace papilio
