#include "models/link/tun_device.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "models/link/network_namespace.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr const char* kTunFile = "/dev/net/tun";
constexpr unsigned char kPrefixBits = 30;
constexpr std::uint32_t kNetwork = 0xfffffffc;  // of those bits

in_addr parse_address(const std::string& text) {
  in_addr parsed{};
  PAPILIO_CHECK(::inet_pton(AF_INET, text.c_str(), &parsed) == 1);
  return parsed;
}

/// Settings of a device, as the system's calls take them, through a socket of its namespace.
class NetworkDevice {
 public:
  explicit NetworkDevice(std::string_view name)
      : name_{name}, socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    if (socket_.get() < 0) refuse_action("open a socket", errno);
  }

  void set_address(const std::string& address) const {
    const in_addr parsed = parse_address(address);
    set(SIOCSIFADDR, "set its address", [&](ifreq& request) { put(request, parsed.s_addr); });
    set(SIOCSIFNETMASK, "set its network", [&](ifreq& request) { put(request, htonl(kNetwork)); });
  }
  void set_mtu(int bytes) const {
    set(SIOCSIFMTU, fmt::format("set its mtu to {}", bytes),
        [&](ifreq& request) { request.ifr_mtu = bytes; });
  }
  void set_queue(int packets) const {
    set(SIOCSIFTXQLEN, "set its queue", [&](ifreq& request) { request.ifr_qlen = packets; });
  }
  void bring_up() const {
    set(SIOCSIFFLAGS, "bring it up",
        [](ifreq& request) { request.ifr_flags = IFF_UP | IFF_RUNNING; });
  }

 private:
  static void put(ifreq& request, in_addr_t address) {
    sockaddr_in family{};
    family.sin_family = AF_INET;
    family.sin_addr.s_addr = address;
    std::memcpy(&request.ifr_addr, &family, sizeof family);
  }

  template <class Fill>
  void set(unsigned long what, std::string_view action, const Fill& fill) const {
    ifreq request{};
    name_.copy(request.ifr_name, IFNAMSIZ - 1);
    fill(request);
    if (::ioctl(socket_.get(), what, &request) != 0) {
      refuse_action(fmt::format("make the network device {} and {}", name_, action), errno);
    }
  }

  std::string name_;
  Descriptor socket_;
};

/// A message to the kernel that sets something of its network: what it is about, and attributes.
class KernelMessage {
 public:
  /// @param type  RTM_NEWROUTE, say
  /// @param about of the type's own kind, rtmsg
  template <class About>
  KernelMessage(unsigned short type, const About& about) {
    header().nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(About)));
    header().nlmsg_type = type;
    header().nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    std::memcpy(NLMSG_DATA(&header()), &about, sizeof about);
  }

  /// @return where the attribute begins
  std::size_t add(unsigned short type, const void* data, std::size_t size) {
    const std::size_t at = NLMSG_ALIGN(header().nlmsg_len);
    PAPILIO_CHECK(at + RTA_SPACE(size) <= bytes_.size());
    rtattr attribute{};
    attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
    attribute.rta_type = type;
    std::memcpy(bytes_.data() + at, &attribute, sizeof attribute);
    if (size > 0) std::memcpy(bytes_.data() + at + RTA_LENGTH(0), data, size);
    header().nlmsg_len = static_cast<std::uint32_t>(at + RTA_ALIGN(attribute.rta_len));
    return at;
  }
  /// The attribute that begins there holds what was added after it.
  void close(std::size_t at) {
    const auto length = static_cast<unsigned short>(header().nlmsg_len - at);
    std::memcpy(bytes_.data() + at, &length, sizeof length);
  }

  /// @return 0, or the kernel's number of what is wrong
  [[nodiscard]] int send() const {
    const Descriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    struct {
      nlmsghdr header;
      nlmsgerr error;
      std::array<char, 512> rest;
    } answer{};
    if (socket.get() < 0 || ::send(socket.get(), bytes_.data(), header().nlmsg_len, 0) < 0 ||
        ::recv(socket.get(), &answer, sizeof answer, 0) < 0) {
      return errno;
    }
    PAPILIO_CHECK(answer.header.nlmsg_type == NLMSG_ERROR);
    return -answer.error.error;
  }

 private:
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }
  [[nodiscard]] const nlmsghdr& header() const {
    return *reinterpret_cast<const nlmsghdr*>(bytes_.data());
  }

  alignas(nlmsghdr) std::array<char, 512> bytes_{};
};

