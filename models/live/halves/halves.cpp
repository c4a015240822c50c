#include "models/live/halves/halves.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "models/infer/picture_run.hpp"
#include "models/infer/timed.hpp"
#include "models/live/frame.hpp"
#include "models/networks/network_file.hpp"
#include "models/tensor/quantizer.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/checksum.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

std::vector<float> floats_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* data = flat.data_ptr<float>();
  return {data, data + flat.numel()};
}

std::int64_t top_of(const at::Tensor& row) {
  return row.flatten().argmax().item<std::int64_t>();
}

std::string transform_text(const Transform& t) {
  return fmt::format("{}x{} {} {} {} {} {} {} {} {} {}", t.height, t.width, t.shorter_side, t.bgr,
                     t.scale, t.mean[0], t.mean[1], t.mean[2], t.deviation[0], t.deviation[1],
                     t.deviation[2]);
}

}  // namespace

std::string network_digest(const Network& network) {
  Sha256 sum;
  sum.add(network.graph().name() + "\n" + graph_file(network.graph()));
  for (const auto& [name, tensor] : network.weights()) {
    sum.add(name);
    for (const std::int64_t side : tensor.shape) sum.add(fmt::format(" {}", side));
    sum.add("\n");
    sum.add(tensor.values.data(), tensor.values.size() * sizeof(float));
  }
  return sum.digits();
}

LiveSplit live_split(const std::string& digest, SplitNetwork split, const Cut& cut,
                     std::int64_t channels, const Transform& transform) {
  LivePart part{.cut = cut.of_inputs ? kPictureItself : cut.name,
                .channels = channels,
                .bits = split.bits,
                .shape = feature_shape(split.cut.shape)};
  Sha256 sum;
  sum.add(fmt::format("papilio {}\n{}\n{}\n{}\n{}\n{}\n", kLiveProtocol, digest, part.cut, channels,
                      split.bits, transform_text(transform)));
  part.fingerprint = sum.digits();
  part.max_frame_bytes = most_frame_bytes(part.shape, part.bits, part.of_pictures());
  return {std::move(part), std::move(split)};
}

LiveOffer offer_of(const std::string& network, const std::vector<LiveSplit>& splits) {
  LiveOffer offer{.network = network, .parts = {}};
  offer.parts.reserve(splits.size());
  for (const LiveSplit& one : splits) offer.parts.push_back(one.part);
  return offer;
}

TensorCloud::TensorCloud(std::vector<LiveSplit> splits, const Transform& transform, int threads)
    : splits_{std::move(splits)}, transform_{transform}, threads_{threads} {}

void TensorCloud::begin() {
  set_operation_threads(threads_);
  for (const LiveSplit& one : splits_) {
    std::vector<std::int64_t> sizes{1};
    const TensorShape& shape = one.split.cut.shape;
    for (std::size_t i = 0; i < shape.rank(); ++i) sizes.push_back(shape[i]);
    const Network& network = one.split.network;
    const at::Tensor zeros = at::zeros(sizes, at::kFloat).to(network.device(), network.type());
    static_cast<void>(network.suffix(zeros, one.split.cut));
  }
}

void TensorCloud::decode(const LiveSplit& one, const CloudWork& work, CloudAnswer& answer,
                         std::vector<at::Tensor>& tensors) const {
  const Network& network = one.split.network;
  try {
    if (one.part.of_pictures()) {
      const Image pixels = timed(answer.decode_s, [&] {
        return make_picture_codec(work.codec)->decode(work.frame, transform_);
      });
      tensors.push_back(timed(answer.restore_s, [&] {
        return PictureRun{one.split, transform_}.input_of(pixels);
      }));
      return;
    }
    const QuantizedTensor levels =
        timed(answer.decode_s, [&] { return decode_frame(one.part, work.frame); });
    tensors.push_back(timed(answer.restore_s, [&] {
      return dequantize(levels, is_flat(one.split.cut.shape)).to(network.device(), network.type());
    }));
  } catch (const std::exception& error) {  // whatever it is, the others of its batch are answered
    answer.defect = error.what();
  }
}

