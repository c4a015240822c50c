#include "sim/base/stats/steady_state.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>

namespace papilio {
namespace {

constexpr double kTail = (1 - kConfidence) / 2;

// The spectrum ------------------------------------------------------------------------------------

constexpr std::size_t kBins = 256;
/// Frequencies, in halves of a cycle a run, that an interval is made of. Beyond them no correlation
/// that lasts a thirtieth of the run shows any more.
constexpr std::size_t kNarrow = 32;
/// Those that the independent values are counted with: they need not be right at zero, but steady.
constexpr std::size_t kBroad = 64;

using Bins = std::array<double, kBins>;

/// cos(pi j (k + 1/2) / kBins), j from 1.
const std::vector<Bins>& cosines() {
  static const std::vector<Bins> kTable = [] {
    std::vector<Bins> made(kBroad);
    for (std::size_t j = 0; j < kBroad; ++j) {
      for (std::size_t k = 0; k < kBins; ++k) {
        const double turns = static_cast<double>(j + 1) * (static_cast<double>(k) + 0.5) / kBins;
        made[j][k] = std::cos(std::numbers::pi * turns);
      }
    }
    return made;
  }();
  return kTable;
}

/// Squares of the cosine transforms. Those of white noise are the variance of its mean, each times
/// a chi-squared variate of one degree of freedom, and independent of each other and of the mean.
/// @param bins  sums of centred values over equal parts of the run
/// @param count of the values
std::vector<double> powers(const Bins& bins, double count) {
  std::vector<double> result;
  result.reserve(kBroad);
  for (const Bins& cosine : cosines()) {
    const double sum = std::inner_product(bins.begin(), bins.end(), cosine.begin(), 0.0) / count;
    result.push_back(2 * sum * sum);
  }
  return result;
}

/// The spectra that are thought possible: flat, or that of a first-order autoregression, flat up to
/// a corner and 1 / (1 + (j / corner)^2).
constexpr std::array<double, 13> kCorners{2, 2.8, 4, 5.6, 8, 11, 16, 23, 32, 45, 64, 91, 128};
constexpr std::size_t kShapes = kCorners.size() + 1;
/// What the flat one weighs beforehand; the others share the rest.
constexpr double kFlat = 0.95;

/// A spectrum at frequency zero, which is the variance of the mean: for each shape what it would
/// be, and the weight of the shape.
struct AtZero {
  std::array<double, kShapes> variance{};
  std::array<double, kShapes> weight{};  // of sum 1

