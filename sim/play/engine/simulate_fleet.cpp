#include "sim/play/engine/simulate_fleet.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/process/workers.hpp"
#include "sim/play/engine/fleet_player.hpp"
#include "sim/play/engine/simgrid_module.hpp"
#include "sim/play/fleet/component.hpp"
#include "sim/play/fleet/merge.hpp"

namespace papilio {
namespace {

/// Turns a result into bytes, or bytes into a result: the same code names the parts either way.
class Packer {
 public:
  Packer() = default;
  explicit Packer(std::string bytes) : reading_{true}, bytes_{std::move(bytes)} {}

  template <class T>
  void part(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    move(&value, sizeof value);
  }
  template <class T>
  void list(std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    resize(values);
    if (!values.empty()) move(values.data(), values.size() * sizeof(T));
  }
  template <class T>
  void resize(std::vector<T>& values) {
    std::uint64_t size = values.size();
    part(size);
    if (reading_) values.resize(size);
  }

  std::string take() { return std::move(bytes_); }
  [[nodiscard]] bool finished() const { return next_ == bytes_.size(); }

 private:
  void move(void* place, std::size_t size) {
    if (reading_) {
      PAPILIO_CHECK(next_ + size <= bytes_.size());
      std::memcpy(place, bytes_.data() + next_, size);
      next_ += size;
    } else {
      bytes_.append(static_cast<const char*>(place), size);
    }
  }

  bool reading_{false};
  std::string bytes_;
  std::size_t next_{0};
};

void pack(Packer& packer, ComponentResult& result) {
  packer.resize(result.buckets);
  packer.resize(result.completed_s);
  for (std::size_t i = 0; i < result.buckets.size(); ++i) {
    Bucket& bucket = result.buckets[i];
    packer.part(bucket.sums.arrived);
    if (bucket.sums.arrived == 0) continue;  // of many groups and windows nearly all are empty
    packer.part(bucket.sums);
    packer.list(bucket.latencies_s);
    packer.list(bucket.mobiles);
    packer.list(bucket.choices);
    packer.list(result.completed_s[i]);
  }
  packer.part(result.warm_up);
  packer.list(result.mobiles);
  packer.list(result.sampled_s);
  packer.list(result.sampled);
  packer.part(result.samples_cut);
  packer.list(result.totals);
  packer.list(result.records);
  packer.list(result.keyed);
  packer.part(result.in_flight_s);
  packer.part(result.batteries_empty);
  packer.part(result.end_s);
  packer.part(result.requests);
  packer.part(result.events);
}

/// A component that has been played, and the worker when it had.
struct Played {
  ComponentResult result;
  PlayTimes took;
  std::uint64_t peak_memory_bytes{0};
};

std::uint64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  constexpr std::uint64_t kKibibyte = 1024;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * kKibibyte;
}

/// In the worker.
std::string packed(ComponentResult result, PlayTimes took) {
  Packer packer;
  pack(packer, result);
  packer.part(took);
  std::uint64_t peak = peak_memory_bytes();
  packer.part(peak);
  return packer.take();
}

/// In the program.
Played unpacked(std::string bytes) {
  Played played;
  Packer packer{std::move(bytes)};
  pack(packer, played.result);
  packer.part(played.took);
  packer.part(played.peak_memory_bytes);
  PAPILIO_CHECK(packer.finished());
  return played;
}

/// What each worker has done, in memory that all processes see.
class SharedCounts {
 public:
  struct Count {
    std::atomic<double> share{0};  ///< of its components, in 0..1
    std::atomic<std::uint64_t> requests{0};
    std::atomic<double> date_s{0};
  };

  explicit SharedCounts(std::size_t count)
      : size_{std::max<std::size_t>(count, 1) * sizeof(Count)} {
    void* memory =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw SimulationError{"cannot share memory with the workers"};
    counts_ = static_cast<Count*>(memory);
    for (std::size_t i = 0; i < count; ++i) new (counts_ + i) Count;
  }
  ~SharedCounts() { ::munmap(counts_, size_); }
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;

