#include "models/app/codec_profile.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/infer/codec_times.hpp"
#include "models/infer/picture_run.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"

namespace papilio {
namespace {

/// The mean of a number of each picture.
template <class Get>
double mean_of(const CodecProfile& profile, Get get) {
  double sum = 0;
  for (const Crossed& crossed : profile.results.crossed) sum += static_cast<double>(get(crossed));
  return sum / static_cast<double>(profile.results.crossed.size());
}

TableCell percent(double share) {
  return decimals(100 * share, 1);
}

}  // namespace

std::vector<NamedImage> load_images(const Dataset& pictures, const Transform& transform,
                                    const Network& network, LeftOut* left_out) {
  const SplitNetwork whole{network, network.graph().cuts().front()};
  const PictureRun run{whole, transform};
  std::vector<NamedImage> images;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    NamedImage one{.name = pictures.name(i)};
    try {
      one.picture = phone_picture(pictures, i, transform);
    } catch (const ConfigError& error) {
      if (left_out == nullptr) throw;
      left_out->note(pictures, i, error.what());
      continue;
    }
    one.image = run.input_of(one.picture.pixels);
    images.push_back(std::move(one));
  }
  if (images.empty() && left_out != nullptr) throw ConfigError{none_readable(pictures, *left_out)};
  return images;
}

NamedImage random_image(const Network& network) {
  const TensorShape& shape = network.graph().layers().front().shape;
  NamedImage one{.name = "random", .image = random_inputs(network, 1).at(0)};
  one.picture.pixels = {.height = shape.height(), .width = shape.width()};
  Stream stream{StreamFamily{1, "random picture"}};
  for (std::int64_t i = 0; i < 3 * shape.height() * shape.width(); ++i) {
    one.picture.pixels.rgb.push_back(static_cast<std::uint8_t>(256 * stream.uniform()));
  }
  return one;
}

std::vector<CodecProfile> measure_codecs(
    const Network& network, const std::vector<Cut>& cuts, int bits, const CrossingCodecs& codecs,
    const std::vector<NamedImage>& images, const Transform& transform, MeasureSpec spec,
    const std::function<void(double, const std::string&)>& show) {
  std::vector<CodecProfile> profiles;
  std::size_t total = 0;
  for (const Cut& cut : cuts) {
    total += images.size() * (cut.of_inputs ? codecs.pictures.size() : codecs.features.size());
  }
  spec.limit_s /= static_cast<double>(std::max<std::size_t>(total, 1));
  std::size_t done = 0;
  /// Times one codec with every picture.
  const auto add = [&](CodecResults about, const auto& measure) {
    CodecProfile profile{.results = std::move(about)};
    for (std::size_t i = 0; i < images.size(); ++i) {
      const CodecTimes times = measure(i, [&] {
        show(static_cast<double>(done) / static_cast<double>(total),
             fmt::format("{} at {}", profile.results.codec, profile.results.cut));
      });
      profile.results.images.push_back(images[i].name);
      profile.results.crossed.push_back(
          {.body_bytes = times.body_bytes,
           .frame_bytes = times.frame_bytes,
           .times = {.encode_s = times.encode.value, .decode_s = times.decode.value}});
      profile.encode_worst = std::max(profile.encode_worst, relative_half_width(times.encode));
      profile.decode_worst = std::max(profile.decode_worst, relative_half_width(times.decode));
      ++done;
    }
    profiles.push_back(std::move(profile));
  };
  for (const Cut& cut : cuts) {
    const SplitNetwork split{network, cut, bits};
    if (cut.of_inputs) {
      const PictureRun run{split, transform};
      for (const std::shared_ptr<const PictureCodec>& codec : codecs.pictures) {
        add({.cut = kInputCut,
             .codec = codec->traits().name,
             .lossless = codec->traits().lossless,
             .raw_bytes = cut.shape.bytes(8)},
            [&](std::size_t i, const auto& watch) {
              return run.measure(images[i].picture, *codec, spec, watch);
            });
      }
      continue;
    }
    std::vector<at::Tensor> features;
    for (const NamedImage& one : images) features.push_back(features_at(split, one.image));
    for (const std::shared_ptr<const Codec>& codec : codecs.features) {
      add({.cut = cut.name,
           .bits = bits,
           .codec = codec->traits().name,
           .lossless = codec->traits().lossless,
           .raw_bytes = cut.shape.bytes(8)},
          [&](std::size_t i, const auto& watch) {
            return measure_codec(split, features[i], *codec, spec, watch);
          });
    }
  }
  return profiles;
}

std::string codec_file(const std::vector<CodecProfile>& profiles) {
  std::vector<CodecResults> all;
  all.reserve(profiles.size());
  for (const CodecProfile& profile : profiles) all.push_back(profile.results);
  return to_csv(payload_table(all));
}

Section codec_section(const std::string& model, const std::vector<CodecProfile>& profiles,
                      bool random_weights, double precision) {
  Table table{.columns = {{"cut", true},
                          {"codec", true},
                          {"body, bytes"},
                          {"of raw"},
                          {"encode, us"},
                          {"± %"},
                          {"decode, us"},
                          {"± %"}}};
  double raw = 0;  // of the rows' cut, whose first codec it is
  std::size_t coarse = 0;
  for (const CodecProfile& profile : profiles) {
    const double body = mean_of(profile, [](const Crossed& c) { return c.body_bytes; });
    if (profile.results.codec == "raw") raw = body;
    coarse += std::max(profile.encode_worst, profile.decode_worst) > precision ? 1U : 0U;
    const double encode_s = mean_of(profile, [](const Crossed& c) { return c.times.encode_s; });
    const double decode_s = mean_of(profile, [](const Crossed& c) { return c.times.decode_s; });
    table.rows.push_back({profile.results.cut, profile.results.codec, decimals(body, 1),
                          decimals(body / raw, 3), decimals(encode_s * 1e6, 2),
                          percent(profile.encode_worst), decimals(decode_s * 1e6, 2),
                          percent(profile.decode_worst)});
  }
  const std::size_t pictures = profiles.empty() ? 0 : profiles.front().results.images.size();
  Section section{
      .title = fmt::format("{}, codecs at {} bits", model,
                           profiles.empty() ? 0 : profiles.front().results.bits),
      .table = std::move(table),
      .remarks = {fmt::format("{} picture{}; encode: quantiser, codec and frame, or the picture's "
                              "encoder; decode: the way back, normalisation included. Means of the "
                              "pictures' medians; ±: of the least precise one.",
                              pictures, pictures == 1 ? "" : "s")}};
  if (coarse > 0) {
    section.remarks.push_back(
        fmt::format("{} of {} rows are NOT as precise as was asked for; a greater --limit helps.",
                    coarse, profiles.size()));
  }
  if (random_weights) {
    section.remarks.push_back(
        "Random weights: features of a trained network compress to other sizes, in other times; "
        "give --weights and pictures.");
  }
  return section;
}

}  // namespace papilio
