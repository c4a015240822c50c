#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

#include "models/link/sending_dates.hpp"
#include "models/link/shaped_link.hpp"
#include "sim/base/descriptor.hpp"

namespace papilio {

/// What there is of the emulator in a namespace.
struct LinkSide {
  Descriptor tun;
  SendingDates dates;
};

/// One direction at work: the packets that are under way, from one device to another.
class DirectionPump {
 public:
  DirectionPump(const LinkDirection& direction, const StreamFamily& losses, std::size_t records,
                std::size_t mtu);

  /// Takes one packet that waits at a side. @return whether there was one
  bool take(LinkSide& from, std::int64_t origin_ns);
  /// Hands what is due to a side. @return whether there was anything
  bool hand_over(const LinkSide& to, std::int64_t origin_ns);
  /// Date of the next packet to be handed over, in nanoseconds from the origin, or the greatest.
  [[nodiscard]] std::int64_t due_ns() const;

  /// Once, at the end.
  LinkDirectionReport report();

 private:
  struct Moving {
    std::int64_t due_ns{0};
    std::size_t record{0};  // its place in records_, or their number
    std::vector<char> packet;
  };

  void count(const PacketFate& fate, std::size_t bytes);

  LinkQueue queue_;
  std::size_t most_records_;
  std::vector<char> buffer_;
  std::deque<Moving> moving_;             // in the order of their dates
  std::vector<std::vector<char>> spare_;  // of packets gone, to be used again
  LinkCounts counts_;
  double last_arrival_s_{0};
  Lateness lateness_;
  std::vector<PacketRecord> records_;
};

/// How long before a date to wake up. What sleeps until a date wakes after it, by what varies with
/// the machine and its load; so it sleeps shorter, by what nine in ten sleeps last too long, and
/// looks at the clock for the rest.
class WakeUpTimer {
 public:
  /// @param max_ns the longest that it may look at the clock, >= 0; 0: it sleeps until the date
  explicit WakeUpTimer(std::int64_t max_ns) : max_ns_{max_ns}, early_ns_{max_ns / 2} {}

  /// @param now_ns not before that of the call before
  /// @param due_ns the date for which to be awake; the greatest number: none, it sleeps
  /// @return the date to sleep until; not after now: stay awake, and ask again soon
  [[nodiscard]] std::int64_t until_ns(std::int64_t now_ns, std::int64_t due_ns);
  /// @param late_ns by which a sleep until the date that it gave lasted too long, >= 0
  void learn(std::int64_t late_ns);

 private:
  std::int64_t max_ns_;
  std::int64_t early_ns_;      // at first a guess
  std::int64_t credit_ns_{0};  // that it may look at the clock
  std::int64_t asked_ns_{0};
  bool awake_{false};  // since it was asked
};

/// The thread that moves packets both ways.
class ShapedLink::Pump {
 public:
  Pump(const ShapedLinkSpec& spec, LinkSide mobile, LinkSide server);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  void start();
  void check() const;
  LinkReport stop();
  [[nodiscard]] std::int64_t origin_ns() const;
  [[nodiscard]] std::array<int, 5> descriptors() const {
    return {mobile_.tun.get(), mobile_.dates.descriptor(), server_.tun.get(),
            server_.dates.descriptor(), wake_.get()};
  }

 private:
  void prepare_thread();
  void move_packets();
  /// Until there is a packet to take, the date comes near, or the thread is to stop.
  void wait(std::int64_t due_ns);
  void join();

  const ShapedLinkSpec& spec_;
  LinkSide mobile_;
  LinkSide server_;
  Descriptor wake_;
  WakeUpTimer timer_;
  DirectionPump up_;
  DirectionPump down_;
  std::int64_t origin_ns_{0};  // 0: not started
  std::atomic<bool> stopping_{false};
  bool realtime_{false};
  std::int64_t processor_ns_{0};
  std::exception_ptr failure_;  // not to be read before failed_
  std::atomic<bool> failed_{false};
  std::thread thread_;
};

}  // namespace papilio
