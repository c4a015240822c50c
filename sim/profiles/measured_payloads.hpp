#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/profiles/crossing.hpp"

namespace papilio {

/// What a codec made of the tensors of real pictures: bytes and times, by what crosses and picture.
class MeasuredPayloads {
 public:
  /// One picture's.
  struct Sample {
    std::uint32_t image{0};  ///< position in `images()`
    double body_bytes{0};    ///< the codec's, >= 1 and whole
    double frame_bytes{0};   ///< around it, >= 0 and whole
    double encode_s{0};      ///< quantising and encoding, on the mobile; 0 where not measured
    double decode_s{0};      ///< decoding, on the other side; likewise

    /// What crosses.
    [[nodiscard]] double bytes(bool count_frame) const {
      return body_bytes + (count_frame ? frame_bytes : 0);
    }
  };
  /// Means over pictures.
  struct Mean {
    double bytes{0};
    double encode_s{0};
    double decode_s{0};
  };

  /// Reads a CSV file with the columns image, cut, channels, bits, codec, body_bytes, frame_bytes,
  /// encode_s, decode_s (docs/models/payloads.md).
  /// @param graph the network that it is about
  /// @throws ConfigError with file and line for a malformed cell, or a second row of a crossing and
  ///         picture
  MeasuredPayloads(const std::string& path, const Graph& graph);

  /// Names of the pictures, sorted as texts, so that the order of the rows does not matter.
  [[nodiscard]] const std::vector<std::string>& images() const { return images_; }

  /// Positions in `images()`, in the order in which the file's rows name them first.
  [[nodiscard]] const std::vector<std::uint32_t>& in_order() const { return in_order_; }

  /// The samples of exactly this crossing by picture, at least one; nullptr if it has no row.
  [[nodiscard]] const std::vector<Sample>* find(const Crossing& crossing) const;

  /// Every crossing that has rows, in their order.
  [[nodiscard]] std::vector<Crossing> crossings() const;

  /// @param samples at least one
  static Mean mean(const std::vector<Sample>& samples, bool count_frame);

 private:
  std::vector<std::string> images_;
  std::vector<std::uint32_t> in_order_;  // [images]
  std::map<Crossing, std::vector<Sample>> samples_;
};

}  // namespace papilio
