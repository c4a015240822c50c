// Claim: a live server's queue makes the batches that a fleet's server makes of the same arrivals.

#include "models/live/batch_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/calendar.hpp"
#include "sim/play/fleet/server.hpp"

namespace papilio {
namespace {

struct Arrival {
  double date_s;
  std::uint32_t kind;
};

/// A batch: when it began, and whose requests were in it.
using Begun = std::pair<double, std::vector<std::uint32_t>>;

constexpr double kService = 0.010;  // of a request; a batch of n takes n times as long

std::vector<Begun> by_fleet(const ServerModel& model, const std::vector<Arrival>& arrivals) {
  Calendar calendar;
  Server server{model, 0, calendar};
  std::vector<Begun> batches;
  std::size_t next = 0;
  const auto end = [&](double now, std::uint32_t generation) {
    std::vector<Job> ended;
    server.end_batch(now, generation, ended);
    Begun batch{ended.front().begin_s, {}};
    for (const Job& job : ended) batch.second.push_back(job.request);
    batches.push_back(batch);
  };
  while (next < arrivals.size() || std::isfinite(calendar.next_date())) {
    if (next < arrivals.size() && arrivals[next].date_s <= calendar.next_date()) {
      const Arrival& one = arrivals[next];
      server.submit(
          one.date_s,
          {.request = static_cast<std::uint32_t>(next), .kind = one.kind, .service_s = kService});
      ++next;
      continue;
    }
    const Event event = calendar.pop();
    if (event.kind() == EventKind::kServerDone) {
      end(event.date, event.generation);
    } else {
      server.begin_waiting_batch(event.date);
    }
  }
  return batches;
}

std::vector<Begun> by_queue(const BatchRule& rule, const std::vector<Arrival>& arrivals) {
  BatchQueue<std::uint32_t> queue{rule, arrivals.size()};
  std::vector<Begun> batches;
  std::size_t next = 0;
  double now = 0;
  double free_s = 0;
  while (next < arrivals.size() || queue.size() > 0) {
    // What comes while the processor is busy waits.
    while (next < arrivals.size() && arrivals[next].date_s <= now) {
      auto item = static_cast<std::uint32_t>(next);
      EXPECT_TRUE(queue.push(item, arrivals[next].kind, arrivals[next].date_s));
      ++next;
    }
    auto [batch, ask_again_at_s] = queue.next(now);
    if (!batch.empty()) {
      free_s = now + kService * static_cast<double>(batch.size());
      batches.emplace_back(now, std::move(batch));
      // Until then nothing begins.
      while (next < arrivals.size() && arrivals[next].date_s <= free_s) {
        auto item = static_cast<std::uint32_t>(next);
        EXPECT_TRUE(queue.push(item, arrivals[next].kind, arrivals[next].date_s));
        ++next;
      }
      now = free_s;
      continue;
    }
    now = next < arrivals.size() ? std::min(ask_again_at_s, arrivals[next].date_s) : ask_again_at_s;
  }
  return batches;
}

TEST(BatchQueue, MakesTheBatchesOfAFleetsServer) {
  for (const std::size_t size : {1U, 2U, 4U}) {
    for (const double delay_s : {0.0, 0.004, 0.05}) {
      Stream stream{StreamFamily{size, "batches"}};
      std::vector<Arrival> arrivals;
      double date_s = 0;
      for (int i = 0; i < 300; ++i) {
        date_s += stream.exponential(0.9 * kService);
        arrivals.push_back({date_s, stream.uniform() < 0.7 ? 0U : 1U});
      }
      ServerModel model;
      model.batch_size = static_cast<int>(size);
      model.batch_delay_s = delay_s;
      const std::vector<Begun> expected = by_fleet(model, arrivals);
      const std::vector<Begun> found = by_queue({size, delay_s}, arrivals);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].second, expected[i].second) << "batch " << i;
        EXPECT_NEAR(found[i].first, expected[i].first, 1e-9);
      }
    }
  }
}

TEST(BatchQueue, TakesNoMoreThanMayWaitAndHurriesAtTheEnd) {
  BatchQueue<int> queue{{4, 10}, 2};
  int item = 1;
  EXPECT_TRUE(queue.push(item, 0, 0));
  EXPECT_TRUE(queue.push(item, 0, 0));
  EXPECT_FALSE(queue.push(item, 0, 0));
  EXPECT_TRUE(queue.next(5).batch.empty());
  EXPECT_EQ(queue.next(5).ask_again_at_s, 10);
  EXPECT_EQ(queue.next(5, true).batch.size(), 2U);
}

TEST(BatchQueue, LetsSomeGoAndKeepsTheOthersInTheirOrder) {
  BatchQueue<int> queue{{4, 0}, 4};
  for (int item = 1; item <= 4; ++item) EXPECT_TRUE(queue.push(item, 0, 0));
  EXPECT_TRUE(queue.is_full());
  EXPECT_EQ(queue.take_if([](int item) { return item % 2 == 0; }), (std::vector<int>{2, 4}));
  EXPECT_EQ(queue.next(0).batch, (std::vector<int>{1, 3}));
}

}  // namespace
}  // namespace papilio
