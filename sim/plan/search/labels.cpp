#include "sim/plan/search/labels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sim/base/error.hpp"
#include "sim/plan/search/routes.hpp"

namespace papilio {
namespace {

/// What sums of the same costs in another order may differ by, relatively, with much to spare.
constexpr double kRounding = 1e-10;

/// A way to a tier, and what it spent in the first W columns.
template <std::size_t W>
struct Label {
  std::array<double, W> amounts;
  std::uint32_t changes;
  std::uint32_t previous;  ///< its link
  std::uint8_t from;       ///< the tier of that link

  bool operator<(const Label& other) const {
    if (amounts != other.amounts) return amounts < other.amounts;
    if (changes != other.changes) return changes < other.changes;
    if (from != other.from) return from < other.from;
    return previous < other.previous;
  }
};

/// Prefix minima over ranks.
class LeastBelow {
 public:
  void reset(std::size_t size) { tree_.assign(size + 1, std::numeric_limits<double>::infinity()); }
  void lower(std::size_t rank, double to) {
    for (std::size_t i = rank + 1; i < tree_.size(); i += i & -i) tree_[i] = std::min(tree_[i], to);
  }
  /// The least of ranks 0 to `rank`.
  [[nodiscard]] double least(std::size_t rank) const {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = rank + 1; i > 0; i -= i & -i) least = std::min(least, tree_[i]);
    return least;
  }

 private:
  std::vector<double> tree_;  // Fenwick's
};

/// Label-setting over W columns, of which those beyond the chain's width are 0.
template <std::size_t W>
class LabelSetting {
 public:
  LabelSetting(const Columns& columns, const std::vector<Bound>& bounds, std::size_t most)
      : columns_{columns}, bounds_{bounds}, most_{most}, here_(columns.tiers()) {
    PAPILIO_CHECK(most <= std::numeric_limits<std::uint32_t>::max());
    for (const Bound& bound : bounds) {
      thresholds_.push_back(bound.most + kRounding * std::abs(bound.most));
    }
  }

  Labels run() {
    // The way that has not begun: it has no link that anybody reads.
    here_[0].push_back(Label<W>{});
    std::vector<std::vector<Label<W>>> next(columns_.tiers());
    for (std::size_t step = 0; step < columns_.steps(); ++step) {
      for (std::size_t to = 0; to < columns_.tiers(); ++to) {
        next[to].clear();
        for (std::size_t from = 0; from < columns_.tiers(); ++from) {
          extend(step, from, to, next[to]);
        }
        keep_undominated(next[to]);
        link(next[to], static_cast<std::uint8_t>(to));
      }
      here_.swap(next);
    }
    finish();
    return std::move(labels_);
  }

 private:
  void extend(std::size_t step, std::size_t from, std::size_t to, std::vector<Label<W>>& next) {
    const double* move = columns_.move(step, from, to);
    const double* compute = columns_.compute(step, to);
    if (std::isinf(move[0]) || std::isinf(compute[0])) return;
    const std::size_t place = step * columns_.tiers() + to;
    for (const Label<W>& label : here_[from]) {
      Label<W> longer = label;
      for (std::size_t i = 0; i < columns_.width(); ++i) {
        longer.amounts[i] = label.amounts[i] + move[i] + compute[i];
      }
      if (is_excluded(longer, place)) continue;
      longer.changes += from != to ? 1 : 0;
      longer.from = static_cast<std::uint8_t>(from);
      next.push_back(longer);
    }
  }

  [[nodiscard]] bool is_excluded(const Label<W>& label, std::size_t place) const {
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      double sum = bounds_[i].to_go[place];
      for (std::size_t j = 0; j < W; ++j) sum += bounds_[i].weights[j] * label.amounts[j];
      if (sum > thresholds_[i]) return true;
    }
    return false;
  }

