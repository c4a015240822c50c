#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/codec/codec.hpp"
#include "models/dataset/image.hpp"
#include "models/dataset/transform.hpp"

namespace papilio {

/// A picture as a phone has it before it sends it.
struct PhonePicture {
  Image pixels;     ///< of the size that the network takes
  ByteBuffer file;  ///< as it was stored, of its own size; empty where it is no file
};

/// What a picture codec is, for lists and for checks.
struct PictureCodecTraits {
  std::string name;        ///< as the command line writes it: "file", "jpeg:90", "jpeg:90:444"
  std::string summary;     ///< one line for people, with the library
  bool lossless{true};     ///< of the pixels that the network takes
  bool sends_file{false};  ///< the picture's file as it is, which not every picture has
};

/// Turns a picture into the bytes that cross where the picture itself does, and back. They are a
/// file by themselves and have no frame. Thread-safe: its members are const and keep no state.
class PictureCodec {
 public:
  virtual ~PictureCodec() = default;
  PictureCodec(const PictureCodec&) = delete;
  PictureCodec& operator=(const PictureCodec&) = delete;

  [[nodiscard]] const PictureCodecTraits& traits() const { return traits_; }

  /// What the phone sends. The same picture gives the same bytes.
  /// @throws std::invalid_argument if the picture has no pixels, a side that the format does not
  ///         take, or no file where that is sent
  [[nodiscard]] ByteBuffer encode(const PhonePicture& picture) const;

  /// The picture of the size that the network takes. Needs memory in proportion to that size and
  /// the bytes (the file's: to what `read_image` takes).
  /// @throws PayloadError if the bytes are damaged or of another format or size
  [[nodiscard]] Image decode(std::span<const std::uint8_t> bytes, const Transform& transform) const;

 protected:
  explicit PictureCodec(PictureCodecTraits traits) : traits_{std::move(traits)} {}

 private:
  [[nodiscard]] virtual ByteBuffer do_encode(const PhonePicture& picture) const = 0;
  [[nodiscard]] virtual Image do_decode(std::span<const std::uint8_t> bytes,
                                        const Transform& transform) const = 0;

  PictureCodecTraits traits_;
};

/// Every picture codec at its default parameters, in the order that lists print; raw comes first.
const std::vector<PictureCodecTraits>& picture_codec_list();

/// Names of the families, without parameters.
std::vector<std::string> picture_codec_names();

/// The picture codec called `name`: one of `picture_codec_list()`, where "jpeg" takes a quality
/// (1..100, by default 90) and after it "444" for whole colour ("420", half of it each way, is the
/// default), and "webp" a quality (0..100, by default 75).
/// @throws ConfigError for an unknown name or a parameter out of range, naming the remedy
std::unique_ptr<const PictureCodec> make_picture_codec(std::string_view name);

}  // namespace papilio
