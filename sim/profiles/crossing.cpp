#include "sim/profiles/crossing.hpp"

#include <fmt/format.h>

namespace papilio {
namespace {

constexpr std::int64_t kMostBits = 32;

}  // namespace

std::string to_string(const Crossing& crossing) {
  return fmt::format("{}, channels {}, bits {}, codec {}",
                     crossing.cut.empty() ? "the picture" : "cut " + crossing.cut,
                     crossing.channels, crossing.bits, crossing.codec);
}

CrossingReader::CrossingReader(const Graph& graph, Uncut uncut)
    : network_{graph.name()}, uncut_{uncut} {
  for (const Cut& cut : graph.cuts()) {
    cuts_.emplace(cut.name, cut);
    cuts_.emplace(graph.layer(cut.after).name, cut);
  }
}

Crossing CrossingReader::read(const CsvTable& table, std::size_t row) const {
  Crossing crossing;
  const std::string& name = table.text(row, "cut");
  std::int64_t most_channels = 0;
  const std::string& codec = table.text(row, "codec");
  const bool uncut = name.empty();
  if (uncut && (uncut_ == Uncut::kRefused || (!codec.empty() && codec != kRawCodec))) {
    table.fail(
        row, "cut",
        fmt::format("a cut, or '{0}' where the picture crosses. Rows without one are of an "
                    "old kind, whose '{1}' was of the normalised tensor and not the "
                    "picture's; measure again with 'papilio infer --model {2} --weights FILE "
                    "--data NAME --after {0} --codecs {1}'",
                    kPictureCut, codec.empty() ? kRawCodec : codec, network_));
  }
  if (!uncut && name != kPictureCut) {
    const auto cut = cuts_.find(name);
    if (cut == cuts_.end()) table.fail(row, "cut", fmt::format("a cut of '{}'", network_));
    if (cut->second.of_inputs) {
      table.fail(row, "cut", fmt::format("'{}', where the picture crosses", kPictureCut));
    }
    crossing.cut = cut->second.name;
    most_channels = cut->second.unit_channels;
  }
  crossing.channels = table.whole(row, "channels", 0, most_channels);
  const std::string& bits = table.text(row, "bits");
  if (!uncut || (!bits.empty() && bits != "0")) {
    crossing.bits = table.whole(row, "bits", 1, kMostBits);
  }
  if (!codec.empty()) {
    crossing.codec = codec;
  } else if (!uncut) {
    table.fail(row, "codec", "the name of a codec");
  }
  return crossing;
}

}  // namespace papilio
