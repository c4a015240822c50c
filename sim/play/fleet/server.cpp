#include "sim/play/fleet/server.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::uint32_t kGpuBits = 16;
constexpr std::uint32_t kGpuMask = (1U << kGpuBits) - 1;

}  // namespace

double value_at(const std::vector<Step>& steps, double date, double before) {
  double value = before;
  for (const Step& step : steps) {
    if (step.from_s > date) break;
    value = step.value;
  }
  return value;
}

Server::Server(const ServerModel& model, std::uint32_t index, Calendar& calendar)
    : model_{model},
      index_{index},
      calendar_{calendar},
      gpus_(static_cast<std::size_t>(model.gpus)) {
  PAPILIO_CHECK(gpus_.size() <= kGpuMask);
  for (const ServerFault& fault : model.faults) {
    calendar_.push(fault.from_s, EventKind::kServerFault, index, 0);
    calendar_.push(fault.to_s, EventKind::kServerFault, index, 0);
  }
}

std::uint32_t Server::gpu_of(std::uint32_t generation) {
  return generation & kGpuMask;
}

bool Server::down(double date) const {
  return down_within(date, date);
}

bool Server::down_within(double from, double to) const {
  return std::any_of(model_.faults.begin(), model_.faults.end(), [&](const ServerFault& fault) {
    return fault.slowdown == 0 && to >= fault.from_s && from < fault.to_s;
  });
}

double Server::slowdown_at(double date) const {
  double factor = value_at(model_.load_levels, date, 1);
  for (const ServerFault& fault : model_.faults) {
    if (fault.slowdown > 0 && date >= fault.from_s && date < fault.to_s) factor *= fault.slowdown;
  }
  return factor;
}

void Server::integrate(double now) {
  const double elapsed = now - last_s_;
  if (elapsed <= 0) return;
  last_s_ = now;
  use_.busy_gpu_s += elapsed * static_cast<double>(busy_);
  use_.queue_seconds += elapsed * static_cast<double>(queue_.size());
}

bool Server::submit(double now, Job job) {
  if (!model_.faults.empty() && down(now)) return false;
  integrate(now);
  job.arrival_s = now;
  if (model_.priority) {
    const auto place =
        std::upper_bound(queue_.begin(), queue_.end(), job,
                         [](const Job& a, const Job& b) { return a.priority < b.priority; });
    queue_.insert(place, job);
  } else {
    queue_.push_back(job);
  }
  if (busy_ < gpus_.size()) begin_batches(now);
  return true;
}

void Server::begin_batches(double now) {
  for (std::size_t gpu = 0; gpu < gpus_.size() && !queue_.empty(); ++gpu) {
    if (!gpus_[gpu].batch.empty()) continue;
    std::size_t count = 1;
    const Job& first = queue_.front();
    if (model_.batch_size > 1 && first.request != Job::kBackground) {
      const auto most = static_cast<std::size_t>(model_.batch_size);
      count = 0;
      for (const Job& job : queue_) {
        if (job.request != Job::kBackground && job.kind == first.kind && ++count == most) break;
      }
      const double ready = first.arrival_s + model_.batch_delay_s;
      // The batches and jobs behind it wait with it: one queue has one head.
      if (count < most && now < ready) {
        if (batch_timer_s_ != ready) {
          batch_timer_s_ = ready;
          calendar_.push(ready, EventKind::kServerBatch, index_, 0);
        }
        return;
      }
    }
    begin(now, gpu, count);
  }
}

double Server::batch_factor(std::size_t size) const {
  const auto n = static_cast<double>(size);
  const std::vector<BatchFactor>& table = model_.batch_factors;
  if (table.empty()) return n;
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (n > table[i].size) continue;
    const double share = (n - table[i - 1].size) / (table[i].size - table[i - 1].size);
    return table[i - 1].factor + share * (table[i].factor - table[i - 1].factor);
  }
  return table.back().factor * n / table.back().size;
}

void Server::begin(double now, std::size_t gpu, std::size_t count) {
  std::vector<Job>& batch = gpus_[gpu].batch;
  const std::uint32_t kind = queue_.front().kind;
  const bool background = queue_.front().request == Job::kBackground;
  double service_s = 0;
  for (auto job = queue_.begin(); job != queue_.end() && batch.size() < count;) {
    if (count > 1 && (job->kind != kind || (job->request == Job::kBackground) != background)) {
      ++job;
      continue;
    }
    service_s += job->service_s;
    batch.push_back(*job);
    if (job == queue_.begin()) {  // nearly always, and an erasure anywhere costs more
      queue_.pop_front();
      job = queue_.begin();
    } else {
      job = queue_.erase(job);
    }
  }
  const auto n = static_cast<double>(count);
  double time_s = count == 1 ? service_s : service_s / n * batch_factor(count);
  if (!model_.load_levels.empty() || !model_.faults.empty()) time_s *= slowdown_at(now);
  for (Job& job : batch) {
    job.begin_s = now;
    job.time_s = time_s;
    job.gpu_s = time_s / n;
  }
  gpus_[gpu].end_s = now + time_s;
  ++busy_;
  calendar_.push(gpus_[gpu].end_s, EventKind::kServerDone, index_,
                 (epoch_ << kGpuBits) | static_cast<std::uint32_t>(gpu));
}

void Server::end_batch(double now, std::uint32_t generation, std::vector<Job>& ended) {
  if (generation >> kGpuBits != (epoch_ & kGpuMask)) return;
  integrate(now);
  Gpu& gpu = gpus_[generation & kGpuMask];
  ended.insert(ended.end(), gpu.batch.begin(), gpu.batch.end());
  use_.served += static_cast<double>(gpu.batch.size());
  gpu.batch.clear();
  --busy_;
  if (!queue_.empty()) begin_batches(now);
}

void Server::begin_waiting_batch(double now) {
  integrate(now);
  begin_batches(now);
}

void Server::change_fault(double now, std::vector<Job>& lost) {
  integrate(now);
  if (!down(now)) return;
  lost.insert(lost.end(), queue_.begin(), queue_.end());
  queue_.clear();
  for (Gpu& gpu : gpus_) {
    lost.insert(lost.end(), gpu.batch.begin(), gpu.batch.end());
    gpu.batch.clear();
  }
  busy_ = 0;
  ++epoch_;
}

double Server::free_at(double now) const {
  std::vector<double> free_s;
  free_s.reserve(gpus_.size());
  for (const Gpu& gpu : gpus_) free_s.push_back(gpu.batch.empty() ? now : gpu.end_s);
  std::make_heap(free_s.begin(), free_s.end(), std::greater{});
  const double slowdown = slowdown_at(now);
  for (const Job& job : queue_) {
    std::pop_heap(free_s.begin(), free_s.end(), std::greater{});
    free_s.back() += job.service_s * slowdown;
    std::push_heap(free_s.begin(), free_s.end(), std::greater{});
  }
  return free_s.front();
}

ServerView Server::view(double now) const {
  if (down(now)) return {std::numeric_limits<double>::infinity(), 1};
  return {free_at(now) - now, slowdown_at(now)};
}

double Server::wait_at(double now, double date) const {
  if (down(date)) return std::numeric_limits<double>::infinity();  // it would be lost
  if (down(now)) return 0;                                         // it returns with nothing to do
  return std::max(0.0, free_at(now) - date);
}

}  // namespace papilio
