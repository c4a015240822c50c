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

CrossingReader::CrossingReader(const Graph& graph, Picture picture)
    : network_{graph.name()}, picture_{picture} {
  for (const Cut& cut : graph.cuts()) {
    cuts_.emplace(cut.name, cut);
    cuts_.emplace(graph.layer(cut.after).name, cut);
  }
}

Crossing CrossingReader::read(const CsvTable& table, std::size_t row) const {
  Crossing crossing;
  const std::string& name = table.text(row, "cut");
  std::int64_t most_channels = 0;
  if (!name.empty()) {
    const auto cut = cuts_.find(name);
    if (cut == cuts_.end()) table.fail(row, "cut", fmt::format("a cut of '{}'", network_));
    if (cut->second.after == 0) table.fail(row, "cut", "an empty cell, for the input picture");
    crossing.cut = cut->second.name;
    most_channels = cut->second.shape.channels;
  }
  crossing.channels = table.whole(row, "channels", 0, most_channels);
  const bool may_lack = name.empty() && picture_ == Picture::kDefault;
  const std::string& bits = table.text(row, "bits");
  if (!may_lack || (!bits.empty() && bits != "0")) {
    crossing.bits = table.whole(row, "bits", 1, kMostBits);
  }
  const std::string& codec = table.text(row, "codec");
  if (!codec.empty()) {
    crossing.codec = codec;
  } else if (!may_lack) {
    table.fail(row, "codec", "the name of a codec");
  }
  return crossing;
}

}  // namespace papilio
