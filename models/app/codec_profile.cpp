#include "models/app/codec_profile.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/dataset/loader.hpp"
#include "models/infer/codec_times.hpp"
#include "models/train/evaluation.hpp"

namespace papilio {
namespace {

std::string name_of(const CodecResults& results) {
  return results.cut.empty() ? "input" : results.cut;
}

/// The mean of a number of each picture.
template <class Get>
double mean_of(const CodecProfile& profile, Get get) {
  double sum = 0;
  for (const Crossed& crossed : profile.results.crossed) sum += static_cast<double>(get(crossed));
  return sum / static_cast<double>(profile.results.crossed.size());
}

std::string percent(double share) {
  return fmt::format("{:.1f}", 100 * share);
}

}  // namespace

std::vector<NamedImage> load_images(const std::shared_ptr<const Dataset>& pictures,
                                    const Transform& transform, const Network& network) {
  std::vector<NamedImage> images;
  Loader loader{pictures, transform, 1};
  loader.start({.batch_size = 1});
  for (Batch batch = loader.next(); batch.size() > 0; batch = loader.next()) {
    // A copy, for on the CPU it would be the batch's memory.
    images.push_back({pictures->name(batch.indices[0]),
                      images_of(batch, network).to(network.type(), false, /*copy=*/true)});
  }
  return images;
}

std::vector<CodecProfile> measure_codecs(
    const Network& network, const std::vector<Cut>& cuts, int bits,
    const std::vector<std::shared_ptr<const Codec>>& codecs, const std::vector<NamedImage>& images,
    MeasureSpec spec, const std::function<void(double, const std::string&)>& show) {
  std::vector<CodecProfile> profiles;
  const std::size_t total = cuts.size() * codecs.size() * images.size();
  spec.limit_s /= static_cast<double>(std::max<std::size_t>(total, 1));
  std::size_t done = 0;
  for (const Cut& cut : cuts) {
    const SplitNetwork split{network, cut, bits};
    std::vector<at::Tensor> features;
    for (const NamedImage& one : images) features.push_back(features_at(split, one.image));
    for (const std::shared_ptr<const Codec>& codec : codecs) {
      CodecProfile profile{.results = {.cut = cut.after == 0 ? "" : cut.name,
                                       .bits = bits,
                                       .codec = codec->traits().name,
                                       .lossless = codec->traits().lossless,
                                       .raw_bytes = cut.shape.bytes(8)}};
      for (std::size_t i = 0; i < images.size(); ++i) {
        const CodecTimes times = measure_codec(split, features[i], *codec, spec, [&] {
          show(static_cast<double>(done) / static_cast<double>(total),
               fmt::format("{} at {}", codec->traits().name, name_of(profile.results)));
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
    table.rows.push_back({name_of(profile.results), profile.results.codec,
                          fmt::format("{:.1f}", body), fmt::format("{:.3f}", body / raw),
                          fmt::format("{:.2f}", encode_s * 1e6), percent(profile.encode_worst),
                          fmt::format("{:.2f}", decode_s * 1e6), percent(profile.decode_worst)});
  }
  const std::size_t pictures = profiles.empty() ? 0 : profiles.front().results.images.size();
  Section section{
      .title = fmt::format("{}, codecs at {} bits", model,
                           profiles.empty() ? 0 : profiles.front().results.bits),
      .table = std::move(table),
      .remarks = {fmt::format("{} picture{}; encode: quantiser, codec and frame; decode: the way "
                              "back. Means of the pictures' medians; ±: of the least precise one.",
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
