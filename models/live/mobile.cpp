#include "models/live/mobile.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace papilio {

class LiveMobile::Run {
 public:
  Run(LiveMobile& mobile, const std::vector<LiveRequest>& requests, const Choose& choose,
      const Sink& sink, const std::function<bool()>& stop)
      : link_{mobile.link_},
        half_{mobile.half_},
        offer_{mobile.offer_},
        options_{mobile.options_},
        requests_{requests},
        choose_{choose},
        sink_{sink},
        stop_{stop} {}
  /// Nothing that is on its way may come back to what is gone.
  ~Run() {
    std::unique_lock lock{mutex_};
    if (outstanding_ > 0) {  // after an error, or when it was to stop
      lock.unlock();
      link_.cancel();
      lock.lock();
    }
    came_.wait(lock, [this] { return outstanding_ == 0; });
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void play() {
    for (;;) {
      for (auto& [number, reply] : arrived()) take(number, std::move(reply));
      if (stop_ && stop_()) return;
      if (!fallen_.empty()) {
        fall_back();
        continue;
      }
      const bool more = next_ < requests_.size();
      if (!more && on_their_way_.empty()) return;
      if (more && on_their_way_.size() <= options_.overlap) {
        const double due_s = requests_[next_].arrival_s.value_or(0);
        if (now_s() >= due_s) {
          begin(next_++);
          continue;
        }
        wait_until(due_s);
        continue;
      }
      wait_for_reply();
    }
  }

 private:
  [[nodiscard]] double date_of(std::int64_t ns) const {
    constexpr double kSeconds = 1e-9;
    return static_cast<double>(ns - start_ns_) * kSeconds;
  }
  [[nodiscard]] double now_s() const { return date_of(clock_ns()); }
  [[nodiscard]] double energy_j() const {
    return options_.energy_j ? options_.energy_j() : std::numeric_limits<double>::quiet_NaN();
  }

  using Replies = std::vector<std::pair<std::size_t, CloudReply>>;
  Replies arrived() {
    const std::lock_guard lock{mutex_};
    return std::exchange(replies_, {});
  }
  void wait_for_reply() {
    // Not for ever: who asks to stop must be heard.
    constexpr std::chrono::milliseconds kPatience{200};
    std::unique_lock lock{mutex_};
    came_.wait_for(lock, kPatience, [this] { return !replies_.empty(); });
  }
  void wait_until(double date_s) {
    constexpr double kPatience = 0.2;
    std::unique_lock lock{mutex_};
    const double wait_s = std::min(kPatience, date_s - now_s());
    came_.wait_for(lock, std::chrono::duration<double>{wait_s},
                   [this] { return !replies_.empty(); });
  }

  void begin(std::size_t number) {
    const LiveRequest& request = requests_[number];
    LiveRecord record{.number = number, .picture = request.picture};
    record.begun_s = now_s();
    record.arrival_s = request.arrival_s.value_or(record.begun_s);
    record.queue_s = record.begun_s - record.arrival_s;
    record.part = choose_();
    if (!record.part) {
      compute_alone(record, record.begun_s);
      const double ended_s = record.begun_s + record.local_s;
      end(std::move(record), ended_s);
      return;
    }
    const double energy_before_j = energy_j();
    MobileWork work = half_.prepare(*record.part, request.picture);
    record.compute_j = energy_j() - energy_before_j;
    record.prefix_s = work.prefix_s;
    record.encode_s = work.encode_s;
    record.frame_bytes = work.frame.size();
    record.sent_s = now_s();
    record.mobile_s = record.sent_s - record.begun_s;
    on_their_way_.emplace(number, std::move(record));
    const auto done = [this, number](CloudReply reply) {
      const std::lock_guard lock{mutex_};
      --outstanding_;
      came_.notify_one();
      replies_.emplace_back(number, std::move(reply));
    };
    {
      const std::lock_guard lock{mutex_};
      ++outstanding_;
    }
    try {
      link_.send({.part = &offer_.parts.at(*on_their_way_.at(number).part),
                  .id = number,
                  .codec = std::move(work.codec),
                  .frame = std::move(work.frame),
                  .deadline_s = options_.deadline_s,
                  .scores = options_.scores,
                  .connected_only = options_.fallback},
                 done);
    } catch (...) {
      const std::lock_guard lock{mutex_};
      --outstanding_;
      throw;
    }
  }

  /// The network on the mobile. @param since_s when the mobile turned to it
  void compute_alone(LiveRecord& record, double since_s) {
    const double energy_before_j = energy_j();
    LocalAnswer answer = half_.compute(record.picture, options_.scores);
    const double used_j = energy_j() - energy_before_j;
    record.compute_j = std::isnan(record.compute_j) ? used_j : record.compute_j + used_j;
    record.local_s = now_s() - since_s;
    record.mobile_s += record.local_s;
    record.top = answer.top;
    record.scores = std::move(answer.scores);
  }

  void take(std::size_t number, CloudReply reply) {
    LiveRecord record = std::move(on_their_way_.at(number));
    on_their_way_.erase(number);
    const double arrived_s = date_of(reply.arrived_ns);
    if (!reply.failure.empty()) {
      record.failure = std::move(reply.failure);
      record.mismatch = reply.mismatch;
      record.recovery_s = arrived_s - record.sent_s;
      if (options_.fallback) {
        fallen_.push_back(std::move(record));
      } else {
        record.end = LiveEnd::kFailed;
        end(std::move(record), arrived_s);
      }
      return;
    }
    record.top = reply.top;
    record.scores = std::move(reply.scores);
    // Two clocks need not agree to the last microsecond; the parts sum to the whole by this one's.
    const double elapsed_s = std::max(0.0, arrived_s - record.sent_s);
    record.wait_s = std::clamp(reply.queue_s, 0.0, elapsed_s);
    record.service_s = std::clamp(reply.service_s, 0.0, elapsed_s - record.wait_s);
    record.decode_s = reply.decode_s;
    record.restore_s = reply.restore_s;
    record.compute_s = reply.compute_s;
    record.batch = reply.batch;
    record.answer_bytes = reply.answer_bytes;
    const double away_s = std::max(0.0, elapsed_s - record.wait_s - record.service_s);
    record.uplink_s = reply.received_ns != 0 ? date_of(reply.received_ns) - record.sent_s
                                             : away_s - options_.half_round_trip_s;
    record.uplink_s = std::clamp(record.uplink_s, 0.0, away_s);
    record.downlink_s = away_s - record.uplink_s;
    end(std::move(record), arrived_s);
  }

  void fall_back() {
    LiveRecord record = std::move(fallen_.front());
    fallen_.pop_front();
    const double begun_s = now_s();
    record.recovery_s = begun_s - record.sent_s;
    compute_alone(record, begun_s);
    record.end = LiveEnd::kFellBack;
    const double ended_s = begun_s + record.local_s;
    end(std::move(record), ended_s);
  }

  void end(LiveRecord record, double date_s) {
    record.ended_s = date_s;
    record.latency_s = date_s - record.arrival_s;
    record.late = record.latency_s > options_.deadline_s;
    sink_(std::move(record));
  }

  CloudLink& link_;
  MobileHalf& half_;
  const LiveOffer& offer_;
  const MobileOptions& options_;
  const std::vector<LiveRequest>& requests_;
  const Choose& choose_;
  const Sink& sink_;
  const std::function<bool()>& stop_;

  std::int64_t start_ns_{clock_ns()};
  std::size_t next_{0};
  std::map<std::size_t, LiveRecord> on_their_way_;
  std::deque<LiveRecord> fallen_;  // what the server failed at

  std::mutex mutex_;  // of what follows
  std::condition_variable came_;
  Replies replies_;
  std::size_t outstanding_{0};
};

LiveMobile::LiveMobile(CloudLink& link, MobileHalf& half, const LiveOffer& offer,
                       MobileOptions options)
    : link_{link}, half_{half}, offer_{offer}, options_{std::move(options)} {}

void LiveMobile::run(const std::vector<LiveRequest>& requests, const Choose& choose,
                     const Sink& sink, const std::function<bool()>& stop) {
  Run{*this, requests, choose, sink, stop}.play();
}

}  // namespace papilio
