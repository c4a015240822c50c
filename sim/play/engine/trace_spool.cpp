#include "sim/play/engine/trace_spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// Before each piece.
struct PieceHead {
  std::uint64_t run;
  std::uint64_t component;
  std::uint64_t size;
};

[[noreturn]] void fail_spool(const std::filesystem::path& folder, const char* action) {
  throw ConfigError{
      fmt::format("{}: error: cannot {} a temporary file: {}; choose another folder "
                  "with --trace FILE",
                  folder.string(), action, std::strerror(errno))};
}

int make_nameless(const std::filesystem::path& folder) {
  std::string name = (folder / ".papilio-timeline-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC | O_APPEND);
  if (file < 0) fail_spool(folder, "make");
  ::unlink(name.c_str());
  return file;
}

/// Keeps other processes from writing for as long as it lives.
class WriteLock {
 public:
  explicit WriteLock(int file) : file_{file} { set(F_WRLCK); }
  ~WriteLock() { set(F_UNLCK); }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  void set(short type) const {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    while (::fcntl(file_, F_SETLKW, &lock) != 0 && errno == EINTR) continue;
  }

  int file_;
};

}  // namespace

TraceSpool::TraceSpool(const std::filesystem::path& folder)
    : folder_{folder}, file_{make_nameless(folder)} {}

void TraceSpool::write(std::size_t run, std::size_t component, const std::string& text) const {
  const PieceHead head{.run = run, .component = component, .size = text.size()};
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), &head, sizeof head);
  bytes += text;
  const WriteLock lock{file_.get()};
  for (std::string_view left{bytes}; !left.empty();) {
    const ssize_t written = ::write(file_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_spool(folder_, "write");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

void TraceSpool::each_piece(const std::function<void(const std::string& text)>& take) const {
  struct Found {
    PieceHead head;
    std::uint64_t at;
  };
  const auto read = [&](void* to, std::size_t size, std::uint64_t at) {
    for (std::size_t got = 0; got < size;) {
      const ssize_t now = ::pread(file_.get(), static_cast<char*>(to) + got, size - got,
                                  static_cast<off_t>(at + got));
      if (now < 0 && errno == EINTR) continue;
      if (now <= 0) fail_spool(folder_, "read");
      got += static_cast<std::size_t>(now);
    }
  };
  const auto end = static_cast<std::uint64_t>(::lseek(file_.get(), 0, SEEK_END));
  std::vector<Found> pieces;
  for (std::uint64_t at = 0; at < end;) {
    Found& piece = pieces.emplace_back();
    read(&piece.head, sizeof piece.head, at);
    piece.at = at + sizeof piece.head;
    at = piece.at + piece.head.size;
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Found& a, const Found& b) {
    return std::tie(a.head.run, a.head.component) < std::tie(b.head.run, b.head.component);
  });
  std::string text;
  for (const Found& piece : pieces) {
    text.resize(piece.head.size);
    read(text.data(), text.size(), piece.at);
    take(text);
  }
}

}  // namespace papilio
