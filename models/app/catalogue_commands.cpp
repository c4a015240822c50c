#include <fmt/format.h>

#include "models/app/command.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/codec/codec.hpp"
#include "models/codec/picture_codec.hpp"
#include "models/dataset/dataset.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {

void datasets_command(const Words& words) {
  CommandLine line = datasets_line();
  if (!line.parse(words)) return;
  Table table{.columns = {{"dataset", true}, {"present", true}, {"pictures", true}}};
  for (const DatasetEntry& entry : dataset_list()) {
    table.rows.push_back({entry.name, entry.present ? "yes" : "no", entry.summary});
  }
  print({.title = "Datasets",
         .sections = {{.title = "Known by name",
                       .table = std::move(table),
                       .remarks = {"They are looked for in " + data_folder().string() +
                                   "; PAPILIO_DATA names another folder."}}}},
        line.get<std::string>("format"), line.is_wide());
}

void codecs_command(const Words& words) {
  CommandLine line = codecs_line();
  if (!line.parse(words)) return;
  // One table, for CSV has room for one.
  Table table{
      .columns = {
          {"codec", true}, {"of", true}, {"lossless", true}, {"bits"}, {"what it is", true}}};
  const auto add = [&](const auto& traits, const char* of, TableCell bits) {
    table.rows.push_back(
        {traits.name, of, traits.lossless ? "yes" : "no", std::move(bits), traits.summary});
  };
  for (const CodecTraits& traits : codec_list()) {
    add(traits, "features",
        TableCell::Real{.value = {1, static_cast<double>(traits.max_bits)},
                        .form = {.style = Form::Style::kDecimals, .between = " to "}});
  }
  for (const PictureCodecTraits& traits : picture_codec_list()) add(traits, "picture", none());
  print({.title = "Codecs",
         .sections = {{.title = "Of feature tensors, and of the picture at the network's input",
                       .table = std::move(table),
                       .remarks = {"'jpeg:Q' sets its quality, 1 to 100; 'hevc:QP' makes HEVC "
                                   "lossy, 0 to 51.",
                                   "Of the picture, 'jpeg:Q:444' keeps whole colour, and 'webp:Q' "
                                   "has a quality of its own, 0 to 100. All but 'file' are of the "
                                   "picture at the size that the network takes."}}}},
        line.get<std::string>("format"), line.is_wide());
}

}  // namespace papilio
