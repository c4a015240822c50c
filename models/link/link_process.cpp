#include "models/link/link_process.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

int told_exit_code(const char* what, ExitCode code) {
  fmt::print(stderr, "{}\n", what);
  return static_cast<int>(code);
}

int exit_code_of(const std::function<int()>& work) {
  try {
    return work();
  } catch (const ConfigError& error) {
    return told_exit_code(error.what(), ExitCode::kUserError);
  } catch (const std::exception& error) {
    return told_exit_code(error.what(), ExitCode::kSimulationError);
  }
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
    link.forget();
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
  ::waitpid(pid_, nullptr, 0);
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
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  constexpr int kSignalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

}  // namespace papilio
