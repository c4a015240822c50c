#include "sim/engine/simulate_fleet.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>

#include "sim/base/error.hpp"
#include "sim/engine/fleet_player.hpp"
#include "sim/engine/workers.hpp"

namespace papilio {
namespace {

/// Turns a result into bytes, or bytes into a result: the same code names the parts either way.
class Packer {
 public:
  Packer() = default;
  explicit Packer(const std::string& bytes) : reading_{true}, bytes_{bytes} {}

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

void pack(Packer& packer, FleetResult& result) {
  packer.resize(result.buckets);
  for (Bucket& bucket : result.buckets) {
    packer.part(bucket.sums);
    packer.list(bucket.latencies_s);
    packer.list(bucket.mobiles);
    packer.list(bucket.choices);
  }
  packer.part(result.warm_up);
  packer.part(result.energy);
  packer.list(result.mobiles);
  packer.list(result.samples);
  packer.part(result.samples_cut);
  packer.list(result.resources);
  packer.list(result.records);
  packer.list(result.keyed);
  packer.part(result.mean_in_flight);
  packer.part(result.counted_s);
  packer.part(result.batteries_empty);
  packer.part(result.counts);
}

/// What each worker has done, in memory that all processes see.
class SharedCounts {
 public:
  struct Count {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<double> date_s{0};
  };

  explicit SharedCounts(std::size_t runs) : size_{std::max<std::size_t>(runs, 1) * sizeof(Count)} {
    void* memory =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw SimulationError{"cannot share memory with the workers"};
    counts_ = static_cast<Count*>(memory);
    for (std::size_t i = 0; i < runs; ++i) new (counts_ + i) Count;
  }
  ~SharedCounts() { ::munmap(counts_, size_); }
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;

  Count& operator[](std::size_t run) { return counts_[run]; }

 private:
  std::size_t size_;
  Count* counts_;
};

/// Simulated time or requests that one run is expected to have, whichever the scenario bounds.
double share_of_run(const FleetModel& model, const SharedCounts::Count& count) {
  double share = 0;
  if (std::isfinite(model.duration_s)) {
    share = count.date_s / model.duration_s;
  } else {
    double requests = 0;
    for (const GroupModel& group : model.groups) {
      const auto each = group.workload.process == Workload::Process::kTrace
                            ? static_cast<double>(group.workload.dates_s.size())
                            : static_cast<double>(group.workload.requests);
      requests += each * group.count;
    }
    share = requests > 0 ? static_cast<double>(count.requests) / requests : 0;
  }
  return std::min(share, 1.0);
}

}  // namespace

std::vector<FleetResult> simulate_fleet(const FleetModel& model,
                                        const SimulateFleetOptions& options) {
  const auto replications = static_cast<std::size_t>(model.replications);
  const std::size_t runs = model.strategies.size() * replications;
  std::vector<FleetResult> results(runs);
  SharedCounts counts{runs};
  const auto progress = [&] {
    if (!options.on_progress) return;
    FleetProgress sum;
    for (std::size_t i = 0; i < runs; ++i) {
      sum.share += share_of_run(model, counts[i]) / static_cast<double>(runs);
      sum.requests += counts[i].requests;
      sum.simulated_s = std::max(sum.simulated_s, counts[i].date_s.load());
    }
    options.on_progress(sum);
  };
  run_workers(
      runs,
      [&](std::size_t run) {
        FleetResult result =
            play_fleet(model, run / replications, static_cast<int>(run % replications),
                       [&](std::uint64_t requests, double date_s) {
                         counts[run].requests = requests;
                         counts[run].date_s = date_s;
                       });
        Packer packer;
        pack(packer, result);
        return packer.take();
      },
      [&](std::size_t run, const std::string& bytes) {
        Packer packer{bytes};
        pack(packer, results[run]);
        PAPILIO_CHECK(packer.finished());
      },
      {.jobs = options.jobs, .stop_requested = options.stop_requested, .on_tick = progress});
  return results;
}

}  // namespace papilio