  Count& operator[](std::size_t i) { return counts_[i]; }

 private:
  std::size_t size_;
  Count* counts_;
};

/// The share of a component that has been played: of its simulated time or of the requests that it
/// is expected to have, whichever the scenario bounds.
double share_of(const FleetModel& model, const FleetComponent& component, std::uint64_t requests,
                double date_s) {
  double share = 0;
  if (std::isfinite(model.duration_s)) {
    share = date_s / model.duration_s;
  } else {
    double expected = 0;
    std::uint32_t first = 0;  // number of the group's first mobile
    for (const GroupModel& group : model.groups) {
      const auto each = group.workload.process == Workload::Process::kTrace
                            ? static_cast<double>(group.workload.dates_s.size())
                            : static_cast<double>(group.workload.requests);
      expected += each * static_cast<double>(component.mobiles_in(first, first + group.count));
      first += group.count;
    }
    share = expected > 0 ? static_cast<double>(requests) / expected : 0;
  }
  return std::min(share, 1.0);
}

/// All runs of a fleet. A run's components are dealt out to workers in turn, the first to the
/// first, so that these come back nearly in their order; each is merged when those before it have
/// been, whoever played it.
class FleetRuns {
 public:
  FleetRuns(const FleetModel& model, int jobs, const FleetTrace* trace)
      : model_{model},
        trace_{trace},
        replications_{static_cast<std::size_t>(model.replications)},
        runs_{model.strategies.size() * replications_},
        components_{components_of(model)},
        workers_{std::clamp<std::size_t>((static_cast<std::size_t>(jobs) + runs_ - 1) / runs_, 1,
                                         components_.size())},
        counts_{tasks()},
        results_(runs_) {}

  /// Every worker of every run.
  [[nodiscard]] std::size_t tasks() const { return runs_ * workers_; }

  /// In the worker: plays what is the task's.
  std::string play(std::size_t task, const Workers::Send& send) {
    std::vector<const FleetComponent*> own;
    for (std::size_t c = task % workers_; c < components_.size(); c += workers_) {
      own.push_back(&components_[c]);
    }
    const std::size_t run = task / workers_;
    const auto all = static_cast<double>(own.size());
    std::size_t played = 0;
    std::uint64_t requests = 0;  // of those
    SharedCounts::Count& count = counts_[task];
    std::string last;
    const auto watch = [&](std::size_t place) {
      return recorder_of(run, task % workers_ + place * workers_);
    };
    play_fleet({model_, run / replications_, static_cast<int>(run % replications_), own, watch},
               {.on_result =
                    [&](ComponentResult result, const PlayTimes& took) {
                      requests += result.requests;
                      count.requests = requests;
                      count.share = static_cast<double>(++played) / all;
                      last = packed(std::move(result), took);
                      if (played < own.size()) send(last);
                    },
                .on_stride =
                    [&](std::uint64_t ended, double date_s) {
                      count.requests = requests + ended;
                      count.date_s = std::max(count.date_s.load(), date_s);
                      count.share = (static_cast<double>(played) +
                                     share_of(model_, *own[played], ended, date_s)) /
                                    all;
                    }});
    return last;
  }

  /// In the program: takes what a task has sent or returned.
  void take(std::size_t task, std::string bytes) {
    Played played = unpacked(std::move(bytes));
    Run& run = open_[task / workers_];
    if (!run.merge) {
      run.merge.emplace(model_);
      run.workers.resize(workers_);
    }
    Run::Worker& worker = run.workers[task % workers_];
    worker.set_up_s += played.took.set_up_s;
    worker.wall_s += played.took.wall_s;
    worker.peak_memory_bytes = played.peak_memory_bytes;
    run.waiting.emplace(task % workers_ + worker.played++ * workers_, std::move(played.result));
    while (!run.waiting.empty() && run.waiting.begin()->first == run.merged) {
      run.merge->add(components_[run.merged++], std::move(run.waiting.begin()->second));
      run.waiting.erase(run.waiting.begin());
    }
    if (run.merged == components_.size()) finish(task / workers_);
  }

