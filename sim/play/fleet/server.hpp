#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "sim/play/fleet/calendar.hpp"
#include "sim/play/fleet/model.hpp"

namespace papilio {

/// What a server is asked to compute.
struct Job {
  static constexpr std::uint32_t kBackground = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t request;     ///< or kBackground
  std::uint32_t generation;  ///< of the request's attempt
  std::uint32_t kind;        ///< jobs of one kind may share a batch
  int priority;
  double service_s;  ///< alone, at K = 1
  double arrival_s;
  double begin_s;  ///< set by the server
  double time_s;   ///< from `begin_s` to its end; set by the server
  double gpu_s;    ///< its share of the batch's GPU time; set by the server
};

/// How much a server has done; integrated at every change.
struct ServerUse {
  double busy_gpu_s{0};
  double queue_seconds{0};  ///< integral of the number of waiting jobs
  double served{0};
};

/// What a server says of itself when it is asked.
struct ServerView {
  double wait_s{0};    ///< that a job would wait for a GPU; infinite when it is down
  double slowdown{1};  ///< K, and the factor of a slow time
};

/// One queue in front of some GPUs: first come first served or by priority, with dynamic batching,
/// a load level, background jobs, crashes and slow times.
class Server {
 public:
  /// @param model outlives the server
  /// @param index of the server, in its events
  Server(const ServerModel& model, std::uint32_t index, Calendar& calendar);

  /// Takes a job. @return whether it did: what comes while the server is down is lost
  bool submit(double now, Job job);
  /// A GPU's batch has ended. Appends its jobs to `ended` and begins the next.
  /// @param generation of the event, which may be of before a crash
  void end_batch(double now, std::uint32_t generation, std::vector<Job>& ended);
  /// A batch need not wait any longer.
  void begin_waiting_batch(double now);
  /// The next of the model's faults begins or ends. Appends the jobs that a crash loses to `lost`.
  void change_fault(double now, std::vector<Job>& lost);

  /// The GPU whose batch an event ends. @param generation of the event
  [[nodiscard]] static std::uint32_t gpu_of(std::uint32_t generation);
  /// Jobs that wait for a GPU.
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

  [[nodiscard]] bool down(double date) const;
  /// Whether it is down at any time from one date to another, both included.
  [[nodiscard]] bool down_within(double from, double to) const;
  [[nodiscard]] ServerView view(double now) const;
  /// Wait of a job that arrives at `date`, not before `now`, if none comes in between, as `view`
  /// has it; knows when a crashed server returns.
  [[nodiscard]] double wait_at(double now, double date) const;
  /// K(date) times the factor of a slow time that holds then.
  [[nodiscard]] double slowdown_at(double date) const;
  const ServerUse& use(double now) {
    integrate(now);
    return use_;
  }
  [[nodiscard]] int gpus() const { return model_.gpus; }

 private:
  struct Gpu {
    double end_s{0};
    std::vector<Job> batch;  // empty: idle
  };

  /// When a GPU would take a job that arrived now, if jobs went first come, first served, one by
  /// one.
  [[nodiscard]] double free_at(double now) const;
  [[nodiscard]] double batch_factor(std::size_t size) const;
  void integrate(double now);
  void begin_batches(double now);
  void begin(double now, std::size_t gpu, std::size_t count);

  const ServerModel& model_;
  std::uint32_t index_;
  Calendar& calendar_;
  std::deque<Job> queue_;
  std::vector<Gpu> gpus_;
  std::size_t busy_{0};
  std::uint32_t epoch_{0};  // counts crashes
  double batch_timer_s_{-1};
  ServerUse use_;
  double last_s_{0};
};

/// The value of a step function at a date; `before` where the first step is later.
double value_at(const std::vector<Step>& steps, double date, double before);

}  // namespace papilio