  [[nodiscard]] double mean() const {
    return std::inner_product(variance.begin(), variance.end(), weight.begin(), 0.0);
  }
};

/// Powers and of how many independent series they are the means; 0: none are known.
struct Powers {
  std::vector<double> values;
  double series{0};
};

/// The shapes weighed by Whittle's likelihood, and by that of other powers, which have the same
/// shape at another level.
/// @return nothing where there is no power at all
std::optional<AtZero> at_zero(const Powers& powers, std::size_t band, const Powers& others = {}) {
  const auto n = static_cast<double>(band);
  AtZero result;
  for (std::size_t s = 0; s < kShapes; ++s) {
    double level = 0;
    double other_level = 0;
    double logs = 0;
    for (std::size_t j = 0; j < band; ++j) {
      const double ratio = s < kCorners.size() ? static_cast<double>(j + 1) / kCorners[s] : 0;
      const double fall = 1 + ratio * ratio;
      level += powers.values[j] * fall / n;
      if (others.series > 0) other_level += others.values[j] * fall / n;
      logs -= std::log(fall);
    }
    if (level <= 0) return std::nullopt;
    result.variance[s] = level;
    result.weight[s] =
        std::log(s < kCorners.size() ? (1 - kFlat) / static_cast<double>(kCorners.size()) : kFlat) -
        powers.series / 2 * (n * std::log(level) + logs);
    if (others.series > 0 && other_level > 0) {
      result.weight[s] -= others.series / 2 * (n * std::log(other_level) + logs);
    }
  }
  const double most = *std::max_element(result.weight.begin(), result.weight.end());
  double sum = 0;
  for (double& weight : result.weight) {
    weight = std::exp(weight - most);
    sum += weight;
  }
  for (double& weight : result.weight) weight /= sum;
  return result;
}

/// Half-width of the interval of a mean: with each shape Student's t, with as many degrees of
/// freedom as there are powers, holds, and with all of them their mixture.
double half_width(const AtZero& variances) {
  const boost::math::students_t student{static_cast<double>(kNarrow)};
  constexpr double kFar = 30;
  double low = 0;
  double high =
      kFar * std::sqrt(*std::max_element(variances.variance.begin(), variances.variance.end()));
  constexpr int kHalvings = 40;
  constexpr double kNothing = 1e-6;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    double beyond = 0;
    for (std::size_t s = 0; s < kShapes; ++s) {
      if (variances.weight[s] < kNothing) continue;
      beyond += variances.weight[s] *
                boost::math::cdf(complement(student, middle / std::sqrt(variances.variance[s])));
    }
    (beyond > kTail ? low : high) = middle;
  }
  return high;
}

// The values --------------------------------------------------------------------------------------

/// What a function made of each of a run's values, in the order of the pieces; or the values
/// themselves, which are not copied. In single precision, for a large run's values take more memory
/// than anything else: for functions whose results it has without a loss.
struct Series {
  std::vector<float> made;  // empty: the values
};

/// One run's values: in the order of time, and sorted.
class Run {
 public:
  explicit Run(const std::vector<Piece>& pieces) : pieces_{pieces} {
    std::vector<std::size_t> sizes;
    for (const Piece& piece : pieces) {
      sizes.resize(std::max(sizes.size(), piece.era + 1));
      sizes[piece.era] += piece.values.size();
      sorted_.insert(sorted_.end(), piece.values.begin(), piece.values.end());
      if (!piece.values.empty()) ++levels_;
    }
    std::vector<std::size_t> begins(sizes.size());
    std::exclusive_scan(sizes.begin(), sizes.end(), begins.begin(), std::size_t{0});
    for (const Piece& piece : pieces) {
      begins_.push_back(static_cast<double>(begins[piece.era]) / count());
      shares_.push_back(static_cast<double>(sizes[piece.era]) / count());
    }
    mean_ = papilio::mean(sorted_);
    boost::sort::pdqsort(sorted_.begin(), sorted_.end());
    sample_sources();
  }

  [[nodiscard]] const std::vector<double>& sorted() const { return sorted_; }
  [[nodiscard]] double mean() const { return mean_; }
  [[nodiscard]] double count() const { return static_cast<double>(sorted_.size()); }
  /// What centring the pieces has taken from a variance, as a factor.
  [[nodiscard]] double lost_to_levels() const {
    return count() / std::max(1.0, count() - static_cast<double>(levels_));
  }

  /// `value(x)` of every value: computed once, for it is looked at up to five times.
  template <class Value>
  [[nodiscard]] Series each(const Value& value) const {
    Series series;
    series.made.reserve(sorted_.size());
    for (const Piece& piece : pieces_) {
      for (const double x : piece.values) series.made.push_back(static_cast<float>(value(x)));
    }
    return series;
  }

  /// Powers of a series, each piece centred.
  [[nodiscard]] Powers pooled(const Series& series) const {
    Bins bins{};
    Pieces pieces{*this, series};
    for (std::size_t p = 0; p < pieces_.size(); ++p) {
      const std::span<const double> values = pieces.next();
      if (values.empty()) continue;
      const double level = papilio::mean(values);
      const double begin = begins_[p] * kBins;
      const double step = shares_[p] * kBins / static_cast<double>(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto bin = static_cast<std::size_t>(begin + (static_cast<double>(i) + 0.5) * step);
        bins[std::min(bin, kBins - 1)] += values[i] - level;
      }
    }
    return {powers(bins, count()), 1};
  }