  [[nodiscard]] FleetProgress progress() {
    FleetProgress sum;
    for (std::size_t i = 0; i < tasks(); ++i) {
      sum.share += counts_[i].share / static_cast<double>(tasks());
      sum.requests += counts_[i].requests;
      sum.simulated_s = std::max(sum.simulated_s, counts_[i].date_s.load());
    }
    return sum;
  }

  std::vector<FleetResult> results() { return std::move(results_); }

 private:
  /// A run of which something has come.
  struct Run {
    struct Worker {
      std::size_t played{0};
      double set_up_s{0};
      double wall_s{0};
      std::uint64_t peak_memory_bytes{0};
    };
    std::optional<FleetMerge> merge;
    std::size_t merged{0};
    std::map<std::size_t, ComponentResult> waiting;  // for those before them
    std::vector<Worker> workers;
  };

  /// Whether a component has mobiles that are drawn.
  [[nodiscard]] bool drawn(const FleetComponent& component) const {
    return component.mobiles_in(0, trace_->sample.mobiles) > 0;
  }

  /// What draws a component of a run; null: nobody.
  [[nodiscard]] std::unique_ptr<SpanSink> recorder_of(std::size_t run,
                                                      std::size_t component) const {
    const std::size_t strategy = run / replications_;
    if (trace_ == nullptr || !trace_->draws(strategy, static_cast<int>(run % replications_)) ||
        !drawn(components_[component])) {
      return nullptr;
    }
    const auto drawn_ones = static_cast<std::uint64_t>(
        std::count_if(components_.begin(), components_.end(),
                      [&](const FleetComponent& one) { return drawn(one); }));
    const std::uint64_t strategies = trace_->strategy ? 1 : model_.strategies.size();
    TraceSample sample = trace_->sample;
    sample.most_events = std::max<std::uint64_t>(1, sample.most_events / (drawn_ones * strategies));
    return std::make_unique<Recorder>(
        model_, sample, TracePlace{strategy, component, components_.size()},
        [spool = trace_->spool, run, component](const std::string& text) {
          spool->write(run, component, text);
        });
  }

  void finish(std::size_t number) {
    Run run = std::move(open_.extract(number).mapped());
    FleetResult& result = results_[number];
    result = run.merge->finish();
    for (const Run::Worker& worker : run.workers) {
      if (worker.set_up_s + worker.wall_s > result.counts.set_up_s + result.counts.wall_s) {
        result.counts.set_up_s = worker.set_up_s;
        result.counts.wall_s = worker.wall_s;
      }
      result.counts.peak_memory_bytes += worker.peak_memory_bytes;
    }
  }

  const FleetModel& model_;
  const FleetTrace* trace_;
  std::size_t replications_;
  std::size_t runs_;
  std::vector<FleetComponent> components_;
  std::size_t workers_;  // of a run
  SharedCounts counts_;
  std::map<std::size_t, Run> open_;
  std::vector<FleetResult> results_;
};

}  // namespace

std::vector<FleetResult> simulate_fleet(const FleetModel& model,
                                        const SimulateFleetOptions& options) {
  FleetRuns runs{model, options.jobs, options.trace};
  simgrid_module();  // which the workers share
  run_workers(
      runs.tasks(),
      [&](std::size_t task, const Workers::Send& send) { return runs.play(task, send); },
      [&](std::size_t task, std::string bytes) { runs.take(task, std::move(bytes)); },
      {.jobs = options.jobs, .stop_requested = options.stop_requested, .on_tick = [&] {
         if (options.on_progress) options.on_progress(runs.progress());
       }});
  return runs.results();
}

}  // namespace papilio
