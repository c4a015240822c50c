#include "sim/plan/search/envelope.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Where one candidate is the best of some.
struct EnvelopePiece {
  double from{0};
  double to{0};
  std::size_t best{0};
};

/// What is known of the least value of some candidates: pieces by x that do not overlap, with gaps
/// where none of them is admitted.
using EnvelopePieces = std::vector<EnvelopePiece>;

void append_piece(EnvelopePieces& pieces, const EnvelopePiece& piece) {
  if (!pieces.empty() && pieces.back().best == piece.best && pieces.back().to == piece.from) {
    pieces.back().to = piece.to;
  } else {
    pieces.push_back(piece);
  }
}

/// Shrinks [from, to] to where a limit holds; to an empty one, from > to, if it holds nowhere.
void keep_limit(const AffineLimit& limit, double& from, double& to) {
  const auto& [constant, slope] = limit.value;
  const bool known = std::isfinite(slope) && !std::isnan(constant) && !std::isnan(limit.most);
  if (known && limit.most == kInfinity) return;
  if (!known || constant == kInfinity || (slope == 0 && constant > limit.most)) {
    from = kInfinity;
  } else if (slope > 0) {
    to = std::min(to, (limit.most - constant) / slope);
  } else if (slope < 0) {
    from = std::max(from, (limit.most - constant) / slope);
  }
}

/// A candidate by itself: where its limits hold, nothing if nowhere or at a single place.
EnvelopePieces alone(const AxisCandidate& candidate, std::size_t position, double low,
                     double high) {
  if (!std::isfinite(candidate.value.constant) || !std::isfinite(candidate.value.slope)) return {};
  double from = low;
  double to = high;
  for (const AffineLimit& limit : candidate.limits) keep_limit(limit, from, to);
  if (from < to) return {{from, to, position}};
  return {};
}

/// Joins the least values of two sets of candidates, the first all before the second.
class EnvelopeMerge {
 public:
  explicit EnvelopeMerge(std::span<const AxisCandidate> candidates) : candidates_{candidates} {}

  [[nodiscard]] EnvelopePieces operator()(const EnvelopePieces& first,
                                          const EnvelopePieces& second) const {
    EnvelopePieces merged;
    const std::vector<double> ends = ends_of(first, second);
    auto one = first.begin();
    auto other = second.begin();
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      // Between two ends nothing ends: a piece holds all of the stretch or nothing of it.
      while (one != first.end() && one->to <= ends[i]) ++one;
      while (other != second.end() && other->to <= ends[i]) ++other;
      const bool has_one = one != first.end() && one->from <= ends[i];
      const bool has_other = other != second.end() && other->from <= ends[i];
      if (has_one && has_other) {
        compare(merged, {ends[i], ends[i + 1], one->best}, other->best);
      } else if (has_one || has_other) {
        append_piece(merged, {ends[i], ends[i + 1], has_one ? one->best : other->best});
      }
    }
    return merged;
  }

 private:
  static std::vector<double> ends_of(const EnvelopePieces& first, const EnvelopePieces& second) {
    std::vector<double> ends;
    for (const EnvelopePieces* pieces : {&first, &second}) {
      for (const EnvelopePiece& piece : *pieces) {
        ends.push_back(piece.from);
        ends.push_back(piece.to);
      }
    }
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    return ends;
  }

  /// @param piece of the earlier candidate, which the later one shares
  void compare(EnvelopePieces& merged, const EnvelopePiece& piece, std::size_t later) const {
    const Affine& a = candidates_[piece.best].value;
    const Affine& b = candidates_[later].value;
    if (a.slope == b.slope) {
      const std::size_t best = a.constant <= b.constant ? piece.best : later;
      append_piece(merged, {piece.from, piece.to, best});
      return;
    }
    // Before they cross, the one that rises faster is less.
    const double crossing = (b.constant - a.constant) / (a.slope - b.slope);
    const auto [before, after] =
        a.slope > b.slope ? std::pair{piece.best, later} : std::pair{later, piece.best};
    if (crossing > piece.from) {
      append_piece(merged, {piece.from, std::min(crossing, piece.to), before});
    }
    if (crossing < piece.to) {
      append_piece(merged, {std::max(crossing, piece.from), piece.to, after});
    }
  }

  std::span<const AxisCandidate> candidates_;
};

/// Whether rounding alone can have made a stretch.
bool is_sliver(double from, double to) {
  constexpr double kShare = 1e-12;
  return to - from <= kShare * std::max(std::abs(from), std::abs(to));
}

void append_segment(std::vector<AxisSegment>& segments, const AxisSegment& segment) {
  if (!segments.empty() &&
      (segments.back().best == segment.best || is_sliver(segment.from, segment.to))) {
    segments.back().to = segment.to;
  } else if (segments.size() == 1 && is_sliver(segments[0].from, segments[0].to)) {
    segments[0] = {segments[0].from, segment.to, segment.best};
  } else if (segment.from < segment.to) {
    segments.push_back(segment);
  }
}

}  // namespace

std::vector<AxisSegment> lower_envelope(std::span<const AxisCandidate> candidates, double low,
                                        double high) {
  PAPILIO_CHECK(std::isfinite(low) && std::isfinite(high) && low <= high);
  if (low == high) return {{low, high, winners_at(candidates, low).best}};
  std::vector<EnvelopePieces> parts;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    parts.push_back(alone(candidates[i], i, low, high));
  }
  const EnvelopeMerge merge{candidates};
  while (parts.size() > 1) {
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      parts[i / 2] = i + 1 < parts.size() ? merge(parts[i], parts[i + 1]) : std::move(parts[i]);
    }
    parts.resize((parts.size() + 1) / 2);
  }
  std::vector<AxisSegment> segments;
  double reached = low;
  if (!parts.empty()) {
    for (const EnvelopePiece& piece : parts.front()) {
      append_segment(segments, {reached, piece.from, std::nullopt});
      append_segment(segments, {piece.from, piece.to, piece.best});
      reached = piece.to;
    }
  }
  append_segment(segments, {reached, high, std::nullopt});
  return segments;
}

PlaceWinners winners_at(std::span<const AxisCandidate> candidates, double x) {
  PlaceWinners winners;
  double least = kInfinity;
  double second = kInfinity;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const double value = candidates[i].value.at(x);
    if (!(value < second)) continue;
    const auto& limits = candidates[i].limits;
    if (!std::all_of(limits.begin(), limits.end(),
                     [&](const AffineLimit& limit) { return limit.value.at(x) <= limit.most; })) {
      continue;
    }
    if (value < least) {
      winners.second = std::exchange(winners.best, i);
      second = std::exchange(least, value);
    } else {
      winners.second = i;
      second = value;
    }
  }
  return winners;
}

}  // namespace papilio
