#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

namespace papilio {

/// How requests come together in batches, in the words of a fleet's servers.
struct BatchRule {
  std::size_t size{1};  ///< requests for the same layers computed at once, at most
  double delay_s{0};    ///< how long the first of a batch waits for others
};

/// Requests that wait for a server, and the batch that is to be computed next: first come, first
/// served; those of the first one's kind go with it, the others wait behind. As `Server` of a fleet
/// does it. Not thread-safe; dates are its owner's.
template <class Item>
class BatchQueue {
 public:
  /// @param most requests that may wait, >= 1
  BatchQueue(const BatchRule& rule, std::size_t most) : rule_{rule}, most_{most} {}

  /// @return whether there was room for it; else it is as it was
  bool push(Item& item, std::uint64_t kind, double now_s) {
    if (is_full()) return false;
    waiting_.push_back({std::move(item), kind, now_s});
    return true;
  }

  struct Next {
    std::vector<Item> batch;  ///< empty: nothing is to begin yet
    /// When to ask again, if nothing comes before; infinite where nothing waits.
    double ask_again_at_s{std::numeric_limits<double>::infinity()};
  };
  /// Takes what a free processor begins now.
  /// @param hurry whether nobody else is going to come, so that waiting is of no use
  Next next(double now_s, bool hurry = false) {
    Next next;
    if (waiting_.empty()) return next;
    const std::uint64_t kind = waiting_.front().kind;
    std::size_t count = 0;
    for (const Waiting& one : waiting_) {
      if (one.kind == kind && ++count == rule_.size) break;
    }
    const double ready_s = waiting_.front().since_s + rule_.delay_s;
    if (!hurry && count < rule_.size && now_s < ready_s) {
      next.ask_again_at_s = ready_s;
      return next;
    }
    next.batch.reserve(count);
    for (auto one = waiting_.begin(); one != waiting_.end() && next.batch.size() < count;) {
      if (one->kind != kind) {
        ++one;
        continue;
      }
      next.batch.push_back(std::move(one->item));
      one = waiting_.erase(one);
    }
    return next;
  }

  /// Takes all of which something holds out of the queue, in their order.
  template <class Predicate>
  std::vector<Item> take_if(const Predicate& holds) {
    std::vector<Item> taken;
    taken.reserve(waiting_.size());
    for (auto one = waiting_.begin(); one != waiting_.end();) {
      if (!holds(std::as_const(one->item))) {
        ++one;
        continue;
      }
      taken.push_back(std::move(one->item));
      one = waiting_.erase(one);
    }
    return taken;
  }

  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  [[nodiscard]] bool is_full() const { return waiting_.size() >= most_; }

 private:
  struct Waiting {
    Item item;
    std::uint64_t kind;
    double since_s;
  };

  BatchRule rule_;
  std::size_t most_;
  std::deque<Waiting> waiting_;
};

}  // namespace papilio
