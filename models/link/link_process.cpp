#include "models/link/link_process.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

int print_error(const std::string& text, ExitCode code) {
  fmt::print(stderr, "{}\n", text);
  return static_cast<int>(code);
}

/// Nothing may unwind into what the parent is about to do: what is no std::exception ends here.
int exit_code_of(const std::function<int()>& work) noexcept {
  try {
    return work();
  } catch (const ConfigError& error) {
    return print_error(error.what(), ExitCode::kUserError);
  } catch (const Interrupted& stop) {
    return print_error(fmt::format("papilio: interrupted; {}", stop.what()),
                       ExitCode::kInterrupted);
  } catch (const Differs&) {
    return static_cast<int>(ExitCode::kDiffers);  // what differs is printed already
  } catch (const std::exception& error) {
    return print_error(fmt::format("papilio: simulation error: {}", error.what()),
                       ExitCode::kSimulationError);
  }
}

/// Waits for a child. @return whether the system told how it ended; if not, errno is set
bool reap(pid_t pid, int& status) {
  pid_t ended = -1;
  do {
    ended = ::waitpid(pid, &status, 0);
  } while (ended < 0 && errno == EINTR);
  return ended == pid;
}

}  // namespace

LinkProcess::LinkProcess(const ShapedLink& link, LinkEnd end, const std::vector<int>& cpus,
                         const std::function<int()>& work) {
  std::fflush(nullptr);  // what is buffered must not be printed twice
  std::cout.flush();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw SimulationError{
        fmt::format("cannot start a process on a link: {}", std::strerror(errno))};
  }
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const int code = exit_code_of([&] {
    link.side(end).enter();
    link.close_inherited();
    keep_to_processors(cpus);
    return work();
  });
  // Leaves by `_exit`, so that nothing of the parent's is destroyed twice.
  std::cout.flush();
  std::fflush(nullptr);
  ::_exit(code);
}

LinkProcess::~LinkProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  reap(pid_, status);
}

LinkProcess::LinkProcess(LinkProcess&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}

LinkProcess& LinkProcess::operator=(LinkProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

void LinkProcess::signal(int number) const {
  PAPILIO_CHECK(pid_ > 0);
  ::kill(pid_, number);
}

int LinkProcess::wait() {
  PAPILIO_CHECK(pid_ > 0);
  int status = 0;
  if (!reap(std::exchange(pid_, -1), status)) {
    throw SimulationError{
        fmt::format("cannot tell how a process on a link ended: {}", std::strerror(errno))};
  }
  constexpr int kSignalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

}  // namespace papilio
