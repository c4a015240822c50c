// Claim: of 10,000 damaged payloads a codec, each is refused as it was received; and with its
// checksum made anew, each is refused or gives a tensor of the declared shape. Nothing crashes (the
// sanitizers' build runs this too), and memory stays in proportion to the shape.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/crc.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

#include "models/codec/codec.hpp"
#include "models/codec/payload.hpp"

namespace papilio {
namespace {

using Random = boost::random::mt19937;

constexpr std::size_t kCrcBytes = 4;

std::size_t below(std::size_t limit, Random& random) {
  return boost::random::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
}

void reseal(Bytes& bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size() - kCrcBytes);
  for (std::size_t i = 0; i < kCrcBytes; ++i) {
    bytes[bytes.size() - kCrcBytes + i] = static_cast<std::uint8_t>(crc.checksum() >> 8 * i & 0xFF);
  }
}

/// Flips, overwrites, cuts, doubles and grows; the result always differs.
Bytes mutated(const Bytes& good, Random& random) {
  Bytes bytes = good;
  while (bytes == good) {
    for (std::size_t changes = 1 + below(4, random); changes > 0; --changes) {
      const std::size_t at = below(bytes.size(), random);
      switch (below(6, random)) {
        case 0:
        case 1:
          bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1U << below(8, random));
          break;
        case 2:
          bytes[at] = static_cast<std::uint8_t>(below(256, random));
          break;
        case 3:  // loses its end
          bytes.resize(std::max<std::size_t>(at, 1));
          break;
        case 4: {  // says a part twice
          const std::size_t size = 1 + below(std::min<std::size_t>(bytes.size() - at, 16), random);
          const Bytes part{bytes.begin() + static_cast<std::ptrdiff_t>(at),
                           bytes.begin() + static_cast<std::ptrdiff_t>(at + size)};
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), part.begin(), part.end());
          break;
        }
        default:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<std::uint8_t>(below(256, random)));
      }
    }
  }
  return bytes;
}

long peak_kilobytes() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct Case {
  const char* codec;
  int mutations;
};

class Fuzz : public ::testing::TestWithParam<Case> {};

TEST_P(Fuzz, DamagedPayloadsAreRefusedOrKeepTheirShape) {
  Random random{20'190'201};
  const auto codec = make_codec(GetParam().codec);
  const TensorShape shape{3, 7, 7};
  QuantizedTensor tensor{.shape = shape, .bits = 8, .min = 0, .max = 2};
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    const double wave = std::sin(static_cast<double>(i) * 0.2) * 100 + 100;
    tensor.levels.push_back(
        static_cast<std::uint16_t>(wave + static_cast<double>(below(20, random))));
  }
  const Bytes good = encode_payload(*codec, tensor).bytes;
  ASSERT_NO_THROW(decode_payload(good, shape));
  const long before = peak_kilobytes();
  int refused = 0;
  for (int i = 0; i < GetParam().mutations; ++i) {
    Bytes bytes = mutated(good, random);
    EXPECT_THROW(decode_payload(bytes, shape), PayloadError);
    if (bytes.size() <= kCrcBytes) continue;
    reseal(bytes);
    try {
      const QuantizedTensor found = decode_payload(bytes, shape);
      ASSERT_EQ(found.shape, shape);
      ASSERT_EQ(found.levels.size(), static_cast<std::size_t>(shape.elements()));
      for (const std::uint16_t level : found.levels) ASSERT_LT(level, 1 << found.bits);
    } catch (const PayloadError&) {
      ++refused;
    }
  }
  // A raw body is any bytes, so that only its checksum protects it; others have a form to break.
  EXPECT_GT(refused, GetParam().mutations / 3);
  constexpr long kMostGrowth = 64 * 1024;
  EXPECT_LT(peak_kilobytes() - before, kMostGrowth);
  fmt::print("{}: {} of {} refused after their checksums were made anew\n", GetParam().codec,
             refused, GetParam().mutations);
}

// HEVC's ten thousand are of both its kinds.
INSTANTIATE_TEST_SUITE_P(Codecs, Fuzz,
                         ::testing::Values(Case{"raw", 10'000}, Case{"zstd", 10'000},
                                           Case{"zlib", 10'000}, Case{"lzma", 10'000},
                                           Case{"bzip2", 10'000}, Case{"png", 10'000},
                                           Case{"jpeg", 10'000}, Case{"hevc", 5'000},
                                           Case{"hevc:27", 5'000}),
                         [](const auto& test) {
                           std::string name = test.param.codec;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

}  // namespace
}  // namespace papilio