std::vector<CloudAnswer> TensorCloud::compute(const LivePart& part,
                                              std::span<const CloudWork> works) {
  const auto found = std::find_if(splits_.begin(), splits_.end(), [&](const LiveSplit& one) {
    return one.part.fingerprint == part.fingerprint;
  });
  PAPILIO_CHECK(found != splits_.end());
  std::vector<CloudAnswer> answers(works.size());
  std::vector<at::Tensor> tensors;
  for (std::size_t i = 0; i < works.size(); ++i) decode(*found, works[i], answers[i], tensors);
  if (tensors.empty()) return answers;
  double compute_s = 0;
  const at::Tensor outputs = timed(compute_s, [&] {
    const at::Tensor batch = tensors.size() == 1 ? tensors.front() : at::cat(tensors);
    return found->split.network.suffix(batch, found->split.cut).to(at::kCPU);
  });
  std::int64_t row = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    CloudAnswer& answer = answers[i];
    if (!answer.defect.empty()) continue;
    const at::Tensor output = outputs[row++];
    answer.top = top_of(output);
    if (works[i].scores) answer.scores = floats_of(output);
    answer.compute_s = compute_s;
  }
  return answers;
}

TensorMobile::TensorMobile(std::vector<LiveSplit> splits, std::vector<PartCodec> codecs,
                           Network whole, const Dataset& pictures, const Transform& transform,
                           LeftOut* left_out)
    : splits_{std::move(splits)}, codecs_{std::move(codecs)}, whole_{std::move(whole)} {
  PAPILIO_CHECK(splits_.size() == codecs_.size());
  const bool sends_pictures = std::any_of(
      splits_.begin(), splits_.end(), [](const LiveSplit& one) { return one.part.of_pictures(); });
  constexpr std::size_t kMostBytes = std::size_t{4} << 30U;
  const Normaliser normaliser{transform};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    PhonePicture picture;
    try {
      picture = phone_picture(pictures, i, transform);
    } catch (const ConfigError& error) {
      if (left_out == nullptr) throw;
      left_out->note(pictures, i, error.what());
      continue;
    }
    at::Tensor image = at::empty({1, 3, transform.height, transform.width}, at::kFloat);
    normaliser.write(picture.pixels, {}, image.data_ptr<float>());
    bytes += image.nbytes() + picture.file.size() + picture.pixels.rgb.size();
    if (bytes > kMostBytes) {
      throw ConfigError{
          "papilio offload: error: these pictures take more than 4 GiB, and all are kept ready; "
          "take fewer with --pictures"};
    }
    indices_.push_back(i);
    images_.push_back(image.to(whole_.device(), whole_.type()));
    if (sends_pictures) phone_.push_back(std::move(picture));
  }
  if (images_.empty()) {
    throw ConfigError{"papilio offload: error: none of the pictures can be read"};
  }
}

void TensorMobile::warm_up() {
  for (std::size_t part = 0; part < splits_.size(); ++part) static_cast<void>(prepare(part, 0));
  static_cast<void>(compute(0, false));
}

MobileWork TensorMobile::prepare(std::size_t part, std::size_t picture) {
  const LiveSplit& one = splits_.at(part);
  const PartCodec& codec = codecs_.at(part);
  MobileWork work;
  if (one.part.of_pictures()) {
    work.codec = codec.picture->traits().name;
    work.frame = timed(work.encode_s, [&] { return codec.picture->encode(phone_.at(picture)); });
    return work;
  }
  const at::Tensor features =
      timed(work.prefix_s, [&] { return features_at(one.split, images_.at(picture)); });
  Payload payload =
      timed(work.encode_s, [&] { return encoded(one.split, features, *codec.features); });
  work.frame = std::move(payload.bytes);
  return work;
}

LocalAnswer TensorMobile::compute(std::size_t picture, bool scores) {
  const at::Tensor output = whole_.forward(images_.at(picture)).to(at::kCPU)[0];
  return {.top = top_of(output), .scores = scores ? floats_of(output) : std::vector<float>{}};
}

}  // namespace papilio