  void keep_undominated(std::vector<Label<W>>& labels) {
    std::sort(labels.begin(), labels.end());
    if constexpr (W == 2) {
      double least = std::numeric_limits<double>::infinity();
      keep_if(labels, [&least](const Label<W>& label) {
        if (least <= label.amounts[1]) return false;
        least = label.amounts[1];
        return true;
      });
    } else if constexpr (W == 3) {
      ranks_.clear();
      for (const Label<W>& label : labels) ranks_.push_back(label.amounts[1]);
      std::sort(ranks_.begin(), ranks_.end());
      least_below_.reset(ranks_.size());
      keep_if(labels, [this](const Label<W>& label) {
        const auto rank = static_cast<std::size_t>(
            std::lower_bound(ranks_.begin(), ranks_.end(), label.amounts[1]) - ranks_.begin());
        if (least_below_.least(rank) <= label.amounts[2]) return false;
        least_below_.lower(rank, label.amounts[2]);
        return true;
      });
    } else {
      keep_if(labels, [this, &labels](const Label<W>& label) {
        return !is_dominated(labels.begin(), labels.begin() + kept_, label);
      });
    }
  }

  /// Keeps what `is_good` says, asked in order; `kept_` is how many there are so far.
  template <class Predicate>
  void keep_if(std::vector<Label<W>>& labels, const Predicate& is_good) {
    kept_ = 0;
    for (const Label<W>& label : labels) {
      if (is_good(label)) labels[static_cast<std::size_t>(kept_++)] = label;
    }
    labels.resize(static_cast<std::size_t>(kept_));
  }

  template <class Iterator>
  bool is_dominated(Iterator begin, Iterator end, const Label<W>& label) {
    const auto found = std::find_if(begin, end, [&label](const Label<W>& other) {
      for (std::size_t i = 1; i < W; ++i) {  // sorted by the first column
        if (other.amounts[i] > label.amounts[i]) return false;
      }
      return true;
    });
    comparisons_ += static_cast<std::size_t>(found - begin);
    if (comparisons_ > most_ * kComparisonsPerLabel) refuse();
    return found != end;
  }

  /// Gives each label a link, which its successors refer to.
  void link(std::vector<Label<W>>& labels, std::uint8_t tier) {
    if (labels_.links.size() + labels.size() > most_) refuse();
    for (Label<W>& label : labels) {
      labels_.links.push_back({label.previous, tier});
      label.previous = static_cast<std::uint32_t>(labels_.links.size() - 1);
    }
  }

  void finish() {
    std::vector<Label<W>> ends;
    for (std::size_t from = 0; from < columns_.tiers(); ++from) {
      const double* move = columns_.move(columns_.steps(), from, 0);
      if (std::isinf(move[0])) continue;
      for (Label<W> label : here_[from]) {
        for (std::size_t i = 0; i < columns_.width(); ++i) label.amounts[i] += move[i];
        label.changes += from != 0 ? 1 : 0;
        label.from = static_cast<std::uint8_t>(from);
        ends.push_back(label);
      }
    }
    keep_undominated(ends);
    for (const Label<W>& label : ends) {
      Labels::End end{{}, label.changes, label.previous};
      std::copy(label.amounts.begin(), label.amounts.end(), end.amounts.begin());
      labels_.ends.push_back(end);
    }
  }

  [[noreturn]] void refuse() const {
    throw SearchTooLarge{"the exact search would need more than " + std::to_string(most_) +
                         " labels"};
  }

  const Columns& columns_;
  const std::vector<Bound>& bounds_;
  std::size_t most_;
  std::vector<double> thresholds_;
  std::vector<std::vector<Label<W>>> here_;  // by tier
  Labels labels_;
  std::vector<double> ranks_;
  LeastBelow least_below_;
  std::ptrdiff_t kept_ = 0;
  std::size_t comparisons_ = 0;
};

}  // namespace

Bound::Bound(const Columns& columns, const Amounts& of_columns, double at_most)
    : weights{of_columns}, most{at_most}, to_go{least_to_go(columns, of_columns)} {}

std::vector<std::uint8_t> Labels::tiers_of(const End& end, std::size_t steps) const {
  std::vector<std::uint8_t> tiers(steps);
  std::uint32_t at = end.link;
  for (std::size_t step = steps; step-- > 0; at = links[at].previous) tiers[step] = links[at].tier;
  return tiers;
}

Labels set_labels(const Columns& columns, const std::vector<Bound>& bounds, std::size_t most) {
  constexpr std::size_t kFew = 4;
  if (columns.width() <= 2) return LabelSetting<2>{columns, bounds, most}.run();
  if (columns.width() == 3) return LabelSetting<3>{columns, bounds, most}.run();
  if (columns.width() == kFew) return LabelSetting<kFew>{columns, bounds, most}.run();
  return LabelSetting<kMostColumns>{columns, bounds, most}.run();
}

}  // namespace papilio
