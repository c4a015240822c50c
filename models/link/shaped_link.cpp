#include "models/link/shaped_link.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "models/link/pump.hpp"
#include "models/link/tun_device.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

ShapedLinkSpec checked(ShapedLinkSpec spec) {
  constexpr int kLeastMtu = 576;  // that every IPv4 host takes
  constexpr int kMostMtu = 9000;
  if (spec.mtu < kLeastMtu || spec.mtu > kMostMtu) {
    throw ConfigError{fmt::format("papilio: error: link: mtu: expected {} to {} bytes, got {}",
                                  kLeastMtu, kMostMtu, spec.mtu)};
  }
  constexpr Seconds kMaxEarly{0.01};
  if (!(spec.max_early >= Seconds{0} && spec.max_early <= kMaxEarly)) {
    throw ConfigError{fmt::format("papilio: error: link: max_early_s: expected 0 to {} s, got {}",
                                  kMaxEarly.value(), spec.max_early.value())};
  }
  constexpr std::size_t kMostCharacters = 15;  // the kernel's TCP_CA_NAME_MAX, less the end
  if (spec.congestion_control.size() > kMostCharacters) {
    throw ConfigError{fmt::format(
        "papilio: error: link: congestion_control: expected a name of at most {} characters, as "
        "'cubic', got one of {}",
        kMostCharacters, spec.congestion_control.size())};
  }
  if (spec.initial_window < 0) {
    throw ConfigError{
        fmt::format("papilio: error: link: initial_window: expected segments, or 0 for "
                    "the kernel's own, got {}",
                    spec.initial_window)};
  }
  check_link_direction(spec.uplink, "uplink", static_cast<std::uint32_t>(spec.mtu));
  check_link_direction(spec.downlink, "downlink", static_cast<std::uint32_t>(spec.mtu));
  return spec;
}

/// Makes the device of a side, and sets TCP there.
LinkSide open_side(const NetworkNamespace& side, LinkEnd end, const ShapedLinkSpec& spec) {
  std::optional<LinkSide> opened;
  side.run([&] {
    // The link's own queue is in the emulator. Here waits what it has not read yet, so this is what
    // it may be late by: 0.2 s of its work. What the kernel drops all the same, the report tells.
    constexpr int kQueuePackets = 10'000;
    Descriptor tun = open_tun({ShapedLink::address(end), spec.mtu, kQueuePackets,
                               spec.congestion_control, spec.initial_window});
    set_network_setting("ipv4/tcp_slow_start_after_idle", spec.slow_start_after_idle ? "1" : "0");
    // What a connection learned is not for the next one: runs must not depend on those before.
    set_network_setting("ipv4/tcp_no_metrics_save", "1");
    opened.emplace(LinkSide{std::move(tun), SendingDates{}});
  });
  return std::move(*opened);
}

DeviceDrops drops_of(const NetworkNamespace& side) {
  DeviceDrops drops;
  side.run([&] { drops = device_drops(); });
  return drops;
}

}  // namespace

ShapedLink::ShapedLink(ShapedLinkSpec spec)
    : spec_{checked(std::move(spec))},
      mobile_{NetworkNamespace::create()},
      server_{NetworkNamespace::create()} {
  LinkSide mobile = open_side(mobile_, LinkEnd::kMobile, spec_);
  LinkSide server = open_side(server_, LinkEnd::kServer, spec_);
  pump_ = std::make_unique<Pump>(spec_, std::move(mobile), std::move(server));
}

ShapedLink::~ShapedLink() = default;

const NetworkNamespace& ShapedLink::side(LinkEnd end) const {
  return end == LinkEnd::kMobile ? mobile_ : server_;
}

const char* ShapedLink::address(LinkEnd end) {
  return end == LinkEnd::kMobile ? "10.77.0.1" : "10.77.0.2";
}

void ShapedLink::start() {
  pump_->start();
}

std::int64_t ShapedLink::started_ns() const {
  return pump_->origin_ns();
}

void ShapedLink::check() const {
  pump_->check();
}

LinkReport ShapedLink::stop() {
  LinkReport report = pump_->stop();
  const DeviceDrops mobile = drops_of(mobile_);
  const DeviceDrops server = drops_of(server_);
  report.uplink.kernel_drops = mobile.sending + server.receiving;
  report.downlink.kernel_drops = server.sending + mobile.receiving;
  return report;
}

void ShapedLink::close_inherited() const {
  for (const int fd : pump_->descriptors()) ::close(fd);
  ::close(mobile_.descriptor());
  ::close(server_.descriptor());
}

std::optional<std::string> find_link_problem() {
  ShapedLinkSpec spec;
  spec.uplink.rate = BytesPerSecond{1};
  spec.downlink.rate = BytesPerSecond{1};
  try {
    const ShapedLink link{spec};
    return std::nullopt;
  } catch (const ConfigError& problem) {
    return problem.what();
  }
}

}  // namespace papilio
