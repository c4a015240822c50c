#include "models/link/lateness.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr std::int64_t kBucketNs = 1000;
constexpr std::size_t kBuckets = 20'001;  // up to 20 ms
constexpr double kPerNs = 1e-9;

}  // namespace

Lateness::Lateness() : counts_(kBuckets, 0) {}

void Lateness::add(std::int64_t late_ns) {
  PAPILIO_CHECK(late_ns >= 0);
  const auto bucket = static_cast<std::size_t>(late_ns / kBucketNs);
  ++counts_[std::min(bucket, counts_.size() - 1)];
  ++count_;
  max_ns_ = std::max(max_ns_, late_ns);
}

LatenessStats Lateness::stats() const {
  LatenessStats stats;
  stats.count = count_;
  stats.max = Seconds{static_cast<double>(max_ns_) * kPerNs};
  // The least number of microseconds below which that share of all lies, and no more than the
  // greatest of all.
  const auto quantile = [&](double share) {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i + 1 < counts_.size(); ++i) {
      below += counts_[i];
      if (below >= rank) {
        const double edge = static_cast<double>((static_cast<std::int64_t>(i) + 1) * kBucketNs);
        return std::min(stats.max, Seconds{edge * kPerNs});
      }
    }
    return stats.max;
  };
  if (count_ == 0) return stats;
  stats.median = quantile(0.5);
  stats.p99 = quantile(0.99);
  return stats;
}

}  // namespace papilio
