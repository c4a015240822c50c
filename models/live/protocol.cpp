#include "models/live/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

#include "models/codec/payload.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::size_t kFingerprintDigits = 64;
constexpr std::size_t kShortDigits = 16;

std::string names_of(const std::vector<LivePart>& parts) {
  std::string names;
  for (const LivePart& part : parts) {
    names += fmt::format("{}'{}' at {} bits", names.empty() ? "" : ", ", part.text(), part.bits);
  }
  return names;
}

}  // namespace

std::string LivePart::text() const {
  return channels == 0 ? cut : fmt::format("{} with {} channels", cut, channels);
}

std::uint64_t LivePart::short_fingerprint() const {
  std::uint64_t value = 0;
  const bool complete = fingerprint.size() == kFingerprintDigits;
  const char* begin = fingerprint.data();
  if (!complete ||
      std::from_chars(begin, begin + kShortDigits, value, 16).ptr != begin + kShortDigits) {
    throw ConfigError{fmt::format("error: '{}' is no fingerprint of a network", fingerprint)};
  }
  return value;
}

const LivePart* LiveOffer::find(std::uint64_t short_fingerprint) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const LivePart& part) {
    return part.short_fingerprint() == short_fingerprint;
  });
  return found == parts.end() ? nullptr : &*found;
}

std::size_t LiveOffer::max_frame_bytes() const {
  std::size_t most = 0;
  for (const LivePart& part : parts) most = std::max(most, part.max_frame_bytes);
  return most;
}

std::size_t most_frame_bytes(const FeatureShape& shape, int bits, bool of_pictures) {
  constexpr std::size_t kHeaders = std::size_t{16} << 10U;
  constexpr std::size_t kMostFile = std::size_t{16} << 20U;
  const auto raw = static_cast<std::size_t>(shape.bytes(of_pictures ? 8 : bits));
  const std::size_t coded = kFrameBytes + raw + raw / 2 + kHeaders;
  return of_pictures ? std::max(coded, kMostFile) : coded;
}

std::string mismatch(const LiveOffer& server, std::uint32_t protocol, const LiveOffer& mobile) {
  if (protocol != kLiveProtocol) {
    return fmt::format(
        "the server speaks version {} of the protocol, the mobile version {}; start the same "
        "version of papilio on both",
        kLiveProtocol, protocol);
  }
  if (server.network != mobile.network) {
    return fmt::format("the server runs '{}', the mobile '{}'; start both with the same network",
                       server.network, mobile.network);
  }
  for (const LivePart& wanted : mobile.parts) {
    const auto same =
        std::find_if(server.parts.begin(), server.parts.end(), [&](const LivePart& p) {
          return p.cut == wanted.cut && p.channels == wanted.channels && p.bits == wanted.bits;
        });
    if (same == server.parts.end()) {
      return fmt::format(
          "the server has {}, the mobile wants '{}' at {} bits; name it with --after "
          "there too",
          names_of(server.parts), wanted.text(), wanted.bits);
    }
    if (same->fingerprint != wanted.fingerprint) {
      return fmt::format(
          "the server's half of '{}' behind '{}' is {}, the mobile's {}: graph, "
          "weights, unit or normalisation differ; start both with the same",
          server.network, wanted.text(), same->fingerprint.substr(0, kShortDigits),
          wanted.fingerprint.substr(0, kShortDigits));
    }
  }
  return {};
}

std::uint64_t boot_mark() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  if (!(file >> id)) return 0;
  constexpr std::uint64_t kBasis = 14695981039346656037U;  // FNV-1a, 64 bits
  constexpr std::uint64_t kPrime = 1099511628211U;
  std::uint64_t hash = kBasis;
  for (const char byte : id) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return hash;
}

std::int64_t clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace papilio
