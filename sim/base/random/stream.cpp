#include "sim/base/random/stream.hpp"

#include <array>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/lognormal_distribution.hpp>
#include <boost/random/seed_seq.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <vector>

namespace papilio {
namespace {

std::uint32_t low(std::uint64_t number) {
  return static_cast<std::uint32_t>(number);
}
std::uint32_t high(std::uint64_t number) {
  return static_cast<std::uint32_t>(number >> 32U);
}

}  // namespace

StreamFamily::StreamFamily(std::uint64_t seed, std::string_view name) {
  std::vector<std::uint32_t> words{low(seed), high(seed)};
  for (const char letter : name) words.push_back(static_cast<unsigned char>(letter));
  boost::random::seed_seq sequence(words.begin(), words.end());
  std::array<std::uint32_t, 2> key{};
  sequence.generate(key.begin(), key.end());
  key_ = (std::uint64_t{key[0]} << 32U) | key[1];
}

Stream::Stream(const StreamFamily& family, std::uint64_t index, std::uint64_t item) {
  const std::array<std::uint32_t, 6> words{low(family.key_), high(family.key_), low(index),
                                           high(index),      low(item),         high(item)};
  boost::random::seed_seq sequence(words.begin(), words.end());
  engine_.seed(sequence);
}

double Stream::uniform() {
  return boost::random::uniform_01<double>{}(engine_);
}

double Stream::exponential(double mean) {
  return boost::random::exponential_distribution<double>{1 / mean}(engine_);
}

double Stream::lognormal(double mean, double cv) {
  // If ln X is normal (m, s²), then E X = exp(m + s²/2) and cv² = exp(s²) - 1.
  const double variance = std::log1p(cv * cv);
  return boost::random::lognormal_distribution<double>{std::log(mean) - variance / 2,
                                                       std::sqrt(variance)}(engine_);
}

double Variation::draw(Stream& stream) const {
  switch (kind) {
    case Kind::kNone:
      return 1;
    case Kind::kExponential:
      return stream.exponential(1);
    case Kind::kUniform:
      // Uniform on 1 ± w has the deviation w/√3.
      return 1 + cv * std::sqrt(3.0) * (2 * stream.uniform() - 1);
    case Kind::kLognormal:
      return stream.lognormal(1, cv);
  }
  return 1;
}

double Variation::second_moment() const {
  switch (kind) {
    case Kind::kNone:
      return 1;
    case Kind::kExponential:
      return 2;
    case Kind::kUniform:
    case Kind::kLognormal:
      return 1 + cv * cv;
  }
  return 1;
}

}  // namespace papilio
