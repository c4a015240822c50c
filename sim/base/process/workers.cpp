#include "sim/base/process/workers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"

namespace papilio {

/// A forked process that does one task and sends the result, or an error's text, through a pipe:
/// each part behind its length, and what comes last behind `kLast`.
class Workers::Worker {
 public:
  Worker(std::size_t task, const Child& child) : task_{task} {
    int ends[2];
    // Programs that another thread starts meanwhile must not hold its end open.
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("open a pipe");
    std::fflush(nullptr);  // what is buffered must not be printed twice
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
      const int why = errno;
      ::close(ends[0]);
      ::close(ends[1]);
      errno = why;
      fail("start a worker");
    }
    if (pid_ == 0) {
      ::close(ends[0]);
      run_child(child, ends[1], parent);
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
        last_{other.last_},
        received_{std::move(other.received_)} {}
  Worker& operator=(Worker&& other) noexcept {
    std::swap(task_, other.task_);
    std::swap(pid_, other.pid_);
    std::swap(pipe_, other.pipe_);
    std::swap(last_, other.last_);
    std::swap(received_, other.received_);
    return *this;
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int pipe() const { return pipe_; }

  /// Reads what has come and takes the parts out of it. @return whether the worker has ended
  bool receive(std::vector<Part>& parts) {
    char buffer[1 << 16];
    const ssize_t count = ::read(pipe_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return false;
    if (count < 0) fail("read from a worker");
    received_.append(buffer, static_cast<std::size_t>(count));
    take_parts(parts);
    return count == 0;
  }

  /// Reaps the process.
  Ended finish() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    using How = Ended::How;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      return {task_, How::kDone, std::move(received_)};
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitCode::kSimulationError)) {
      return {task_, How::kThrew, std::move(received_)};
    }
    return {task_, How::kLost,
            WIFSIGNALED(status)
                ? fmt::format("a simulation worker was killed by signal {}", WTERMSIG(status))
                : fmt::format(
                      "a simulation worker lacked memory or lost its own workers (exit code {})",
                      WEXITSTATUS(status))};
  }

 private:
  using Length = std::uint64_t;
  static constexpr Length kLast = std::numeric_limits<Length>::max();

  void take_parts(std::vector<Part>& parts) {
    while (!last_ && received_.size() >= sizeof(Length)) {
      Length length = 0;
      std::memcpy(&length, received_.data(), sizeof length);
      last_ = length == kLast;
      if (!last_ && received_.size() - sizeof length < length) return;
      received_.erase(0, sizeof length);
      if (last_) return;
      parts.push_back({task_, received_.substr(0, length)});
      received_.erase(0, length);
    }
  }

  [[noreturn]] static void fail(std::string_view action) {
    throw WorkerLost{
        fmt::format("cannot {}: {}; fewer --jobs may help", action, std::strerror(errno))};
  }

  static void send(int fd, const void* data, std::size_t size) {
    const char* next = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t written = ::write(fd, next, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) ::_exit(kLostExit);
      next += written;
      size -= static_cast<std::size_t>(written);
    }
  }

  /// Of a worker that is as good as killed.
  static constexpr int kLostExit = 1;

  /// Leaves by `_exit`, so that nothing of the parent's is flushed or destroyed twice.
  [[noreturn]] static void run_child(const Child& child, int fd, pid_t parent) {
    // Ctrl-C is for the parent, which stops its workers itself; without it they have no reader.
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGTERM, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(kLostExit);
    const auto send_behind = [&](Length head, const char* data, std::size_t size) {
      send(fd, &head, sizeof head);
      send(fd, data, size);
    };
    try {
      const std::string result = child(
          [&](const std::string& part) { send_behind(part.size(), part.data(), part.size()); });
      send_behind(kLast, result.data(), result.size());
      ::_exit(0);
    } catch (const WorkerLost&) {
      ::_exit(kLostExit);
    } catch (const std::bad_alloc&) {
      ::_exit(kLostExit);
    } catch (const std::exception& error) {
      send_behind(kLast, error.what(), std::strlen(error.what()));
      ::_exit(static_cast<int>(ExitCode::kSimulationError));
    }
  }

  std::size_t task_;
  pid_t pid_{-1};
  int pipe_{-1};
  bool last_{false};  // what comes now is the result
  std::string received_;
};

Workers::Workers(int jobs) : jobs_{jobs} {
  PAPILIO_CHECK(jobs >= 1);
}

Workers::~Workers() = default;

bool Workers::full() const {
  return workers_.size() >= static_cast<std::size_t>(jobs_);
}

void Workers::start(std::size_t task, const Child& child) {
  workers_.emplace_back(task, child);
}

Workers::News Workers::wait() {
  constexpr int kTimeoutMs = 100;
  std::vector<pollfd> waiting;
  waiting.reserve(workers_.size());
  for (const Worker& worker : workers_) waiting.push_back({worker.pipe(), POLLIN, 0});
  if (::poll(waiting.data(), waiting.size(), kTimeoutMs) < 0) {
    for (pollfd& entry : waiting) entry.revents = 0;
  }
  News news;
  for (std::size_t i = workers_.size(); i-- > 0;) {
    if (waiting[i].revents == 0 || !workers_[i].receive(news.parts)) continue;
    news.ended.push_back(workers_[i].finish());
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return news;
}

void run_workers(std::size_t tasks,
                 const std::function<std::string(std::size_t, const Workers::Send&)>& child,
                 const std::function<void(std::size_t, std::string)>& done,
                 const WorkerOptions& options) {
  Workers workers{options.jobs};
  std::size_t started = 0;
  while (started < tasks || !workers.idle()) {
    if (options.stop_requested && options.stop_requested()) throw Interrupted{};
    while (started < tasks && !workers.full()) {
      const std::size_t task = started++;
      workers.start(task, [&](const Workers::Send& send) { return child(task, send); });
    }
    Workers::News news = workers.wait();
    if (options.on_tick) options.on_tick();
    for (Workers::Part& part : news.parts) done(part.task, std::move(part.bytes));
    for (Workers::Ended& one : news.ended) {
      if (one.how == Workers::Ended::How::kLost) throw WorkerLost{one.bytes};
      if (one.how == Workers::Ended::How::kThrew) throw SimulationError{one.bytes};
      done(one.task, std::move(one.bytes));
    }
  }
}

}  // namespace papilio