  /// The mean powers of the sources' own series; none where a source is not told or has too few
  /// values for a spectrum.
  [[nodiscard]] Powers by_source(const Series& series) const {
    if (sampled_.empty()) return {};
    struct Source {
      std::size_t seen{0};
      double sum{0};
      Bins bins{};
    };
    std::vector<Source> sources(sampled_.size());
    const auto for_each = [&](const auto& use) {
      Pieces pieces{*this, series};
      for (const Piece& piece : pieces_) {
        const std::span<const double> values = pieces.next();
        if (values.empty()) continue;
        const double level = papilio::mean(values);
        for (std::size_t i = 0; i < values.size(); ++i) {
          const std::uint32_t slot = slots_[piece.sources[i]];
          if (slot != kNoSlot) use(slot, values[i] - level);
        }
      }
    };
    for_each([&](std::uint32_t slot, double x) { sources[slot].sum += x; });
    for_each([&](std::uint32_t slot, double x) {
      Source& source = sources[slot];
      const std::size_t count = sampled_[slot];
      source.bins[source.seen++ * kBins / count] += x - source.sum / static_cast<double>(count);
    });
    Powers result{std::vector<double>(kBroad), static_cast<double>(sources.size())};
    for (std::size_t slot = 0; slot < sources.size(); ++slot) {
      const std::vector<double> own =
          powers(sources[slot].bins, static_cast<double>(sampled_[slot]));
      for (std::size_t j = 0; j < kBroad; ++j) result.values[j] += own[j] / result.series;
    }
    return result;
  }
  [[nodiscard]] double sources() const { return sources_; }

 private:
  static constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();

  /// Some of the sources, evenly spaced, if all have values enough for a spectrum of their own.
  void sample_sources() {
    constexpr std::size_t kMostSampled = 64;
    std::vector<std::size_t> counts;
    for (const Piece& piece : pieces_) {
      if (piece.sources.size() != piece.values.size()) return;
      for (const std::uint32_t source : piece.sources) {
        if (source >= counts.size()) counts.resize(source + 1);
        ++counts[source];
      }
    }
    std::vector<std::uint32_t> with_values;
    for (std::uint32_t source = 0; source < counts.size(); ++source) {
      if (counts[source] == 0) continue;
      if (counts[source] < kBins) return;
      with_values.push_back(source);
    }
    slots_.assign(counts.size(), kNoSlot);
    sources_ = static_cast<double>(with_values.size());
    const std::size_t samples = std::min(kMostSampled, with_values.size());
    for (std::size_t i = 0; i < samples; ++i) {
      const std::uint32_t source = with_values[i * with_values.size() / samples];
      slots_[source] = static_cast<std::uint32_t>(sampled_.size());
      sampled_.push_back(counts[source]);
    }
  }

  /// The pieces of a series, one after another.
  class Pieces {
   public:
    Pieces(const Run& run, const Series& series) : run_{run}, series_{series} {}

    /// The next piece's; valid until the next call.
    std::span<const double> next() {
      const std::span<const double> values = run_.pieces_[piece_++].values;
      if (series_.made.empty()) return values;
      const auto begin = series_.made.begin() + static_cast<std::ptrdiff_t>(taken_);
      made_.assign(begin, begin + static_cast<std::ptrdiff_t>(values.size()));
      taken_ += values.size();
      return made_;
    }

   private:
    const Run& run_;
    const Series& series_;
    std::size_t piece_{0};
    std::size_t taken_{0};
    std::vector<double> made_;
  };

  const std::vector<Piece>& pieces_;
  std::vector<double> begins_;  // of each piece's era, as a share of the run
  std::vector<double> shares_;  // of the run that it takes
  std::size_t levels_{0};
  std::vector<std::uint32_t> slots_;  // of each source among the sampled ones, or kNoSlot
  std::vector<std::size_t> sampled_;  // values of each
  double sources_{0};
  double mean_{0};
  std::vector<double> sorted_;
};

/// Ranks as shares, to a 512th; equal values have their mean rank. Bounded, so that one long
/// excursion does not decide how correlated the values look.
class Ranks {
 public:
  explicit Ranks(const std::vector<double>& sorted) {
    for (std::size_t i = 0; i < kCuts; ++i) {
      cuts_[i] = sorted[(2 * i + 1) * sorted.size() / (2 * kCuts)];
    }
  }
  double operator()(double value) const {
    const auto from = std::lower_bound(cuts_.begin(), cuts_.end(), value);
    const auto to = std::upper_bound(from, cuts_.end(), value);
    return static_cast<double>((from - cuts_.begin()) + (to - cuts_.begin())) / (2.0 * kCuts);
  }

