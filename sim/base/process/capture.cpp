#include "sim/base/process/capture.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sim/base/error.hpp"

namespace papilio {

Captured capture(const std::vector<std::string>& words) {
  PAPILIO_CHECK(!words.empty());
  constexpr const char* kNoProcess = "papilio: error: cannot start a process; try again";
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw ConfigError{kNoProcess};
  const auto [out, in] = ends;
  std::vector<std::string> kept = words;
  std::vector<char*> arguments;
  arguments.reserve(kept.size() + 1);
  for (std::string& word : kept) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDERR_FILENO);
  pid_t child = 0;
  const int problem =
      ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in);
  Captured captured;
  if (problem != 0) {
    ::close(out);
    if (problem == EAGAIN || problem == ENOMEM) throw ConfigError{kNoProcess};
    // As a shell tells it.
    constexpr int kNoSuchCommand = 127;
    captured.status = kNoSuchCommand;
    return captured;
  }
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t n = ::read(out, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    captured.output.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(out);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kSignals = 128;
  captured.status = WIFEXITED(status) ? WEXITSTATUS(status) : kSignals + WTERMSIG(status);
  return captured;
}

}  // namespace papilio
