#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/link/lateness.hpp"
#include "models/link/link_queue.hpp"
#include "models/link/network_namespace.hpp"

namespace papilio {

/// The two sides of an emulated link.
enum class LinkEnd { kMobile, kServer };

/// A link between two network namespaces, the mobile's and the server's.
struct ShapedLinkSpec {
  LinkDirection uplink;    ///< from the mobile to the server
  LinkDirection downlink;  ///< from the server to the mobile
  std::uint64_t seed{1};   ///< of what is lost
  int mtu{1500};           ///< bytes of the largest packet, 576 to 9000
  /// Whether TCP forgets what it knew of the link after an idle time, as Linux does by default. The
  /// simulator sends a request over an open connection at the link's rate, however long the
  /// connection was idle, so by default TCP here begins slowly once and not after each pause.
  bool slow_start_after_idle{false};
  /// TCP's congestion control, "cubic" as Linux has by default; a machine's own choice may be
  /// another (BBR paces by what it measured, and pauses every ten seconds to measure again). 15
  /// characters at most. Empty: the machine's.
  std::string congestion_control{"cubic"};
  /// Segments that a TCP connection begins with; 0: the kernel's own choice, 10. A great number
  /// shows what slow start contributes.
  int initial_window{0};
  std::vector<int> cpus;  ///< processors that the emulator may use; empty: all
  /// Whether the emulator goes before other programs (SCHED_FIFO), where the system lets it.
  bool realtime{true};
  /// A sleep ends late, so the emulator wakes up earlier, by as much as it has learned, and looks
  /// at the clock until a packet's date: this long at most, 0..0.01 s; of half a processor at most.
  Seconds max_early{200e-6};
  /// Packets each way of which `LinkReport` tells each; what comes after them is only counted.
  std::size_t records{0};
};

/// What came of packets in one direction: received = delivered + lost + dropped + refused +
/// in_flight, in packets and in bytes. Bytes are wire bytes at the IP layer, so what they exceed a
/// message's by is TCP's and IP's headers, acknowledgements and what was sent twice.
struct LinkCounts {
  PacketCount received;   ///< that came from the sending side
  PacketCount delivered;  ///< handed to the other side's kernel
  /// By `loss`. Counted when it comes, though it fills the queue until its sending has ended.
  PacketCount lost;
  PacketCount dropped;    ///< by a full queue
  PacketCount refused;    ///< that the other side's kernel would not take
  PacketCount in_flight;  ///< waiting, in sending, or delayed, without what is lost
};

/// One packet.
struct PacketRecord {
  double arrival_s{0};  ///< when the sending side's kernel sent it; dates from start()
  std::uint32_t bytes{0};
  PacketFate fate;                           ///< what LinkQueue said
  double delivered_s{RateTimeline::kNever};  ///< when the other side's kernel had it
};

struct LinkDirectionReport {
  LinkCounts counts;
  LatenessStats lateness;         ///< of deliveries after their dates
  std::uint64_t kernel_drops{0};  ///< that the kernels of the two sides dropped at their devices
  /// Packets of which the kernel did not say when it sent them, or said a date after their reading:
  /// they came when they were read.
  std::uint64_t undated{0};
  std::vector<PacketRecord> packets;  ///< the first ones, in the order of coming
};

struct LinkReport {
  LinkDirectionReport uplink;
  LinkDirectionReport downlink;
  Seconds duration{0};   ///< from start() to stop()
  Seconds processor{0};  ///< processor time that the emulator took
  bool realtime{false};  ///< whether it went before other programs
};

/// Joins two network namespaces in user space: each has a TUN device, and a thread takes the
/// packets that one kernel sends, holds each for as long as a `LinkQueue` says, and hands it to the
/// other. Why not the kernel's own shapers: ADR 0033. What it is worth: docs/models/link.md.
///
/// Order of use: construct, fork what is to run on the sides (`LinkProcess`, before this process
/// has threads that a fork would lose), start(), check() from time to time, stop(). Nothing of it
/// outlives the object and the processes on its sides. A process that forks some has one link.
class ShapedLink {
 public:
  /// Makes the namespaces and devices. Nothing passes before start().
  /// @throws ConfigError if the spec is wrong, this process may not, or the system cannot
  explicit ShapedLink(ShapedLinkSpec spec);
  ~ShapedLink();
  ShapedLink(const ShapedLink&) = delete;
  ShapedLink& operator=(const ShapedLink&) = delete;

  [[nodiscard]] const NetworkNamespace& side(LinkEnd end) const;
  /// "10.77.0.1" of the mobile, "10.77.0.2" of the server.
  static const char* address(LinkEnd end);

  /// Date 0 of traces and outages. Once.
  /// @throws ConfigError if the emulator may not run on the processors that the spec names
  void start();
  /// Date 0 on the clock CLOCK_MONOTONIC, which every process of the machine shares, in
  /// nanoseconds. After start().
  [[nodiscard]] std::int64_t started_ns() const;

  /// Does nothing while packets move. Who waits for what the sides do asks it now and then: where
  /// the emulator could not go on, they wait for ever. From any thread.
  /// @throws SimulationError that says what the emulator ended of
  void check() const;

  /// Stops the emulator: what is in flight stays so. Once, after start().
  /// @throws SimulationError if it had to end before
  LinkReport stop();

 private:
  friend class LinkProcess;
  class Pump;

  /// In a forked child: what would keep the devices alive.
  void close_inherited() const;

  ShapedLinkSpec spec_;
  NetworkNamespace mobile_;
  NetworkNamespace server_;
  std::unique_ptr<Pump> pump_;
};

/// What is in the way of a link on this machine, by making one: the text of the error that it would
/// be; nothing: there can be one.
std::optional<std::string> find_link_problem();

}  // namespace papilio