 private:
  static constexpr std::size_t kCuts = 512;
  std::array<double, kCuts> cuts_{};
};

/// See SteadyState.
struct Worth {
  double independent;
  double series{1};  ///< that do not depend on each other, and the run is made of
};

/// Where the sources' own series add up to the pooled one as independent series do, they tell more
/// of the correlation than the pooled one alone.
Worth worth_of(const Run& run) {
  const Series ranks = run.each(Ranks{run.sorted()});
  double mean = 0;
  double squares = 0;
  for (const double rank : ranks.made) {
    mean += rank / run.count();
    squares += rank * rank / run.count();
  }
  const double variance = squares - mean * mean;
  const Powers pooled = run.pooled(ranks);
  const std::optional<AtZero> of_pooled = at_zero(pooled, kBroad);
  constexpr double kRounding = 1e-12;
  if (variance <= kRounding || !of_pooled) return {run.count()};
  Worth worth{variance / of_pooled->mean()};
  const Powers own = run.by_source(ranks);
  if (own.series >= 2) {
    if (const std::optional<AtZero> of_own = at_zero(own, kBroad)) {
      double ratio = 0;
      for (std::size_t j = 0; j < kNarrow; ++j) {
        ratio += pooled.values[j] * run.sources() / own.values[j] / kNarrow;
      }
      // The 99.9 % point of chi-squared with kNarrow degrees of freedom, over their number.
      constexpr double kMostByChance = 1.95;
      const double by_source = run.sources() * variance / of_own->mean();
      if (ratio < kMostByChance) {
        worth = {by_source, run.sources()};
      } else {
        worth.independent = std::min(worth.independent, by_source);
      }
    }
  }
  worth.independent = std::min(worth.independent, run.count());
  return worth;
}

/// See SteadyState::memory. The variance of a series' mean is that of its values times what it
/// remembers and the place of one value.
double memory_of(const Run& run, double series) {
  const std::optional<AtZero> variance =
      at_zero(series > 1 ? run.by_source({}) : run.pooled({}), kBroad);
  double squares = 0;
  for (const double x : run.sorted()) {
    squares += (x - run.mean()) * (x - run.mean()) / run.count();
  }
  if (!variance || squares <= 0) return 0;
  return std::max(0.0, variance->mean() / squares - series / run.count());
}

/// The spectrum at zero of a series, its shape learnt from the sources' own too, as far as these
/// are independent.
std::optional<AtZero> variance_of_mean(const Run& run, const Series& series) {
  Powers pooled = run.pooled(series);
  for (double& power : pooled.values) power *= run.lost_to_levels();
  Powers own = run.by_source(series);
  if (own.series > 0) {
    const auto sum = [](const std::vector<double>& all) {
      return std::accumulate(all.begin(), all.begin() + kNarrow, 0.0);
    };
    const double total = sum(pooled.values);
    // Series that are all alike add nothing to the pooled one.
    own.series = total > 0 ? std::clamp(sum(own.values) / total, 1.0, own.series) - 1 : 0;
  }
  return at_zero(pooled, kNarrow, own);
}

/// The half-width of the interval of a mean of values that begin at `least`. From sample to sample
/// the standard error grows with the mean: in proportion where values are independent (exponential:
/// the covariance of mean and variance is the third moment), with its third power in a queue, whose
/// long excursions make both (found: 3.2 for M/M/1 at 0.5, 3.2 for D/M/1 and 3.4 for M/M/1 at 0.8).
/// The interval of the power of the mean whose error does not grow has two arms. What is printed is
/// one half-width: between the longer, which alone holds too much on the other side, and their
/// mean.
/// @param correlated share of the values that correlation takes, in 0..1
double with_both_arms(double half, double above_least, double correlated) {
  if (half <= 0 || above_least <= 0) return half;
  constexpr double kLogarithm = 1e-6;  // as good as power 0
  constexpr double kMost = 0.9;        // beyond it the longer arm has no end
  const double power = std::max(2 * correlated, kLogarithm);
  const double step = std::min(power * half / above_least, kMost);
  const double longer = std::expm1(-std::log1p(-step) / power);
  const double shorter = -std::expm1(-std::log1p(step) / power);
  return above_least * (longer + (longer + shorter) / 2) / 2;
}

/// Half of what lies between the two order statistics that hold a percentile of `independent`
/// values (David and Nagaraja, Order Statistics, section 7.1), with ranks between whole ones
/// (Nyblom 1992), at the same shares of the values at hand; as far as the values are correlated,
/// the larger arm, as of a mean.
/// @return nothing where the interval would end beyond the values
std::optional<double> between_order_statistics(const std::vector<double>& sorted, double p,
                                               double quantile, double independent,
                                               double correlated) {
  // The percentile is below the r-th value where at least r of n are: the chance is I_p(r, n-r+1).
  if (std::pow(p, independent) > kTail || std::pow(1 - p, independent) > kTail) return std::nullopt;
  const auto value_at = [&](double chance) {
    double low = 0;
    double high = independent + 1;
    constexpr int kHalvings = 50;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = (low + high) / 2;
      (boost::math::ibeta(middle, independent + 1 - middle, p) > chance ? low : high) = middle;
    }
    const auto n = static_cast<double>(sorted.size());
    const double place = std::clamp(low / (independent + 1) * (n + 1) - 1, 0.0, n - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - std::floor(place));
  };
  const double below = quantile - value_at(1 - kTail);
  const double above = value_at(kTail) - quantile;
  return std::lerp((below + above) / 2, std::max(below, above), correlated);
}

}  // namespace

