// Claims: codecs are timed in as many passes as were asked for, on the very bytes that a picture
// sends when the network runs in two halves; a measurement can be stopped. A network behind the
// radio runs on the picture that was decoded there.

#include "models/infer/codec_times.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "models/infer/picture_run.hpp"
#include "models/tensor/runtime.hpp"
#include "models/zoo/zoo.hpp"
#include "tests/support/pictures.hpp"

namespace papilio {
namespace {

SplitNetwork split_after(const char* block) {
  start_tensor_runtime("cpu", 1);
  Network network{*find_model("resnet20-cifar10")};
  network.initialize(1);
  const Cut cut = std::string_view{block} == "input" ? network.graph().cuts().front()
                                                     : *network.graph().find_cut(block);
  return {std::move(network), cut, 8};
}

TEST(CodecTimes, AreOfTheBytesThatASplitRunSends) {
  const SplitNetwork split = split_after("RB3");
  at::manual_seed(1);
  const at::Tensor picture = at::randn({1, 3, 32, 32});
  const std::vector<std::shared_ptr<const Codec>> codecs{make_codec("raw"), make_codec("zstd"),
                                                         make_codec("hevc")};
  const std::vector<Crossed> sent = run_split(split, picture, codecs);
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    std::size_t passes = 0;
    const CodecTimes times = measure_codec(split, features_at(split, picture), *codecs[i],
                                           {.precision = 10, .least = 10}, [&] { ++passes; });
    EXPECT_EQ(times.body_bytes, sent[i].body_bytes) << codecs[i]->traits().name;
    EXPECT_EQ(times.frame_bytes, sent[i].frame_bytes);
    EXPECT_EQ(passes, 10U);
    EXPECT_GT(times.encode.value, 0);
    EXPECT_GT(times.decode.value, 0);
    EXPECT_TRUE(times.encode.half_width.has_value());
  }
}

TEST(CodecTimes, EndAtTheirLimitsAndWhenStopped) {
  const SplitNetwork split = split_after("RB9");
  const at::Tensor features = features_at(split, at::zeros({1, 3, 32, 32}));
  const std::unique_ptr<const Codec> raw = make_codec("raw");
  std::size_t passes = 0;
  measure_codec(split, features, *raw, {.precision = 1e-12, .least = 10, .most = 25},
                [&] { ++passes; });
  EXPECT_EQ(passes, 25U);
  passes = 0;
  measure_codec(split, features, *raw, {.precision = 1e-12, .least = 10, .limit_s = 1e-9},
                [&] { ++passes; });
  EXPECT_EQ(passes, 10U);
  EXPECT_THROW(measure_codec(split, features, *raw, {}, [] { throw std::runtime_error{"stop"}; }),
               std::runtime_error);
}

/// The picture whose pixel in row y and column x is (y, x, 60).
PhonePicture slopes() {
  return {testing::coordinates(32, 32, 60), {}};
}

// What loses no pixel loses no digit of the answer: the network is run on what was decoded. Its own
// mean and deviation stand for those of any normalisation.
TEST(PictureRun, RunsTheNetworkOnWhatArrives) {
  const SplitNetwork split = split_after("input");
  const Transform transform{.height = 32, .width = 32, .shorter_side = 32};
  const PictureRun run{split, transform};
  const at::Tensor whole = split.network.forward(run.input_of(slopes().pixels));
  const std::vector<std::shared_ptr<const PictureCodec>> codecs{
      make_picture_codec("raw"), make_picture_codec("png"), make_picture_codec("jpeg:5")};
  const std::vector<Crossed> sent = run.run(slopes(), codecs);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].body_bytes, 3U * 32 * 32);
  EXPECT_EQ(sent[0].frame_bytes, 0U) << "a picture is a file by itself";
  EXPECT_TRUE(at::equal(sent[0].logits, whole));
  EXPECT_TRUE(at::equal(sent[1].logits, whole));
  EXPECT_FALSE(at::equal(sent[2].logits, whole));
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    const CodecTimes times =
        run.measure(slopes(), *codecs[i], {.precision = 10, .least = 10}, [] {});
    EXPECT_EQ(times.body_bytes, sent[i].body_bytes);
    EXPECT_EQ(times.frame_bytes, 0U);
    EXPECT_GT(times.decode.value, 0);
  }
  // The first pixel is (0, 0, 60), as the network takes colours.
  const at::Tensor input = run.input_of(slopes().pixels);
  EXPECT_FLOAT_EQ(input[0][2][0][0].item<float>(), (60.0F / 255 - 0.406F) / 0.225F);
}

}  // namespace
}  // namespace papilio
