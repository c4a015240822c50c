// Claims, for each codec on 10,000 mutated payloads: as received, all of them are refused; with the
// checksum made right again, each is refused or gives a tensor of the expected shape whose levels
// fit; the receiver neither crashes nor takes memory without bound.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <optional>
#include <vector>

#include "models/codec/crc32c.hpp"
#include "models/codec/payload.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/tensors.hpp"

namespace papilio {
namespace {

constexpr int kMutations = 10000;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kLengthOffset = 22;
constexpr std::size_t kBodyOffset = 26;

constexpr long kMemoryKib = 32L * 1024 + testing::kQuarantineKib;

std::optional<QuantizedTensor> try_decode(const ByteBuffer& bytes, const FeatureShape& shape) {
  try {
    return decode_payload(bytes, shape);
  } catch (const PayloadError&) {
    return std::nullopt;
  }
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : generator_{seed} {}

  /// One to four changes of any kind.
  ByteBuffer mutate(const ByteBuffer& original, const ByteBuffer& other) {
    ByteBuffer bytes = original;
    while (bytes == original) {
      for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes, other);
    }
    return bytes;
  }

  /// Makes the checksum right, and half the time the length too, so that what is behind them is
  /// reached.
  void seal(ByteBuffer& bytes) {
    if (bytes.size() < kFrameBytes) return;
    if (below(2) == 0) put(bytes, kLengthOffset, bytes.size() - kFrameBytes);
    put(bytes, bytes.size() - kCrcBytes, crc32c(std::span{bytes}.first(bytes.size() - kCrcBytes)));
  }

 private:
  std::size_t below(std::size_t bound) {
    return boost::random::uniform_int_distribution<std::size_t>{0, bound - 1}(generator_);
  }
  std::uint8_t any_byte() { return static_cast<std::uint8_t>(below(256)); }

  static void put(ByteBuffer& bytes, std::size_t offset, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[offset + i] = static_cast<std::uint8_t>(value >> 8 * i);
    }
  }

  void change(ByteBuffer& bytes, const ByteBuffer& other) {
    if (bytes.empty()) return;
    const std::size_t place = below(bytes.size());
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(place);
    switch (below(8)) {
      case 0:
      case 1:
        *at = static_cast<std::uint8_t>(*at ^ 1U << below(8));
        return;
      case 2:
        *at = any_byte();
        return;
      case 3: {  // extremes, in a row
        const std::size_t count = std::min(1 + below(4), bytes.size() - place);
        std::fill_n(at, count, below(2) == 0 ? std::uint8_t{0} : std::uint8_t{255});
        return;
      }
      case 4:
        bytes.resize(place);
        return;
      case 5:
        for (std::size_t count = 1 + below(16); count > 0; --count) bytes.push_back(any_byte());
        return;
      case 6: {  // a piece of another payload, too short to be one
        const std::size_t from = below(other.size());
        const std::size_t count =
            std::min({1 + below(kFrameBytes - 1), other.size() - from, bytes.size() - place});
        std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(from), count, at);
        return;
      }
      default:  // the frame's fields, or the first bytes of the body, where formats have theirs
        bytes[std::min(below(kBodyOffset + 16), bytes.size() - 1)] = any_byte();
    }
  }

  boost::random::mt19937_64 generator_;
};

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
