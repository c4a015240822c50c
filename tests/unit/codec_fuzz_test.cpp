// Claims, for each codec on 10,000 mutated payloads: as received, all of them are refused; with the
// checksum made right again, each is refused or gives a tensor of the expected shape whose levels
// fit; the receiver neither crashes nor takes memory without bound.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "models/codec/payload.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/mutator.hpp"
#include "tests/support/tensors.hpp"

namespace papilio {
namespace {

using testing::Mutator;

constexpr int kMutations = 10000;
constexpr long kMemoryKib = 32L * 1024 + testing::kQuarantineKib;

std::optional<QuantizedTensor> try_decode(const ByteBuffer& bytes, const FeatureShape& shape) {
  try {
    return decode_payload(bytes, shape);
  } catch (const PayloadError&) {
    return std::nullopt;
  }
}

std::string test_name(const ::testing::TestParamInfo<std::string>& codec) {
  std::string name = codec.param;
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

class CodecFuzz : public ::testing::TestWithParam<std::string> {};

TEST_P(CodecFuzz, MutatedPayloadsAreRefusedOrOfTheExpectedShape) {
  const auto codec = make_codec(GetParam());
  struct Sample {
    QuantizedTensor tensor;
    ByteBuffer bytes;
  };
  std::vector<Sample> samples;
  for (const FeatureShape& shape : {FeatureShape{1, 7, 7}, {10, 7, 7}, {5, 14, 14}, {4, 16, 16}}) {
    for (const int bits : {3, 8, codec->traits().max_bits}) {
      for (QuantizedTensor tensor :
           {random_tensor(shape, bits, 1), smooth_tensor(shape, bits, 2)}) {
        ByteBuffer bytes = encode_payload(*codec, tensor).bytes;
        samples.push_back({std::move(tensor), std::move(bytes)});
      }
    }
  }
  for (const Sample& one : samples) (void)decode_payload(one.bytes, one.tensor.shape);
  const long memory_before = testing::peak_memory_kib();

  Mutator mutator{20190718};
  int refused = 0;
  int decoded = 0;
  for (int i = 0; i < kMutations; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const Sample& sample = samples[index % samples.size()];
    const FeatureShape& shape = sample.tensor.shape;
    ByteBuffer bytes = mutator.mutate(sample.bytes, samples[(index / 7) % samples.size()].bytes);
    EXPECT_THROW((void)decode_payload(bytes, shape), PayloadError) << "mutation " << i;
    mutator.seal(bytes);
    const std::optional<QuantizedTensor> tensor = try_decode(bytes, shape);
    if (!tensor) {
      ++refused;
      continue;
    }
    ++decoded;
    ASSERT_EQ(tensor->shape, shape);
    ASSERT_EQ(tensor->levels.size(), static_cast<std::size_t>(shape.elements()));
    ASSERT_TRUE(std::all_of(tensor->levels.begin(), tensor->levels.end(),
                            [&](std::uint16_t level) { return level >> tensor->bits == 0; }));
    ASSERT_TRUE(std::isfinite(tensor->min) && tensor->min <= tensor->max &&
                std::isfinite(tensor->max));
    // No memory of others shows through: what is decoded again is the same.
    ASSERT_EQ(try_decode(bytes, shape), tensor) << "mutation " << i;
  }
  const long memory_kib = testing::peak_memory_kib() - memory_before;
  EXPECT_EQ(refused + decoded, kMutations);
  EXPECT_LT(memory_kib, kMemoryKib);
  RecordProperty("refused", refused);
  RecordProperty("decoded", decoded);
  fmt::print("{}: of {} sealed mutations {} refused, {} decoded; {} KiB more at the peak\n",
             GetParam(), kMutations, refused, decoded, memory_kib);
}

INSTANTIATE_TEST_SUITE_P(Codecs, CodecFuzz,
                         ::testing::Values("raw", "zstd", "zlib", "lzma", "bzip2", "png", "jpeg:90",
                                           "hevc", "hevc:27"),
                         test_name);

}  // namespace
}  // namespace papilio
