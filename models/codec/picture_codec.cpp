#include "models/codec/picture_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "models/codec/picture_formats.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

constexpr int kUsualJpegQuality = 90;
constexpr int kUsualWebpQuality = 75;  // libwebp's own

/// A codec's name as it was written, in its parts.
struct WrittenName {
  std::string_view whole;
  std::string_view family;
  std::vector<std::string_view> parameters;

  explicit WrittenName(std::string_view name) : whole{name} {
    std::size_t colon = name.find(':');
    family = name.substr(0, colon);
    while (colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
      colon = name.find(':');
      parameters.push_back(name.substr(0, colon));
    }
  }

  [[noreturn]] void refuse(std::string_view problem) const {
    throw ConfigError{fmt::format("codec '{}': {}", whole, problem)};
  }
};

int quality_of(const WrittenName& name, int least, int usual) {
  if (name.parameters.empty()) return usual;
  const std::string_view text = name.parameters.front();
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > 100) {
    name.refuse(fmt::format("the quality must be a whole number in {}..100, as in '{}:{}'", least,
                            name.family, usual));
  }
  return value;
}

std::unique_ptr<const PictureCodec> make_jpeg(const WrittenName& name) {
  const int quality = quality_of(name, 1, kUsualJpegQuality);
  if (name.parameters.size() < 2) return make_jpeg_picture(quality, /*whole_colour=*/false);
  const std::string_view colour = name.parameters[1];
  if (name.parameters.size() > 2 || (colour != "420" && colour != "444")) {
    name.refuse(fmt::format("behind the quality stands 420 or 444, as in 'jpeg:{}:444'", quality));
  }
  return make_jpeg_picture(quality, colour == "444");
}

std::unique_ptr<const PictureCodec> make_webp(const WrittenName& name) {
  if (name.parameters.size() > 1) name.refuse("webp takes a quality alone, as in 'webp:75'");
  return make_webp_picture(quality_of(name, 0, kUsualWebpQuality));
}

template <std::unique_ptr<const PictureCodec> (*make)()>
std::unique_ptr<const PictureCodec> make_plain(const WrittenName& name) {
  if (!name.parameters.empty()) {
    name.refuse(fmt::format("{0} takes no parameter; write '{0}'", name.family));
  }
  return make();
}

struct Family {
  const char* name;
  std::unique_ptr<const PictureCodec> (*make)(const WrittenName& name);
  /// Further names in lists.
  std::vector<std::string> variants{};
};

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies{
      {"raw", make_plain<make_raw_picture>},
      {"file", make_plain<make_file_picture>},
      {"png", make_plain<make_png_picture>},
      {"jpeg", make_jpeg, {"jpeg:90:444"}},
      {"webp", make_webp},
  };
  return kFamilies;
}

}  // namespace

ByteBuffer PictureCodec::encode(const PhonePicture& picture) const {
  if (traits_.sends_file) {
    if (picture.file.empty()) throw std::invalid_argument{"the picture has no file to send"};
    return do_encode(picture);
  }
  const Image& image = picture.pixels;
  const bool fits = image.height >= 1 && image.width >= 1 && image.height <= kMaxPictureSide &&
                    image.width <= kMaxPictureSide;
  if (!fits || image.rgb.size() != static_cast<std::size_t>(3 * image.height * image.width)) {
    throw std::invalid_argument{
        fmt::format("pictures of {} x {} pixels are not sent: sides go up to {}", image.width,
                    image.height, kMaxPictureSide)};
  }
  return do_encode(picture);
}

Image PictureCodec::decode(std::span<const std::uint8_t> bytes, const Transform& transform) const {
  Image image = do_decode(bytes, transform);
  PAPILIO_CHECK(image.height == transform.height && image.width == transform.width);
  return image;
}

const std::vector<PictureCodecTraits>& picture_codec_list() {
  static const std::vector<PictureCodecTraits> kList = [] {
    std::vector<PictureCodecTraits> list;
    for (const Family& one : families()) {
      list.push_back(make_picture_codec(one.name)->traits());
      for (const std::string& name : one.variants) {
        list.push_back(make_picture_codec(name)->traits());
      }
    }
    return list;
  }();
  return kList;
}

std::vector<std::string> picture_codec_names() {
  std::vector<std::string> names;
  for (const Family& one : families()) names.emplace_back(one.name);
  return names;
}

std::unique_ptr<const PictureCodec> make_picture_codec(std::string_view name) {
  const WrittenName written{name};
  for (const Family& one : families()) {
    if (one.name == written.family) return one.make(written);
  }
  throw ConfigError{fmt::format("unknown codec '{}' of pictures{}", name,
                                suggestion(std::string{written.family}, picture_codec_names()))};
}

}  // namespace papilio
