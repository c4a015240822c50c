#include "sim/plan/search/front.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The points whose every coordinate is known. Each coordinate is replaced by its rank, equal
/// values by equal ranks: that keeps who dominates whom, and ranks add up without rounding.
struct RankedPoints {
  std::vector<std::size_t> positions;             ///< `[known]`, ascending
  std::vector<std::vector<std::uint32_t>> ranks;  ///< `[coordinates][known]`
};

std::vector<std::size_t> known_positions(std::span<const double> points, std::size_t coordinates) {
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < points.size() / coordinates; ++i) {
    const std::span<const double> point = points.subspan(i * coordinates, coordinates);
    if (std::none_of(point.begin(), point.end(), [](double x) { return std::isnan(x); })) {
      known.push_back(i);
    }
  }
  return known;
}

RankedPoints ranked(std::span<const double> points, std::size_t coordinates) {
  RankedPoints result{known_positions(points, coordinates), {}};
  std::vector<std::pair<double, std::uint32_t>> values(result.positions.size());
  for (std::size_t c = 0; c < coordinates; ++c) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = {points[result.positions[i] * coordinates + c], static_cast<std::uint32_t>(i)};
    }
    std::sort(values.begin(), values.end());
    std::vector<std::uint32_t>& ranks = result.ranks.emplace_back(values.size());
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0 && values[i - 1].first < values[i].first) ++rank;
      ranks[values[i].second] = rank;
    }
  }
  return result;
}

/// A staircase for up to three coordinates: points come by the first of them; of those so far, a
/// step is the least third coordinate for each second one.
class Staircase {
 public:
  /// @return who is nowhere greater than the point in both coordinates; itself if nobody is, in
  /// which case it becomes a step
  std::size_t enter(std::size_t point, std::uint32_t second, std::uint32_t third) {
    const auto after = steps_.upper_bound(second);
    if (after != steps_.begin() && std::prev(after)->second.third <= third) {
      return std::prev(after)->second.point;
    }
    auto worse = steps_.lower_bound(second);
    while (worse != steps_.end() && worse->second.third >= third) worse = steps_.erase(worse);
    steps_.emplace_hint(worse, second, Step{third, point});
    return point;
  }

 private:
  struct Step {
    std::uint32_t third;
    std::size_t point;
  };
  std::map<std::uint32_t, Step> steps_;  // by the second coordinate; the third falls
};

/// @return `[known]` who dominates each point, itself if nobody does
std::vector<std::size_t> swept(const RankedPoints& points) {
  const std::size_t count = points.positions.size();
  const std::vector<std::uint32_t> nothing(count);
  const auto& first = points.ranks[0];
  const auto& second = points.ranks.size() > 1 ? points.ranks[1] : nothing;
  const auto& third = points.ranks.size() > 2 ? points.ranks[2] : nothing;
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (first[a] != first[b]) return first[a] < first[b];
    if (second[a] != second[b]) return second[a] < second[b];
    return third[a] != third[b] ? third[a] < third[b] : a < b;
  });
  std::vector<std::size_t> by(count);
  Staircase staircase;
  for (const std::size_t point : order) {
    by[point] = staircase.enter(point, second[point], third[point]);
  }
  return by;
}

constexpr std::size_t kWordBits = 64;

/// Sets of points as bits. Points are renamed by the sum of their ranks, so that who dominates a
/// point has a smaller name; the first name that is nowhere greater is then on the front, since
/// whoever dominated it would come before it and dominate the point too.
class BitCull {
 public:
  explicit BitCull(const RankedPoints& points) : order_(points.positions.size()) {
    std::vector<std::uint64_t> sums(order_.size());
    for (const auto& ranks : points.ranks) {
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += ranks[i];
    }
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return sums[a] != sums[b] ? sums[a] < sums[b] : a < b;
    });
    for (const auto& ranks : points.ranks) {
      auto& sorted = by_rank_.emplace_back();
      for (std::size_t name = 0; name < order_.size(); ++name) {
        sorted.emplace_back(ranks[order_[name]], static_cast<std::uint32_t>(name));
      }
      std::sort(sorted.begin(), sorted.end());
    }
  }

  /// As `swept`.
  std::vector<std::size_t> run() {
    constexpr std::size_t kBlock = 1024;  // bounds the memory to 128 bytes a point
    std::vector<std::size_t> by(order_.size());
    for (std::size_t from = 0; from < order_.size(); from += kBlock) {
      block(from, std::min(order_.size(), from + kBlock));
      for (std::size_t name = from; name < end_; ++name) by[order_[name]] = order_[first_of(name)];
    }
    return by;
  }

 private:
  [[nodiscard]] std::uint64_t* row(std::size_t name) { return &rows_[(name - from_) * words_]; }

  /// For names in [from, end): the sets of names below `end` that are nowhere greater.
  void block(std::size_t from, std::size_t end) {
    from_ = from;
    end_ = end;
    words_ = (end + kWordBits - 1) / kWordBits;
    rows_.assign((end - from) * words_, ~std::uint64_t{0});
    for (const auto& sorted : by_rank_) {
      std::vector<std::uint64_t> so_far(words_);
      for (std::size_t i = 0; i < sorted.size();) {
        std::size_t next = i;
        for (; next < sorted.size() && sorted[next].first == sorted[i].first; ++next) {
          const std::uint32_t name = sorted[next].second;
          if (name < end) so_far[name / kWordBits] |= std::uint64_t{1} << (name % kWordBits);
        }
        for (; i < next; ++i) {
          const std::uint32_t name = sorted[i].second;
          if (name >= from && name < end) keep(row(name), so_far, name);
        }
      }
    }
  }

  /// Only names up to the row's own matter.
  static void keep(std::uint64_t* row, const std::vector<std::uint64_t>& others, std::size_t name) {
    const std::size_t words = name / kWordBits + 1;
    for (std::size_t word = 0; word < words; ++word) row[word] &= others[word];
  }

  /// The first name in a row, which has at least its own.
  [[nodiscard]] std::size_t first_of(std::size_t name) {
    const std::uint64_t* words = row(name);
    std::size_t word = 0;
    while (words[word] == 0) ++word;
    return word * kWordBits + static_cast<std::size_t>(std::countr_zero(words[word]));
  }

  std::vector<std::size_t> order_;                                             // by name
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> by_rank_;  // rank, name
  std::size_t from_{0};
  std::size_t end_{0};
  std::size_t words_{0};
  std::vector<std::uint64_t> rows_;  // [end − from × words]
};

}  // namespace

ParetoFront find_front(std::span<const double> points, std::size_t coordinates) {
  PAPILIO_CHECK(coordinates >= 1 && coordinates <= kMostCoordinates);
  PAPILIO_CHECK(points.size() % coordinates == 0);
  constexpr std::size_t kMostSwept = 3;
  const RankedPoints known = ranked(points, coordinates);
  const std::vector<std::size_t> by =
      coordinates <= kMostSwept ? swept(known) : BitCull{known}.run();
  ParetoFront front;
  front.dominated_by.assign(points.size() / coordinates, ParetoFront::kNobody);
  for (std::size_t i = 0; i < by.size(); ++i) {
    if (by[i] == i) {
      front.members.push_back(known.positions[i]);
    } else {
      front.dominated_by[known.positions[i]] = known.positions[by[i]];
    }
  }
  return front;
}

std::vector<std::size_t> pareto_front(std::span<const double> points, std::size_t coordinates) {
  return find_front(points, coordinates).members;
}

}  // namespace papilio
