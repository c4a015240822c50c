#include "models/link/sending_dates.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>
#include <optional>
#include <thread>

#include "models/link/clock.hpp"
#include "models/link/network_namespace.hpp"
#include "models/link/tun_device.hpp"

namespace papilio {
namespace {

/// Bytes by which a packet is known again: the headers of IP and TCP, where two that follow one
/// another differ.
constexpr std::size_t kBeginning = 64;

/// What is to be added to CLOCK_REALTIME, which the kernel dates packets by.
std::int64_t monotonic_less_realtime_ns() {
  // The date of one clock lies between two of the other. What keeps the thread from reading them at
  // once, an interrupt say, must not move a packet's date by its length.
  constexpr int kTries = 5;
  constexpr std::int64_t kTightNs = 500;
  std::int64_t tightest_ns = std::numeric_limits<std::int64_t>::max();
  std::int64_t offset_ns = 0;
  for (int tries = 0; tries < kTries && tightest_ns >= kTightNs; ++tries) {
    const std::int64_t before_ns = read_clock_ns(CLOCK_MONOTONIC);
    const std::int64_t realtime_ns = read_clock_ns(CLOCK_REALTIME);
    const std::int64_t passed_ns = read_clock_ns(CLOCK_MONOTONIC) - before_ns;
    if (passed_ns >= tightest_ns) continue;
    tightest_ns = passed_ns;
    offset_ns = before_ns + passed_ns / 2 - realtime_ns;
  }
  return offset_ns;
}

template <class Value>
bool set_option(int socket, int level, int name, const Value& value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

bool ask_for_dates(int socket) {
  constexpr int kYes = 1;
  return set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, kYes);
}

/// A packet's beginning, and its date on CLOCK_REALTIME where there is one.
struct DatedPacket {
  ssize_t size{-1};  // of the beginning; < 0: there was no packet
  std::array<char, kBeginning> beginning{};
  std::optional<std::int64_t> date_ns;
};

DatedPacket receive_dated(int socket) {
  DatedPacket packet;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
  iovec place{packet.beginning.data(), packet.beginning.size()};
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  packet.size = ::recvmsg(socket, &message, 0);
  if (packet.size < 0) return packet;
  const cmsghdr* dated = CMSG_FIRSTHDR(&message);
  if (dated != nullptr && dated->cmsg_type == SCM_TIMESTAMPNS) {
    timespec sent{};
    std::memcpy(&sent, CMSG_DATA(dated), sizeof sent);
    packet.date_ns = nanoseconds_of(sent);
  }
  return packet;
}

/// The kernel begins to date packets some time after the first socket of the machine asked for it.
/// Until then a packet's date is that at which somebody receives it. Waits for it, with datagrams
/// over the loopback that are received a millisecond after they were sent; not for ever, since
/// `SendingDates::missing` tells as well.
void wait_for_dates() {
  constexpr int kTries = 2000;
  constexpr std::chrono::milliseconds kLater{1};
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const address = reinterpret_cast<sockaddr*>(&self);
  socklen_t size = sizeof self;
  if (!ask_for_dates(socket.get()) || ::bind(socket.get(), address, size) != 0 ||
      ::getsockname(socket.get(), address, &size) != 0) {
    return;
  }
  for (int tries = 0; tries < kTries; ++tries) {
    ::sendto(socket.get(), "?", 1, 0, address, size);
    const std::int64_t sent_ns = read_clock_ns(CLOCK_REALTIME);
    std::this_thread::sleep_for(kLater);
    const DatedPacket packet = receive_dated(socket.get());
    if (packet.date_ns && *packet.date_ns <= sent_ns) return;
  }
}

/// Of all that passes the device, only what it sends, and only its beginning.
bool filter(int socket) {
  constexpr auto kPacketType = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  std::array<sock_filter, 4> program{sock_filter{BPF_LD | BPF_B | BPF_ABS, 0, 0, kPacketType},
                                     sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING},
                                     sock_filter{BPF_RET | BPF_K, 0, 0, kBeginning},
                                     sock_filter{BPF_RET | BPF_K, 0, 0, 0}};
  return set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER,
                    sock_fprog{static_cast<unsigned short>(program.size()), program.data()});
}

/// Takes as much as it can have: what finds no place there has no date, and is counted.
void set_receive_buffer(int socket) {
  // For the 10,000 packets of a device's queue, of 1,500 bytes each. Of larger ones it holds fewer:
  // a packet counts whole, whatever of it is kept.
  constexpr int kReceiveBufferBytes = 16 << 20;
  if (set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBufferBytes)) return;
  set_option(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
}

}  // namespace

SendingDates::SendingDates()
    // Of protocol 0, it is handed nothing before it is bound.
    : socket_{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_protocol = htons(ETH_P_ALL);
  place.sll_ifindex = static_cast<int>(::if_nametoindex(kTunName));
  if (socket_.get() < 0 || !filter(socket_.get()) || !ask_for_dates(socket_.get()) ||
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) {
    refuse_action("have the kernel date what a network device sends", errno);
  }
  set_receive_buffer(socket_.get());
  wait_for_dates();
}

std::int64_t SendingDates::date_of(const char* packet, std::size_t bytes, std::int64_t read_ns) {
  const std::size_t compared = std::min(bytes, kBeginning);
  DatedPacket seen = receive_dated(socket_.get());
  // One that is another packet's was dropped by the device, whose queue was full.
  while (seen.size >= 0 && (static_cast<std::size_t>(seen.size) != compared ||
                            std::memcmp(seen.beginning.data(), packet, compared) != 0)) {
    seen = receive_dated(socket_.get());
  }
  if (seen.size >= 0 && seen.date_ns) {
    const std::int64_t date_ns = *seen.date_ns + monotonic_less_realtime_ns();
    // A later one is that of the receiving here: the kernel had none.
    if (date_ns <= read_ns) return date_ns;
  }
  ++missing_;
  return read_ns;
}

}  // namespace papilio
