#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/codec/codec.hpp"

namespace papilio {

/// What mobiles and servers of this version say; others are refused.
inline constexpr std::uint32_t kLiveProtocol = 1;

/// The cut at which the picture itself crosses, as a part calls it.
inline constexpr const char* kPictureItself = "input";

/// The half of a network behind one cut, with one unit and one width of numbers.
struct LivePart {
  std::string cut;  ///< kPictureItself: the picture itself crosses
  std::int64_t channels{0};
  int bits{8};
  std::string fingerprint;         ///< SHA-256 of graph, weights and unit, 64 hexadecimal digits
  FeatureShape shape;              ///< that crosses
  std::size_t max_frame_bytes{0};  ///< `most_frame_bytes`, unless somebody knows better
  [[nodiscard]] bool of_pictures() const { return cut == kPictureItself; }
  /// "RB3", or "RB3 with 4 channels".
  [[nodiscard]] std::string text() const;
  /// What requests call it: the first 8 bytes of the fingerprint.
  /// @throws ConfigError if that is none
  [[nodiscard]] std::uint64_t short_fingerprint() const;
};

/// What a server has, or a mobile wants.
struct LiveOffer {
  std::string network;
  std::vector<LivePart> parts;

  /// The part that requests call so, or null.
  [[nodiscard]] const LivePart* find(std::uint64_t short_fingerprint) const;
  /// Bytes of the largest frame that any part takes.
  [[nodiscard]] std::size_t max_frame_bytes() const;
};

/// The largest frame that a codec makes of a shape: half as much again as the numbers raw, for
/// codecs that expand what they cannot compress, with room for their headers. Where pictures
/// cross, also the largest file that is taken.
std::size_t most_frame_bytes(const FeatureShape& shape, int bits, bool of_pictures);

/// Why a server does not take a mobile's halves, with what each has; empty: it does.
std::string mismatch(const LiveOffer& server, std::uint32_t protocol, const LiveOffer& mobile);

/// Tells this machine's monotonic clock since its start from other machines': dates of two
/// processes compare where their marks are equal. 0 where the system does not say.
std::uint64_t boot_mark();
/// The monotonic clock, in ns.
std::int64_t clock_ns();

}  // namespace papilio
