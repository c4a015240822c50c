#include "sim/base/output_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "sim/base/descriptor.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, std::string_view action, int error) {
  throw ConfigError{fmt::format("{}: error: cannot {}: {}; choose another folder with -o DIR",
                                path.string(), action, std::strerror(error))};
}

constexpr std::string_view kMark{".papilio-"};
constexpr std::size_t kDigits = 16;

/// ".NAME.papilio-" and 16 random hexadecimal digits: nobody can lay a file or a link there before.
std::string staged_name(std::string_view name) {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) {
    throw ConfigError{"papilio: error: the system gives no random numbers; try again"};
  }
  return fmt::format(".{}{}{:016x}", name, kMark, random);
}

bool is_staged_name(std::string_view name) {
  if (name.size() < 1 + kMark.size() + kDigits || name.front() != '.') return false;
  const std::string_view digits = name.substr(name.size() - kDigits);
  return digits.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         name.substr(0, name.size() - kDigits).ends_with(kMark);
}

struct StagedFile {
  fs::path path;
  Descriptor file;  // others see the file as alive for as long as this is open
};

StagedFile make_staged(const fs::path& folder, std::string_view name) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const fs::path path = folder / staged_name(name);
    Descriptor file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)};
    if (file.get() < 0 && errno == EEXIST) continue;
    if (file.get() < 0) fail(folder / name, "create the file", errno);
    struct stat status {};
    // Another process that is sweeping just now may have taken it for one of the dead.
    const bool ours = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
                      ::fstat(file.get(), &status) == 0 && status.st_nlink > 0;
    if (ours) return {path, std::move(file)};
  }
  fail(folder / name, "create the file", EEXIST);
}

/// Removes what killed processes left staged, once in a process: files of ours that nobody holds.
void sweep(const fs::path& folder) {
  static std::mutex guard;
  static std::set<fs::path> swept;
  {
    const std::lock_guard lock{guard};
    if (!swept.insert(folder).second) return;
  }
  std::error_code error;
  for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    if (!is_staged_name(it->path().filename().string())) continue;
    const Descriptor file{
        ::open(it->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    struct stat status {};
    const bool dead = file.get() >= 0 && ::fstat(file.get(), &status) == 0 &&
                      S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
                      ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
    if (dead) ::unlink(it->path().c_str());
  }
}

void write_all(int file, const fs::path& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write the file", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void flush(int file, const fs::path& path) {
  if (::fsync(file) != 0) fail(path, "write the file", errno);
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
  open(name);
  append(content);
}

void OutputFolder::append(std::string_view content) {
  PAPILIO_CHECK(!staged_.empty());
  write_all(staged_.back().file.get(), staged_.back().to, content);
}

void OutputFolder::open(std::string_view name) {
  // Names are made of networks' and layers', which other people's files choose.
  if (name.empty() || name.find('/') != std::string_view::npos) {
    throw ConfigError{
        fmt::format("{}: error: cannot name a file '{}'; rename what it is called after",
                    folder_.string(), name)};
  }
  std::vector<fs::path> missing;
  for (fs::path p = folder_; !fs::exists(p); p = p.parent_path()) {
    missing.push_back(p);
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (::mkdir(it->c_str(), 0777) != 0 && errno != EEXIST) fail(*it, "create the folder", errno);
    made_.push_back(*it);
  }
  sweep(folder_);
  const fs::path to = folder_ / name;
  StagedFile staged = make_staged(folder_, name);
  staged_.push_back({std::move(staged.path), to, std::move(staged.file)});
}

void OutputFolder::commit() {
  for (const Staged& file : staged_) {
    std::error_code ignored;
    if (fs::is_directory(file.to, ignored)) fail(file.to, "replace the folder by a file", EISDIR);
    flush(file.file.get(), file.to);
  }
  if (!staged_.empty()) ::unlink(staged_.back().to.c_str());
  for (const Staged& file : staged_) {
    if (::rename(file.from.c_str(), file.to.c_str()) != 0) fail(file.to, "replace the file", errno);
  }
  staged_.clear();
  made_.clear();
}

}  // namespace papilio
