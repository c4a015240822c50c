#include "models/link/pump.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <future>
#include <limits>
#include <utility>

#include "models/link/clock.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kNoDate = std::numeric_limits<std::int64_t>::max();

double in_s(std::int64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(kNsPerS);
}

/// Upwards, so that nothing is done before its date.
std::int64_t in_ns(double date_s) {
  constexpr double kLatest = 1e9;  // 30 years
  if (date_s >= kLatest) return kNoDate;
  return static_cast<std::int64_t>(std::ceil(date_s * static_cast<double>(kNsPerS)));
}

}  // namespace

// ---- A direction. ----

DirectionPump::DirectionPump(const LinkDirection& direction, const StreamFamily& losses,
                             std::size_t records, std::size_t mtu)
    : queue_{direction, losses}, most_records_{records}, buffer_(mtu) {
  // Growing it would take time between packets.
  records_.reserve(records);
}

bool DirectionPump::take(LinkSide& from, std::int64_t origin_ns) {
  const ssize_t size = ::read(from.tun.get(), buffer_.data(), buffer_.size());
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    throw SimulationError{
        fmt::format("cannot read from the link's device: {}", std::strerror(errno))};
  }
  if (size == 0) return false;
  const auto bytes = static_cast<std::uint32_t>(size);
  const std::int64_t sent_ns =
      from.dates.date_of(buffer_.data(), bytes, read_clock_ns(CLOCK_MONOTONIC)) - origin_ns;
  // What was sent before the start came at the start; and where somebody sets the clock, order is
  // kept.
  const double arrival_s = std::max(last_arrival_s_, in_s(sent_ns));
  last_arrival_s_ = arrival_s;
  const PacketFate fate = queue_.offer(arrival_s, bytes);
  count(fate, bytes);
  const std::size_t record = records_.size();
  if (record < most_records_) {
    records_.push_back({arrival_s, bytes, fate, RateTimeline::kNever});
  }
  if (fate.end != PacketFate::End::kDelivered) return true;
  std::vector<char> packet;
  if (!spare_.empty()) {
    packet = std::move(spare_.back());
    spare_.pop_back();
  }
  packet.assign(buffer_.begin(), buffer_.begin() + size);
  moving_.push_back({in_ns(fate.delivery_s), record, std::move(packet)});
  return true;
}

void DirectionPump::count(const PacketFate& fate, std::size_t bytes) {
  counts_.received.add(bytes);
  switch (fate.end) {
    case PacketFate::End::kDelivered:
      counts_.in_flight.add(bytes);
      break;
    case PacketFate::End::kLost:
      counts_.lost.add(bytes);
      break;
    case PacketFate::End::kDropped:
      counts_.dropped.add(bytes);
      break;
  }
}

bool DirectionPump::hand_over(const LinkSide& to, std::int64_t origin_ns) {
  bool any = false;
  while (!moving_.empty() && moving_.front().due_ns <= read_clock_ns(CLOCK_MONOTONIC) - origin_ns) {
    Moving& next = moving_.front();
    const std::size_t bytes = next.packet.size();
    const bool taken =
        ::write(to.tun.get(), next.packet.data(), bytes) == static_cast<ssize_t>(bytes);
    const std::int64_t now_ns = read_clock_ns(CLOCK_MONOTONIC) - origin_ns;
    --counts_.in_flight.packets;
    counts_.in_flight.bytes -= bytes;
    (taken ? counts_.delivered : counts_.refused).add(bytes);
    if (taken) {
      lateness_.add(now_ns - next.due_ns);
      if (next.record < records_.size()) records_[next.record].delivered_s = in_s(now_ns);
    }
    spare_.push_back(std::move(next.packet));
    moving_.pop_front();
    any = true;
  }
  return any;
}

std::int64_t DirectionPump::due_ns() const {
  return moving_.empty() ? kNoDate : moving_.front().due_ns;
}

LinkDirectionReport DirectionPump::report() {
  LinkDirectionReport report;
  report.counts = counts_;
  report.lateness = lateness_.stats();
  report.packets = std::move(records_);
  return report;
}

// ---- Waking up. ----

std::int64_t WakeUpTimer::until_ns(std::int64_t now_ns, std::int64_t due_ns) {
  // Half of one processor at most goes into looking at the clock: more would keep other programs
  // from it, and the kernel then keeps this one from it, for tens of milliseconds.
  constexpr std::int64_t kShare = 2;
  constexpr std::int64_t kMostCredit = 5'000'000;
  const std::int64_t passed_ns = now_ns - asked_ns_;
  credit_ns_ += passed_ns / kShare - (awake_ ? passed_ns : 0);
  // What it did not use it cannot have all at once, and what held it up it need not pay for long.
  credit_ns_ = std::clamp(credit_ns_, -kMostCredit, kMostCredit);
  asked_ns_ = now_ns;
  const std::int64_t until_ns = due_ns - (credit_ns_ > 0 ? early_ns_ : 0);
  awake_ = until_ns <= now_ns;
  return until_ns;
}

