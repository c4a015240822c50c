#include "sim/capacity/edge.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace papilio {
namespace {

// Factors of two to each side of the start, where the range is not at its end before.
constexpr int kMostDoublings = 64;

class EdgeSearch {
 public:
  EdgeSearch(const std::function<Verdict(double)>& judge, const AxisRange& range,
             Verdicts& verdicts)
      : judge_{judge}, range_{range}, verdicts_{verdicts} {}

  Edge run(double start) {
    spread_out(start);
    Edge edge = nearest(start);
    if (!edge.keeps || !edge.breaks) return edge;
    // From what keeps to what does not for sure, and from what breaks likewise.
    edge.keeps = narrow(*edge.keeps, *edge.breaks, Verdict::kKeeps);
    edge.breaks = narrow(*edge.breaks, *edge.keeps, Verdict::kBreaks);
    edge.again = changes() > 1;
    return edge;
  }

 private:
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

  void spread_out(double start) {
    at(fitted(start));
    double up = start;
    double down = start;
    for (int doubling = 0; doubling < kMostDoublings && !has_both(); ++doubling) {
      if (fitted(up) == range_.most && fitted(down) == range_.least) return;
      up *= 2;
      at(fitted(up));
      down /= 2;
      if (!has_both()) at(fitted(down));
    }
    if (!has_both() && std::isfinite(range_.least)) at(range_.least);  // halves never reach 0
  }

  /// Of the neighbours of which one keeps and one breaks, with none but unsure ones between, those
  /// nearest to the start.
  [[nodiscard]] Edge nearest(double start) const {
    Edge edge;
    double distance = 0;
    auto last = verdicts_.end();
    for (auto one = verdicts_.begin(); one != verdicts_.end(); ++one) {
      if (one->second == Verdict::kUnsure) continue;
      if (last != verdicts_.end() && last->second != one->second) {
        const double away = std::min(std::abs(last->first - start), std::abs(one->first - start));
        if (!edge.keeps || !edge.breaks || away < distance) {
          const bool keeps_first = last->second == Verdict::kKeeps;
          edge = {.keeps = keeps_first ? last->first : one->first,
                  .breaks = keeps_first ? one->first : last->first};
          distance = away;
        }
      }
      last = one;
    }
    if (edge.keeps || last == verdicts_.end()) return edge;
    // All that is sure is alike: the start, or else the last, stands for it.
    const auto first = verdicts_.find(fitted(start));
    if (first->second != Verdict::kUnsure) last = first;
    (last->second == Verdict::kKeeps ? edge.keeps : edge.breaks) = last->first;
    return edge;
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
    return gap <= range_.precision * std::min(std::abs(a), std::abs(b));
  }

  /// Over more than a factor of two the middle is that of the logarithms; with no more digits than
  /// tell the places apart.
  [[nodiscard]] double between(double a, double b) const {
    const double least = std::min(a, b);
    const double most = std::max(a, b);
    const bool far = least > 0 && most > 2 * least;
    const double middle = far ? std::sqrt(least * most) : least + (most - least) / 2;
    if (range_.whole) return std::round(middle);
    const double step = std::pow(10, std::floor(std::log10((most - least) / 10)));
    const double rounded = std::round(middle / step) * step;
    return rounded > least && rounded < most ? rounded : middle;
  }

  /// How often the verdict changes between neighbours that are sure.
  [[nodiscard]] int changes() const {
    int count = 0;
    std::optional<Verdict> last;
    for (const auto& [place, verdict] : verdicts_) {
      if (verdict == Verdict::kUnsure) continue;
      if (last && *last != verdict) ++count;
      last = verdict;
    }
    return count;
  }

  const std::function<Verdict(double)>& judge_;
  const AxisRange& range_;
  Verdicts& verdicts_;
};

}  // namespace

Edge find_edge(const std::function<Verdict(double)>& judge, double start, const AxisRange& range,
               Verdicts& verdicts) {
  return EdgeSearch{judge, range, verdicts}.run(start);
}

}  // namespace papilio
