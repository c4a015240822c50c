#include "sim/capacity/edge.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace papilio {
namespace {

// How much less than the start counts: nearer to 0 places are told apart by this alone.
constexpr double kLeastShare = 1.0 / 1024;
// Factors of two above the start, where the range has no end before.
constexpr int kMostDoublings = 64;
// How many of them nothing may change for on a side whose end is open. Each takes about as long as
// all before it, and what nothing troubles keeps a condition however much there is of it.
constexpr int kMostFlatDoublings = 6;

class EdgeSearch {
 public:
  EdgeSearch(const std::function<Verdict(double)>& judge, double start, const AxisRange& range,
             Verdicts& verdicts, const std::function<Strain(double)>& strain)
      : judge_{judge},
        start_{start},
        range_{range},
        least_told_{start != 0 ? std::abs(start) * kLeastShare
                               : (range.most - range.least) * kLeastShare},
        verdicts_{verdicts},
        strain_{strain} {}

  Edge run() {
    spread_out();
    Edge edge;
    if (const std::optional<Pair> between = neighbours(Verdict::kKeeps, Verdict::kBreaks)) {
      // From what keeps to what does not for sure, and from what breaks likewise.
      edge.keeps = narrow(between->of, between->other, Verdict::kKeeps);
      edge.breaks = narrow(between->other, *edge.keeps, Verdict::kBreaks);
      edge.again = changes() > 1;
      return edge;
    }
    edge.keeps = alone(Verdict::kKeeps);
    edge.breaks = alone(Verdict::kBreaks);
    edge.toward = side_of_edge();
    return edge;
  }

 private:
  /// Two neighbours.
  struct Pair {
    double of;     ///< of the first verdict that was asked for
    double other;  ///< of the second
  };

  Verdict at(double place) {
    const auto known = verdicts_.find(place);
    if (known != verdicts_.end()) return known->second;
    return verdicts_.emplace(place, judge_(place)).first->second;
  }

  [[nodiscard]] bool has(Verdict verdict) const {
    return std::any_of(verdicts_.begin(), verdicts_.end(),
                       [&](const auto& one) { return one.second == verdict; });
  }
  [[nodiscard]] bool has_both() const { return has(Verdict::kKeeps) && has(Verdict::kBreaks); }

  [[nodiscard]] double fitted(double place) const {
    const double whole = range_.whole ? std::round(place) : place;
    return std::clamp(whole, range_.least, range_.most);
  }

  void spread_out() {
    at(fitted(start_));
    if (start_ == 0) {
      at(range_.least);
      at(range_.most);
      return;
    }
    double up = start_;
    double down = start_;
    for (int doubling = 0; doubling < kMostDoublings && !has_both(); ++doubling) {
      const int side = side_of_edge();
      const bool is_flat = strain_ && side == 0 && doubling >= kMostFlatDoublings;
      const bool more = fitted(up) != range_.most && !(range_.open_most && (is_flat || side < 0));
      const bool less = fitted(down) != range_.least && std::abs(down) > least_told_ &&
                        !(range_.open_least && (is_flat || side > 0));
      if (!more && !less) break;
      if (more) at(fitted(up *= 2));
      if (less && !has_both()) at(fitted(down /= 2));
    }
    if (!has_both() && std::isfinite(range_.least) && !range_.open_least) {
      at(range_.least);  // halves never reach 0
    }
  }

  /// On which side of the start the edge seems to lie, by what was judged farthest out: below 0
  /// that of less, above 0 that of more, 0 where nobody can tell.
  [[nodiscard]] int side_of_edge() const {
    if (!strain_ || verdicts_.size() < 2) return 0;
    const auto first = verdicts_.find(fitted(start_));
    if (first == verdicts_.end() || first->second == Verdict::kUnknown) return 0;
    const Strain less = strain_(verdicts_.begin()->first);
    const Strain more = strain_(verdicts_.rbegin()->first);
    constexpr double kTold = 0.01;  // of the limit
    const double apart = std::max(less.half_width + more.half_width, kTold);
    const double rise = more.value - less.value;
    if (!(std::abs(rise) > apart)) return 0;
    // From what keeps to more strain; from what breaks to less. What is unsure may be either.
    if (first->second == Verdict::kUnsure) return 0;
    return (rise > 0) == (first->second == Verdict::kKeeps) ? 1 : -1;
  }

  /// How far a place is from the start, by its factor where it has one.
  [[nodiscard]] double away(double place) const {
    if (place > 0 && start_ > 0) return std::abs(std::log(place / start_));
    return std::abs(place - start_);
  }

