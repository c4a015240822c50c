#include "sim/engine/simulate.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <span>
#include <string_view>
#include <type_traits>

#include "sim/base/error.hpp"
#include "sim/engine/batch.hpp"

namespace papilio {
namespace {

// One engine plays at most this many worlds.
constexpr std::size_t kBatchSize = 32;
// Worlds that share an engine share its clock, whose last digit is relative to the longest of them:
// so their latencies lie within this factor.
constexpr double kBatchSpread = 100;
// How far the simulation may be from the closed form where nothing contends (ADR 0003).
constexpr double kAgreement = 1e-9;

static_assert(std::is_trivially_copyable_v<PlayedRequest>,
              "results travel through a pipe as bytes");

/// Positions of the worlds that one engine plays.
using Batch = std::vector<std::size_t>;

/// Batches of worlds of similar latency. They depend on the worlds alone, so neither does any
/// rounding depend on the number of workers.
std::vector<Batch> batches_of(const std::vector<Seconds>& latencies) {
  std::vector<std::size_t> order(latencies.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return latencies[a] < latencies[b]; });
  std::vector<Batch> batches;
  for (const std::size_t world : order) {
    const bool fits = !batches.empty() && batches.back().size() < kBatchSize &&
                      latencies[world] <= latencies[batches.back().front()] * kBatchSpread;
    if (!fits) batches.emplace_back();
    batches.back().push_back(world);
  }
  return batches;
}

/// A forked process that plays one batch and sends the results, or an error's text, through a pipe.
class Worker {
 public:
  Worker(const std::vector<World>& worlds, Batch batch) : batch_{std::move(batch)} {
    int ends[2];
    if (::pipe(ends) != 0) fail("open a pipe");
    std::fflush(nullptr);  // what is buffered must not be printed twice
    pid_ = ::fork();
    if (pid_ < 0) fail("start a worker");
    if (pid_ == 0) {
      ::close(ends[0]);
      std::vector<World> own;
      for (const std::size_t world : batch_) own.push_back(worlds[world]);
      run_child(own, ends[1]);
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
      : batch_{std::move(other.batch_)},
        pid_{std::exchange(other.pid_, -1)},
        pipe_{std::exchange(other.pipe_, -1)},
        received_{std::move(other.received_)} {}
  Worker& operator=(Worker&& other) noexcept {
    std::swap(batch_, other.batch_);
    std::swap(pid_, other.pid_);
    std::swap(pipe_, other.pipe_);
    std::swap(received_, other.received_);
    return *this;
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] int pipe() const { return pipe_; }
  [[nodiscard]] std::size_t size() const { return batch_.size(); }

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
    const std::size_t expected = size() * sizeof(PlayedRequest);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && received_.size() == expected) {
      const char* next = received_.data();
      for (const std::size_t world : batch_) {
        std::memcpy(&results[world], next, sizeof(PlayedRequest));
        next += sizeof(PlayedRequest);
      }
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

  Batch batch_;
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
  std::vector<Seconds> expected;
  expected.reserve(worlds.size());
  for (const World& world : worlds) {
    expected.push_back(closed_form(world.demand, world.use).latency());
    if (!std::isfinite(expected.back().value())) {
      throw SimulationError{"a request would take for ever: a rate or a time is out of all range"};
    }
  }
  const std::vector<Batch> batches = batches_of(expected);
  std::vector<PlayedRequest> results(worlds.size());
  std::vector<Worker> workers;
  std::size_t next = 0;
  std::size_t done = 0;
  while (done < worlds.size()) {
    if (options.stop_requested && options.stop_requested()) throw Interrupted{};
    while (next < batches.size() && workers.size() < static_cast<std::size_t>(options.jobs)) {
      workers.emplace_back(worlds, batches[next++]);
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
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const double difference = std::abs((results[i].breakdown.latency() - expected[i]).value());
    if (difference > kAgreement * expected[i].value()) {
      throw SimulationError{
          fmt::format("request {}: simulated {} s where the closed form has {} s; the model of the "
                      "network does not hold for these numbers",
                      i, results[i].breakdown.latency().value(), expected[i].value())};
    }
  }
  return results;
}

}  // namespace papilio