void WakeUpTimer::learn(std::int64_t late_ns) {
  // Steps of 9 to 1 settle where one in ten sleeps lasts longer than expected.
  constexpr std::int64_t kStep = 500;
  constexpr std::int64_t kStepUp = 9 * kStep;
  early_ns_ += late_ns > early_ns_ ? kStepUp : -kStep;
  early_ns_ = std::clamp<std::int64_t>(early_ns_, 0, max_ns_);
}

// ---- The thread. ----

ShapedLink::Pump::Pump(const ShapedLinkSpec& spec, LinkSide mobile, LinkSide server)
    : spec_{spec},
      mobile_{std::move(mobile)},
      server_{std::move(server)},
      wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      timer_{in_ns(spec.max_early.value())},
      up_{spec.uplink, StreamFamily{spec.seed, "link.uplink"}, spec.records,
          static_cast<std::size_t>(spec.mtu)},
      down_{spec.downlink, StreamFamily{spec.seed, "link.downlink"}, spec.records,
            static_cast<std::size_t>(spec.mtu)} {
  if (wake_.get() < 0) {
    throw SimulationError{
        fmt::format("cannot make an event for the link: {}", std::strerror(errno))};
  }
}

ShapedLink::Pump::~Pump() {
  join();
}

void ShapedLink::Pump::start() {
  PAPILIO_CHECK(origin_ns_ == 0 && !thread_.joinable());
  std::promise<void> ready;
  std::future<void> is_ready = ready.get_future();
  thread_ = std::thread{[this, told = std::move(ready)]() mutable {
    try {
      prepare_thread();
      told.set_value();
    } catch (...) {
      told.set_exception(std::current_exception());
      return;
    }
    try {
      move_packets();
    } catch (...) {
      failure_ = std::current_exception();
      failed_.store(true, std::memory_order_release);
    }
    processor_ns_ = read_clock_ns(CLOCK_THREAD_CPUTIME_ID);
  }};
  is_ready.get();
}

void ShapedLink::Pump::check() const {
  if (failed_.load(std::memory_order_acquire)) std::rethrow_exception(failure_);
}

std::int64_t ShapedLink::Pump::origin_ns() const {
  PAPILIO_CHECK(origin_ns_ != 0);
  return origin_ns_;
}

void ShapedLink::Pump::prepare_thread() {
  // Ctrl-C is for the threads that were there before.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  keep_to_processors(spec_.cpus);
  // Else the kernel may let it sleep 50 µs longer, to wake several sleepers at once.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  if (spec_.realtime) {
    sched_param priority{};
    priority.sched_priority = 1;  // above all that is not a real-time program
    realtime_ = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority) == 0;
  }
  origin_ns_ = read_clock_ns(CLOCK_MONOTONIC);
}

void ShapedLink::Pump::move_packets() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    // One packet taken at a time: a burst must not keep what is due waiting.
    bool any = up_.hand_over(server_, origin_ns_);
    any = down_.hand_over(mobile_, origin_ns_) || any;
    any = up_.take(mobile_, origin_ns_) || any;
    any = down_.take(server_, origin_ns_) || any;
    if (!any) wait(std::min(up_.due_ns(), down_.due_ns()));
  }
}

void ShapedLink::Pump::wait(std::int64_t due_ns) {
  std::array<pollfd, 3> sources{pollfd{mobile_.tun.get(), POLLIN, 0},
                                pollfd{server_.tun.get(), POLLIN, 0},
                                pollfd{wake_.get(), POLLIN, 0}};
  const std::int64_t now_ns = read_clock_ns(CLOCK_MONOTONIC) - origin_ns_;
  // Without a date too: it is to know that this thread sleeps.
  const std::int64_t until_ns = timer_.until_ns(now_ns, due_ns);
  if (until_ns <= now_ns) return;
  if (due_ns == kNoDate) {
    ::ppoll(sources.data(), sources.size(), nullptr, nullptr);
    return;
  }
  const std::int64_t left_ns = until_ns - now_ns;
  const timespec left{left_ns / kNsPerS, left_ns % kNsPerS};
  if (::ppoll(sources.data(), sources.size(), &left, nullptr) == 0) {
    timer_.learn(read_clock_ns(CLOCK_MONOTONIC) - origin_ns_ - until_ns);
  }
}

void ShapedLink::Pump::join() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  const std::uint64_t one = 1;
  // An event that is set already wakes it as well.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

LinkReport ShapedLink::Pump::stop() {
  PAPILIO_CHECK(thread_.joinable());
  join();
  const std::int64_t stopped_ns = read_clock_ns(CLOCK_MONOTONIC);
  check();
  LinkReport report;
  report.uplink = up_.report();
  report.downlink = down_.report();
  report.uplink.undated = mobile_.dates.missing();
  report.downlink.undated = server_.dates.missing();
  report.duration = Seconds{in_s(stopped_ns - origin_ns_)};
  report.processor = Seconds{in_s(processor_ns_)};
  report.realtime = realtime_;
  return report;
}

}  // namespace papilio
