#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "models/graph/graph.hpp"
#include "sim/base/data/csv.hpp"

namespace papilio {

/// The codec that sends levels as they are, whose sizes follow from the shape alone.
inline constexpr const char* kRawCodec = "raw";
/// What files of measurements call the place where the picture itself crosses.
inline constexpr const char* kPictureCut = "input";
/// Bits of an element unless a scenario or a file says otherwise, and of the network's own input.
inline constexpr std::int64_t kUsualBits = 8;

/// What crosses at a partition, as files of measurements tell it apart.
struct Crossing {
  std::string cut;  ///< as `Cut::name`; empty: the picture crosses, or nothing does (accuracies)
  std::int64_t channels{0};       ///< D_r of the butterfly unit; 0: none, the whole tensor crosses
  std::int64_t bits{kUsualBits};  ///< of one element
  std::string codec{kRawCodec};

  bool operator==(const Crossing&) const = default;
  /// By cut, then channels, bits and codec.
  friend bool operator<(const Crossing& a, const Crossing& b) {
    return std::tie(a.cut, a.channels, a.bits, a.codec) <
           std::tie(b.cut, b.channels, b.bits, b.codec);
  }
};

/// "cut RB1, channels 2, bits 8, codec zstd", for messages.
std::string to_string(const Crossing& crossing);

/// Reads the columns `cut`, `channels`, `bits` and `codec` of a file of measurements. Where the
/// picture crosses the cut is `kPictureCut`. Until pictures were sent as pictures, files left the
/// cut empty there, and what they called a picture's JPEG was that of its normalised tensor, in
/// grey: such rows are refused.
class CrossingReader {
 public:
  /// What a row without a cut is.
  enum class Uncut {
    kRefused,  ///< nothing: something crosses in every row
    kNetwork,  ///< the network that nothing is sent in: raw, or without codec and bits
  };

  /// @param graph the network that the file is about
  CrossingReader(const Graph& graph, Uncut uncut);

  /// @throws ConfigError with file and line for a cut that the network does not have, a row of the
  ///         old kind, channels without a cut, bits outside 1..32, or no codec
  [[nodiscard]] Crossing read(const CsvTable& table, std::size_t row) const;

 private:
  std::string network_;
  Uncut uncut_;
  std::map<std::string, Cut> cuts_;  // by the cut's name and by its layer's
};

}  // namespace papilio