  /// Of the neighbours that have one and the other of two verdicts, with none of these between,
  /// those nearest to the start.
  [[nodiscard]] std::optional<Pair> neighbours(Verdict one, Verdict other) const {
    std::optional<Pair> nearest;
    double least = 0;
    auto last = verdicts_.end();
    for (auto place = verdicts_.begin(); place != verdicts_.end(); ++place) {
      if (place->second != one && place->second != other) continue;
      if (last != verdicts_.end() && last->second != place->second) {
        const double distance = std::max(away(last->first), away(place->first));
        if (!nearest || distance < least) {
          nearest = last->second == one ? Pair{last->first, place->first}
                                        : Pair{place->first, last->first};
          least = distance;
        }
      }
      last = place;
    }
    return nearest;
  }

  /// The place of a verdict where the other is nowhere: the last before what is unsure, or else the
  /// start, or any.
  std::optional<double> alone(Verdict verdict) {
    if (const std::optional<Pair> at_end = neighbours(verdict, Verdict::kUnsure)) {
      return narrow(at_end->of, at_end->other, verdict);
    }
    const auto first = verdicts_.find(fitted(start_));
    if (first != verdicts_.end() && first->second == verdict) return first->first;
    const auto any = std::find_if(verdicts_.begin(), verdicts_.end(),
                                  [&](const auto& one) { return one.second == verdict; });
    return any == verdicts_.end() ? std::nullopt : std::optional{any->first};
  }

  /// Moves from a place of a verdict towards one of another, as far as the verdict stays.
  double narrow(double from, double to, Verdict stays) {
    // What is known between spares asking.
    for (const auto& [place, verdict] : verdicts_) {
      const bool between = std::min(from, to) < place && place < std::max(from, to);
      if (!between) continue;
      if (verdict == stays) from = place;
      if (verdict != stays && std::abs(place - from) < std::abs(to - from)) to = place;
    }
    while (!is_close(from, to)) {
      const double middle = between(from, to);
      if (middle == from || middle == to) break;
      (at(middle) == stays ? from : to) = middle;
    }
    return from;
  }

  [[nodiscard]] bool is_close(double a, double b) const {
    const double gap = std::abs(a - b);
    if (range_.whole && gap <= 1) return true;
    constexpr double kFinest = 1e-9;  // of reals: neighbouring doubles are nobody's question
    const double precision = range_.whole ? range_.precision : std::max(range_.precision, kFinest);
    return gap <= precision * std::max(std::min(std::abs(a), std::abs(b)), least_told_);
  }

  /// Over more than a factor of two the middle is that of the logarithms; with few more digits than
  /// tell the places apart.
  [[nodiscard]] static double between_reals(double least, double most) {
    const bool far = least > 0 && most > 2 * least;
    const double middle = far ? std::sqrt(least * most) : least + (most - least) / 2;
    // A power of ten is exact where it is multiplied with, and not where its inverse is.
    const double digits = std::floor(std::log10((most - least) / 10));
    const double power = std::pow(10, std::abs(digits));
    const double rounded =
        digits < 0 ? std::round(middle * power) / power : std::round(middle / power) * power;
    return rounded > least && rounded < most ? rounded : middle;
  }
  [[nodiscard]] double between(double a, double b) const {
    const double least = std::min(a, b);
    const double most = std::max(a, b);
    if (!range_.whole) return between_reals(least, most);
    const bool far = least > 0 && most > 2 * least;
    return std::round(far ? std::sqrt(least * most) : least + (most - least) / 2);
  }

  /// How often the verdict changes between neighbours that are sure.
  [[nodiscard]] int changes() const {
    int count = 0;
    std::optional<Verdict> last;
    for (const auto& [place, verdict] : verdicts_) {
      if (verdict != Verdict::kKeeps && verdict != Verdict::kBreaks) continue;
      if (last && *last != verdict) ++count;
      last = verdict;
    }
    return count;
  }

  const std::function<Verdict(double)>& judge_;
  double start_;
  const AxisRange& range_;
  double least_told_;
  Verdicts& verdicts_;
  const std::function<Strain(double)>& strain_;
};

}  // namespace

Edge find_edge(const std::function<Verdict(double)>& judge, double start, const AxisRange& range,
               Verdicts& verdicts, const std::function<Strain(double)>& strain) {
  return EdgeSearch{judge, start, range, verdicts, strain}.run();
}

}  // namespace papilio
