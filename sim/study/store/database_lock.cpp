#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "sim/base/error.hpp"
#include "sim/study/store/database_parts.hpp"

namespace papilio {
namespace fs = std::filesystem;

StudyDatabase::Lock::Lock(const fs::path& path)
    : path_{path}, fd_{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)} {
  if (fd_ < 0) {
    throw ConfigError{fmt::format("{}: error: cannot write the database: {}; choose another place",
                                  path.string(), std::strerror(errno))};
  }
  // Workers of a run that was just killed hold its lock until they have seen that it is gone.
  constexpr int kTries = 30;
  constexpr std::chrono::milliseconds kPause{100};
  for (int i = 0; ::flock(fd_, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (i == kTries) {
      ::close(fd_);
      throw ConfigError{fmt::format(
          "{}: error: another process is at work on this database; wait for it, or end it: what "
          "it has stored stays",
          path.string())};
    }
    std::this_thread::sleep_for(kPause);
  }
}

StudyDatabase::Lock::~Lock() {
  ::close(fd_);
}

bool StudyDatabase::Lock::holds() const {
  struct stat locked {};
  struct stat there {};
  return ::fstat(fd_, &locked) == 0 && ::stat(path_.c_str(), &there) == 0 &&
         locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

}  // namespace papilio
