#include "models/link/sending_dates.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>

#include "models/link/network_namespace.hpp"
#include "models/link/tun_device.hpp"

namespace papilio {
namespace {

/// Bytes by which a packet is known again: the headers of IP and TCP, where two that follow one
/// another differ.
constexpr std::size_t kBeginning = 64;

std::int64_t in_ns(const timespec& time) {
  constexpr std::int64_t kPerS = 1'000'000'000;
  return time.tv_sec * kPerS + time.tv_nsec;
}

/// What is to be added to CLOCK_REALTIME, which the kernel dates packets by.
std::int64_t monotonic_less_realtime_ns() {
  timespec realtime{};
  timespec monotonic{};
  ::clock_gettime(CLOCK_REALTIME, &realtime);
  ::clock_gettime(CLOCK_MONOTONIC, &monotonic);
  return in_ns(monotonic) - in_ns(realtime);
}

template <class Value>
bool set_option(int socket, int level, int name, const Value& value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
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

}  // namespace

SendingDates::SendingDates()
    // Of protocol 0, it is handed nothing before it is bound.
    : socket_{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
  constexpr int kYes = 1;
  constexpr int kRoomBytes = 16 << 20;  // for as many packets as the device's queue holds
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_protocol = htons(ETH_P_ALL);
  place.sll_ifindex = static_cast<int>(::if_nametoindex(kTunName));
  if (socket_.get() < 0 || !filter(socket_.get()) ||
      !set_option(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, kRoomBytes) ||
      !set_option(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, kYes) ||
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) {
    refuse_action("have the kernel date what a network device sends", errno);
  }
}

std::int64_t SendingDates::of(const char* packet, std::size_t bytes, std::int64_t read_ns) {
  const std::size_t compared = std::min(bytes, kBeginning);
  while (true) {
    std::array<char, kBeginning> beginning{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
    iovec place{beginning.data(), beginning.size()};
    msghdr message{};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.get(), &message, 0);
    if (size < 0) {
      ++missing_;
      return read_ns;
    }
    // One that is another packet's was dropped by the device, whose queue was full.
    if (static_cast<std::size_t>(size) != compared ||
        std::memcmp(beginning.data(), packet, compared) != 0) {
      continue;
    }
    const cmsghdr* dated = CMSG_FIRSTHDR(&message);
    if (dated == nullptr || dated->cmsg_type != SCM_TIMESTAMPNS) {
      ++missing_;
      return read_ns;
    }
    timespec sent{};
    std::memcpy(&sent, CMSG_DATA(dated), sizeof sent);
    return std::min(read_ns, in_ns(sent) + monotonic_less_realtime_ns());
  }
}

}  // namespace papilio
