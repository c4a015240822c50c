#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
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
class LinkLane {
 public:
  LinkLane(const LinkDirection& direction, const StreamFamily& losses, std::size_t records,
           std::size_t mtu);

  /// Takes one packet that waits at a side. @return whether there was one
  bool take(LinkSide& from, std::int64_t origin_ns);
  /// Hands what is due to a side. @return whether there was anything
  bool hand_over(const LinkSide& to, std::int64_t origin_ns);
  /// Date of the next packet to be handed over, in nanoseconds from the origin, or the greatest.
  [[nodiscard]] std::int64_t due_ns() const;

  [[nodiscard]] LinkCounts counts() const;
  /// To be called when nothing else is.
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
  mutable std::mutex mutex_;              // of counts_
  LinkCounts counts_;
  double last_arrival_s_{0};
  Lateness lateness_;
  std::vector<PacketRecord> records_;
};

/// How long before a date to wake up. What sleeps until a date wakes after it, by what varies with
/// the machine and its load; so it sleeps shorter, by what nine in ten sleeps last too long, and
/// looks at the clock for the rest.
class Waking {
 public:
  /// @param most_ns the longest that it may look at the clock, >= 0; 0: it sleeps until the date
  explicit Waking(std::int64_t most_ns) : most_ns_{most_ns}, early_ns_{most_ns / 2} {}

  /// @param now_ns not before that of the call before
  /// @param due_ns the date for which to be awake
  /// @return the date to sleep until; not after now: stay awake, and ask again soon
  [[nodiscard]] std::int64_t until_ns(std::int64_t now_ns, std::int64_t due_ns);
  /// @param late_ns by which a sleep until the date that it gave lasted too long, >= 0
  void learn(std::int64_t late_ns);

 private:
  std::int64_t most_ns_;
  std::int64_t early_ns_;  // at first a guess
  std::int64_t credit_ns_{0};
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
  LinkReport stop();
  [[nodiscard]] std::int64_t origin_ns() const { return origin_ns_; }
  [[nodiscard]] const LinkLane& up() const { return up_; }
  [[nodiscard]] const LinkLane& down() const { return down_; }
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
  Waking waking_;
  LinkLane up_;
  LinkLane down_;
  std::int64_t origin_ns_{0};
  std::atomic<bool> stopping_{false};
  bool realtime_{false};
  std::int64_t processor_ns_{0};
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace papilio
