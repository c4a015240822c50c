#include "models/infer/picture_run.hpp"

#include <ATen/ATen.h>

#include <utility>

#include "models/infer/timed.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"

namespace papilio {

PhonePicture phone_picture(const Dataset& dataset, std::size_t index, const Transform& transform) {
  return {.pixels = prepare(transform, dataset.load(index)),
          .file = dataset.file(index).value_or(ByteBuffer{})};
}

PictureRun::PictureRun(const SplitNetwork& split, const Transform& transform)
    : split_{split}, transform_{transform}, normaliser_{transform} {
  PAPILIO_CHECK(split.cut.of_inputs && split.cut.shape.channels() == 3 && !transform.augment);
}

at::Tensor PictureRun::input_of(const Image& pixels) const {
  at::Tensor input = at::empty({1, 3, transform_.height, transform_.width}, at::kFloat);
  normaliser_.write(pixels, {}, input.data_ptr<float>());
  return input.to(split_.network.device(), split_.network.type());
}

at::Tensor PictureRun::received(std::span<const std::uint8_t> bytes,
                                const PictureCodec& codec) const {
  return input_of(codec.decode(bytes, transform_));
}

std::vector<Crossed> PictureRun::run(
    const PhonePicture& picture,
    const std::vector<std::shared_ptr<const PictureCodec>>& codecs) const {
  std::vector<Crossed> results;
  results.reserve(codecs.size());
  for (const std::shared_ptr<const PictureCodec>& codec : codecs) {
    Crossed crossed;
    const ByteBuffer bytes = timed(crossed.times.encode_s, [&] { return codec->encode(picture); });
    crossed.body_bytes = bytes.size();
    const at::Tensor arrived =
        timed(crossed.times.decode_s, [&] { return received(bytes, *codec); });
    crossed.logits = timed(crossed.times.suffix_s,
                           [&] { return split_.network.suffix(arrived, split_.cut).to(at::kCPU); });
    results.push_back(std::move(crossed));
  }
  return results;
}

CodecTimes PictureRun::measure(const PhonePicture& picture, const PictureCodec& codec,
                               const MeasureSpec& spec, const std::function<void()>& watch) const {
  return measure_coding(
      [&] {
        Payload payload{.bytes = codec.encode(picture)};
        payload.body_bytes = payload.bytes.size();
        return payload;
      },
      [&](const Payload& payload) {
        static_cast<void>(received(payload.bytes, codec));
        catch_up(split_.network.device());
      },
      spec, watch);
}

}  // namespace papilio
