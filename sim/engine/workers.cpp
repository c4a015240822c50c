#include "sim/engine/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// A forked process that does one task and sends the result, or an error's text, through a pipe.
class Worker {
 public:
  Worker(std::size_t task, const std::function<std::string(std::size_t)>& child) : task_{task} {
    int ends[2];
    if (::pipe(ends) != 0) fail("open a pipe");
    std::fflush(nullptr);  // what is buffered must not be printed twice
    pid_ = ::fork();
    if (pid_ < 0) fail("start a worker");
    if (pid_ == 0) {
      ::close(ends[0]);
      run_child(child, task, ends[1]);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Worker() {
    if (pipe_ >= 0) ::close(pipe_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Worker(Worker&& other) noexcept
      : task_{other.task_},
        pid_{std::exchange(other.pid_, -1)},
        pipe_{std::exchange(other.pipe_, -1)},
        received_{std::move(other.received_)} {}
  Worker& operator=(Worker&& other) noexcept {
    std::swap(task_, other.task_);
    std::swap(pid_, other.pid_);
    std::swap(pipe_, other.pipe_);
    std::swap(received_, other.received_);
    return *this;
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int pipe() const { return pipe_; }
  [[nodiscard]] std::size_t task() const { return task_; }

  /// Reads what has come. @return whether the worker has ended
  bool receive() {
    char buffer[1 << 16];
    const ssize_t count = ::read(pipe_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return false;
    if (count < 0) fail("read from a worker");
    received_.append(buffer, static_cast<std::size_t>(count));
    return count == 0;
  }

  /// Reaps the process. @return what it sent
  std::string finish() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(received_);
    if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitCode::kSimulationError)) {
      throw SimulationError{received_};
    }
    throw SimulationError{
        WIFSIGNALED(status)
            ? fmt::format("a simulation worker was killed by signal {}", WTERMSIG(status))
            : fmt::format("a simulation worker ended with exit code {}", WEXITSTATUS(status))};
  }

 private:
  [[noreturn]] static void fail(std::string_view action) {
    throw SimulationError{
        fmt::format("cannot {}: {}; fewer --jobs may help", action, std::strerror(errno))};
  }

  static void send(int fd, const void* data, std::size_t size) {
    const char* next = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t written = ::write(fd, next, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) ::_exit(1);
      next += written;
      size -= static_cast<std::size_t>(written);
    }
  }

  /// Leaves by `_exit`, so that nothing of the parent's is flushed or destroyed twice.
  [[noreturn]] static void run_child(const std::function<std::string(std::size_t)>& child,
                                     std::size_t task, int fd) {
    // Ctrl-C is for the parent, which stops its workers itself.
    ::signal(SIGINT, SIG_IGN);
    try {
      const std::string result = child(task);
      send(fd, result.data(), result.size());
      ::_exit(0);
    } catch (const std::exception& error) {
      send(fd, error.what(), std::strlen(error.what()));
      ::_exit(static_cast<int>(ExitCode::kSimulationError));
    }
  }

  std::size_t task_;
  pid_t pid_{-1};
  int pipe_{-1};
  std::string received_;
};

/// Waits until at least one worker has something to say, or a signal or a tenth of a second passed.
std::vector<pollfd> wait_for(const std::vector<Worker>& workers) {
  constexpr int kTimeoutMs = 100;
  std::vector<pollfd> waiting;
  waiting.reserve(workers.size());
  for (const Worker& worker : workers) waiting.push_back({worker.pipe(), POLLIN, 0});
  if (::poll(waiting.data(), waiting.size(), kTimeoutMs) < 0) {
    for (pollfd& entry : waiting) entry.revents = 0;
  }
  return waiting;
}

}  // namespace

void run_workers(std::size_t tasks, const std::function<std::string(std::size_t)>& child,
                 const std::function<void(std::size_t, std::string)>& done,
                 const WorkerOptions& options) {
  PAPILIO_CHECK(options.jobs >= 1);
  std::vector<Worker> workers;
  std::size_t started = 0;
  std::size_t ended = 0;
  while (ended < tasks) {
    if (options.stop_requested && options.stop_requested()) throw Interrupted{};
    while (started < tasks && workers.size() < static_cast<std::size_t>(options.jobs)) {
      workers.emplace_back(started++, child);
    }
    const std::vector<pollfd> ready = wait_for(workers);
    if (options.on_tick) options.on_tick();
    for (std::size_t i = workers.size(); i-- > 0;) {
      if (ready[i].revents == 0 || !workers[i].receive()) continue;
      const std::size_t task = workers[i].task();
      std::string result = workers[i].finish();
      workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(i));
      ++ended;
      done(task, std::move(result));
    }
  }
}

}  // namespace papilio
