#include "models/codec/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

[[noreturn]] void refuse_name(std::string_view written, std::string_view family) {
  std::vector<std::string> known;
  known.reserve(codec_families().size());
  for (const CodecFamily& one : codec_families()) known.push_back(one.name);
  throw ConfigError{
      fmt::format("unknown codec '{}'{}", written, suggestion(std::string{family}, known))};
}

/// @param written the whole name, for messages
std::uint8_t read_parameter(const CodecFamily& family, std::string_view text,
                            std::string_view written) {
  if (!family.parameter) {
    throw ConfigError{fmt::format("codec '{}': {} takes no parameter; write '{}'", written,
                                  family.name, family.name)};
  }
  const CodecParameter& parameter = *family.parameter;
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < parameter.min ||
      value > parameter.max) {
    throw ConfigError{
        fmt::format("codec '{}': the {} must be a whole number in {}..{}, as in '{}:{}'", written,
                    parameter.name, parameter.min, parameter.max, family.name,
                    (parameter.min + parameter.max) / 2)};
  }
  return static_cast<std::uint8_t>(value);
}

}  // namespace

const std::vector<CodecFamily>& codec_families() {
  static const std::vector<CodecFamily> kFamilies{
      {"raw", 0, {}, make_raw},
      {"zstd", 1, {}, make_zstd},
      {"zlib", 2, {}, make_zlib},
      {"lzma", 3, {}, make_lzma},
      {"bzip2", 4, {}, make_bzip2},
      {"png", 5, {}, make_png},
      {"jpeg", 6, CodecParameter{"quality", 1, 100, 90}, make_jpeg},
      {"hevc", 7, CodecParameter{"quantisation parameter", 0, 51, kNoParameter}, make_hevc},
  };
  return kFamilies;
}

bool CodecFamily::takes(std::uint8_t value) const {
  if (!parameter) return value == kNoParameter;
  return (value >= parameter->min && value <= parameter->max) || value == parameter->fallback;
}

std::unique_ptr<const Codec> CodecFamily::with(std::uint8_t value) const {
  PAPILIO_CHECK(takes(value));
  return make({.name = value == kNoParameter ? name : fmt::format("{}:{}", name, value),
               .id = id,
               .parameter = value});
}

const std::vector<CodecTraits>& codec_list() {
  static const std::vector<CodecTraits> kList = [] {
    std::vector<CodecTraits> list;
    list.reserve(codec_families().size());
    for (const CodecFamily& one : codec_families()) {
      const std::uint8_t value = one.parameter ? one.parameter->fallback : kNoParameter;
      list.push_back(one.with(value)->traits());
    }
    return list;
  }();
  return kList;
}

std::unique_ptr<const Codec> make_codec(std::string_view name) {
  const std::size_t colon = name.find(':');
  const std::string_view wanted = name.substr(0, colon);
  const auto family = std::find_if(codec_families().begin(), codec_families().end(),
                                   [&](const CodecFamily& one) { return one.name == wanted; });
  if (family == codec_families().end()) refuse_name(name, wanted);
  if (colon != std::string_view::npos) {
    return family->with(read_parameter(*family, name.substr(colon + 1), name));
  }
  return family->with(family->parameter ? family->parameter->fallback : kNoParameter);
}

}  // namespace papilio