/// Gives the device the queue that holds packets and nothing else.
void set_plain_queue() {
  const std::string kind = "pfifo";
  tcmsg queue{};
  queue.tcm_family = AF_UNSPEC;
  queue.tcm_ifindex = static_cast<int>(::if_nametoindex(kTunName));
  queue.tcm_parent = TC_H_ROOT;
  KernelMessage message{RTM_NEWQDISC, queue};
  message.add(TCA_KIND, kind.c_str(), kind.size() + 1);
  const int problem = message.send();
  // A kernel without packet schedulers has no other queue.
  if (problem == 0 || problem == EOPNOTSUPP) return;
  refuse_action(fmt::format("give the network device {} a plain queue", kTunName), problem);
}

/// Sets what TCP does over the device's route to its network. A namespace's own setting of the
/// congestion control takes only those that the machine lets everybody have; a route takes any.
void set_tcp_of_route(const TunSettings& settings) {
  if (settings.congestion_control.empty() && settings.initial_window == 0) return;
  const in_addr source = parse_address(settings.address);
  const in_addr_t network = source.s_addr & htonl(kNetwork);
  const unsigned int device = ::if_nametoindex(kTunName);
  rtmsg route{};
  route.rtm_family = AF_INET;
  route.rtm_dst_len = kPrefixBits;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_KERNEL;
  route.rtm_scope = RT_SCOPE_LINK;
  route.rtm_type = RTN_UNICAST;
  KernelMessage message{RTM_NEWROUTE, route};
  message.add(RTA_DST, &network, sizeof network);
  message.add(RTA_OIF, &device, sizeof device);
  message.add(RTA_PREFSRC, &source, sizeof source);
  const std::size_t metrics = message.add(RTA_METRICS, nullptr, 0);
  if (settings.initial_window > 0) {
    const auto segments = static_cast<std::uint32_t>(settings.initial_window);
    message.add(RTAX_INITCWND, &segments, sizeof segments);
  }
  const std::string& congestion = settings.congestion_control;
  if (!congestion.empty()) {
    message.add(RTAX_CC_ALGO, congestion.c_str(), congestion.size() + 1);
  }
  message.close(metrics);
  const int problem = message.send();
  if (problem == EINVAL && !congestion.empty()) {
    throw ConfigError{fmt::format(
        "papilio: error: link: congestion_control: this kernel has no '{}'; take one of "
        "/proc/sys/net/ipv4/tcp_available_congestion_control",
        congestion)};
  }
  if (problem != 0) refuse_action("set TCP's behaviour in a network namespace", problem);
}

}  // namespace

void bring_up_loopback() {
  NetworkDevice{"lo"}.bring_up();
}

Descriptor open_tun(const TunSettings& settings) {
  Descriptor tun{::open(kTunFile, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (tun.get() < 0) {
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO) {
      throw ConfigError{fmt::format(
          "papilio: error: this system has no {}; load it with 'modprobe tun' (of a container: "
          "--privileged)",
          kTunFile)};
    }
    refuse_action(fmt::format("open {}", kTunFile), errno);
  }
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::string_view{kTunName}.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(tun.get(), TUNSETIFF, &request) != 0) {
    refuse_action("make a TUN device in a network namespace", errno);
  }
  if (::access("/proc/sys/net/ipv6", F_OK) == 0) {
    set_network_setting(fmt::format("ipv6/conf/{}/disable_ipv6", kTunName), "1");
  }
  const NetworkDevice device{kTunName};
  device.set_mtu(settings.mtu);
  device.set_queue(settings.queue_packets);
  set_plain_queue();
  device.set_address(settings.address);
  device.bring_up();
  set_tcp_of_route(settings);
  return tun;
}

DeviceDrops device_drops() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) refuse_action("ask for the network devices", errno);
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all{first, &::freeifaddrs};
  DeviceDrops drops;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    // Of a device's entries, the one that has counts; it has no address, as a TUN device has none.
    if (one->ifa_data == nullptr || std::string_view{one->ifa_name} != kTunName) continue;
    rtnl_link_stats counts{};
    std::memcpy(&counts, one->ifa_data, sizeof counts);
    drops = {counts.tx_dropped, counts.rx_dropped};
  }
  return drops;
}

}  // namespace papilio
