#include "sim/engine/simulate.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "sim/base/error.hpp"
#include "sim/engine/batch.hpp"

namespace papilio {
namespace {

// One engine plays this many worlds. Fixed, so that the worlds that share an engine, and with it
// every rounding, do not depend on the number of workers.
constexpr std::size_t kBatchSize = 32;

static_assert(std::is_trivially_copyable_v<PlayedRequest>,
              "results travel through a pipe as bytes");

/// A forked process that plays one batch and sends the results, or an error's text, through a pipe.
class Worker {
 public:
  Worker(std::span<const World> worlds, std::size_t first) : first_{first}, size_{worlds.size()} {
    int ends[2];
    if (::pipe(ends) != 0) fail("open a pipe");
    std::fflush(nullptr);  // what is buffered must not be printed twice
    pid_ = ::fork();
    if (pid_ < 0) fail("start a worker");
    if (pid_ == 0) {
      ::close(ends[0]);
      run_child(worlds, ends[1]);
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
      : first_{other.first_},
        size_{other.size_},
        pid_{std::exchange(other.pid_, -1)},
        pipe_{std::exchange(other.pipe_, -1)},
        received_{std::move(other.received_)} {}
  Worker& operator=(Worker&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(size_, other.size_);
    std::swap(pid_, other.pid_);
    std::swap(pipe_, other.pipe_);
    std::swap(received_, other.received_);
    return *this;
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int pipe() const { return pipe_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Reads what has come. @return whether the worker has ended
  bool receive() {
    char buffer[1 << 16];
    const ssize_t count = ::read(pipe_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return false;
    if (count < 0) fail("read from a worker");
    received_.append(buffer, static_cast<std::size_t>(count));
    return count == 0;
  }

  /// Reaps the process and stores its results.
  void finish(std::vector<PlayedRequest>& results) {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    const std::size_t expected = size_ * sizeof(PlayedRequest);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && received_.size() == expected) {
      std::memcpy(&results[first_], received_.data(), expected);
      return;
    }
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
    throw SimulationError{fmt::format("cannot {}: {}", action, std::strerror(errno))};
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
  [[noreturn]] static void run_child(std::span<const World> worlds, int fd) {
    // Ctrl-C is for the parent, which stops its workers itself.
    ::signal(SIGINT, SIG_IGN);
    try {
      const std::vector<PlayedRequest> played = play_batch(worlds);
      send(fd, played.data(), played.size() * sizeof(PlayedRequest));
      ::_exit(0);
    } catch (const std::exception& error) {
      send(fd, error.what(), std::strlen(error.what()));
      ::_exit(static_cast<int>(ExitCode::kSimulationError));
    }
  }

  std::size_t first_;
  std::size_t size_;
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

std::vector<PlayedRequest> simulate(const std::vector<World>& worlds,
                                    const SimulateOptions& options) {
  PAPILIO_CHECK(options.jobs >= 1);
  std::vector<PlayedRequest> results(worlds.size());
  std::vector<Worker> workers;
  std::size_t next = 0;
  std::size_t done = 0;
  while (done < worlds.size()) {
    if (options.stop_requested && options.stop_requested()) throw Interrupted{};
    while (next < worlds.size() && workers.size() < static_cast<std::size_t>(options.jobs)) {
      const std::size_t size = std::min(kBatchSize, worlds.size() - next);
      workers.emplace_back(std::span{worlds}.subspan(next, size), next);
      next += size;
    }
    const std::vector<pollfd> ready = wait_for(workers);
    for (std::size_t i = workers.size(); i-- > 0;) {
      if (ready[i].revents == 0 || !workers[i].receive()) continue;
      workers[i].finish(results);
      done += workers[i].size();
      workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(i));
      if (options.on_progress) options.on_progress(done);
    }
  }
  return results;
}

}  // namespace papilio
