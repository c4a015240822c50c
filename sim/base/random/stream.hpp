#pragma once

#include <boost/random/taus88.hpp>
#include <cstdint>
#include <string_view>

namespace papilio {

/// A family of random streams: one purpose of one seed, e.g. the arrivals of every mobile. What one
/// family draws never moves another's numbers, so every strategy meets the same arrivals, sizes and
/// radio conditions (common random numbers).
class StreamFamily {
 public:
  /// @param seed the scenario's
  /// @param name the purpose; two families of one seed differ when their names do
  StreamFamily(std::uint64_t seed, std::string_view name);

 private:
  friend class Stream;
  std::uint64_t key_;
};

/// One random stream of a family, told apart by up to two numbers (a mobile; its request). 12
/// bytes, so that each of 100,000 mobiles can own some. The generator is Boost's taus88 (L'Ecuyer
/// 1996, period 2^88): Boost's distributions give the same numbers with every compiler.
class Stream {
 public:
  explicit Stream(const StreamFamily& family, std::uint64_t index = 0, std::uint64_t item = 0);

  /// In [0, 1).
  double uniform();
  /// @param mean > 0
  double exponential(double mean);
  /// Lognormal with the given mean and coefficient of variation, both > 0.
  double lognormal(double mean, double cv);

 private:
  boost::random::taus88 engine_;
};

/// A random factor of mean 1: how a request differs from the average one.
struct Variation {
  enum class Kind { kNone, kExponential, kUniform, kLognormal };
  Kind kind{Kind::kNone};
  double cv{1};  ///< coefficient of variation of kLognormal, > 0; of kUniform in (0, 1/√3]

  /// A factor > 0 (kUniform: >= 0); draws nothing when the kind is kNone.
  double draw(Stream& stream) const;
  /// E[X²] of the factor, for the formulas of queueing theory.
  [[nodiscard]] double second_moment() const;
};

}  // namespace papilio
