#include "models/codec/codec.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "models/codec/codecs.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

constexpr int kDefaultQuality = 90;

/// One codec by its name without parameter.
struct Entry {
  std::string name;
  int least{0};  ///< of the parameter; where `most` is 0 there is none
  int most{0};
  std::unique_ptr<const Codec> (*make)(std::optional<int> parameter){nullptr};
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> kEntries{
      {"raw", 0, 0, [](std::optional<int>) { return raw_codec(); }},
      {"zstd", 0, 0, [](std::optional<int>) { return zstd_codec(); }},
      {"zlib", 0, 0, [](std::optional<int>) { return zlib_codec(); }},
      {"lzma", 0, 0, [](std::optional<int>) { return lzma_codec(); }},
      {"bzip2", 0, 0, [](std::optional<int>) { return bzip2_codec(); }},
      {"png", 0, 0, [](std::optional<int>) { return png_codec(); }},
      {"jpeg", 1, 100,
       [](std::optional<int> quality) { return jpeg_codec(quality.value_or(kDefaultQuality)); }},
      {"hevc", 0, 51, hevc_codec},
  };
  return kEntries;
}

}  // namespace

const std::vector<CodecTraits>& codec_list() {
  static const std::vector<CodecTraits> kList = [] {
    std::vector<CodecTraits> list;
    for (const Entry& entry : entries()) list.push_back(entry.make(std::nullopt)->traits());
    return list;
  }();
  return kList;
}

std::unique_ptr<const Codec> make_codec(std::string_view name) {
  const std::size_t colon = name.find(':');
  const std::string base{name.substr(0, colon)};
  std::vector<std::string> names;
  for (const Entry& entry : entries()) {
    names.push_back(entry.name);
    if (entry.name != base) continue;
    if (colon == std::string_view::npos) return entry.make(std::nullopt);
    const std::string_view text = name.substr(colon + 1);
    int parameter = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), parameter);
    if (entry.most == 0) {
      throw ConfigError{
          fmt::format("papilio: error: the codec '{}' takes no parameter; write '{}'", base, base)};
    }
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() ||
        parameter < entry.least || parameter > entry.most) {
      throw ConfigError{
          fmt::format("papilio: error: the codec '{}' takes {} to {}, as '{}:{}', not "
                      "'{}'",
                      base, entry.least, entry.most, base, entry.most / 2, text)};
    }
    return entry.make(parameter);
  }
  throw ConfigError{
      fmt::format("papilio: error: there is no codec '{}'{}", name, suggestion(base, names))};
}

}  // namespace papilio