double independent_needed(double p) {
  return std::max(kFewestIndependent, kFewestBeyond / std::min(p, 1 - p));
}

SteadyState steady_state(const std::vector<Piece>& pieces, std::span<const double> probabilities) {
  const Run run{pieces};
  SteadyState result;
  result.quantiles.resize(probabilities.size());
  const std::vector<double>& sorted = run.sorted();
  if (sorted.empty()) return result;
  result.mean.value = run.mean();
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const auto rank =
        static_cast<std::size_t>(std::max(1.0, std::ceil(probabilities[i] * run.count())));
    result.quantiles[i].value = sorted[rank - 1];
  }
  if (run.count() < kFewestIndependent) {
    result.independent = run.count();
    return result;
  }
  const Worth worth = worth_of(run);
  result.independent = worth.independent;
  result.memory = memory_of(run, worth.series);
  if (result.independent < kFewestIndependent) return result;

  const std::optional<AtZero> of_mean = variance_of_mean(run, {});
  const double correlated = 1 - result.independent / run.count();
  // Values that are all equal but for the last digits differ by how they were added up.
  constexpr double kRounding = 1e-12;
  const double digits = kRounding * std::max(std::abs(sorted.front()), std::abs(sorted.back()));
  const double half = of_mean ? half_width(*of_mean) : 0;
  result.mean.half_width =
      half > digits ? with_both_arms(half, result.mean.value - sorted.front(), correlated) : 0;
  const double normal = boost::math::quantile(complement(boost::math::normal{}, kTail));
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double p = probabilities[i];
    Estimate& quantile = result.quantiles[i];
    if (result.independent < independent_needed(p)) continue;
    const std::optional<AtZero> of_share =
        variance_of_mean(run, run.each([&](double x) { return x > quantile.value ? 1.0 : 0.0; }));
    if (!of_share) {
      quantile.half_width = 0;  // none lies above: all are equal
      continue;
    }
    // Independent values whose share below the percentile is known as well as theirs.
    const double error = half_width(*of_share) / normal;
    quantile.half_width = between_order_statistics(sorted, p, quantile.value,
                                                   p * (1 - p) / (error * error), correlated);
  }
  return result;
}

}  // namespace papilio
