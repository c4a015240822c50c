// Claims: codecs are timed in as many passes as were asked for, on the very bytes that a picture
// sends when the network runs in two halves; a measurement can be stopped.

#include "models/infer/codec_times.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "models/tensor/runtime.hpp"
#include "models/zoo/zoo.hpp"

namespace papilio {
namespace {

SplitNetwork split_after(const char* block) {
  start_tensor_runtime("cpu", 1);
  Network network{*find_model("resnet20-cifar10")};
  network.initialize(1);
  const Cut cut = *network.graph().find_cut(block);
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

}  // namespace
}  // namespace papilio
