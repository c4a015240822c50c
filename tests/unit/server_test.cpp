// Claims, each by hand: the order in which a server serves, when it makes batches and what they
// take, what a crash loses and a slow time or a load level does, and what it says of itself.

#include "sim/play/fleet/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

namespace papilio {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Job job(std::uint32_t request, double service_s, int priority = 0, std::uint32_t kind = 0) {
  return {.request = request,
          .generation = 1,
          .kind = kind,
          .priority = priority,
          .service_s = service_s};
}

Job background(double service_s) {
  return job(Job::kBackground, service_s);
}

struct Served {
  double begin;
  double end;
  double gpu_s;
};

/// A server and the calendar that drives it, as a fleet would.
class Desk {
 public:
  explicit Desk(ServerModel model) : model_{std::move(model)}, server_{model_, 0, calendar_} {}

  /// Plays up to `date` and then submits.
  void submit(double date, const Job& one) {
    play_until(date);
    if (!server_.submit(date, one)) ++refused_;
  }

  void play_until(double date) {
    while (calendar_.next_date() <= date) {
      const Event event = calendar_.pop();
      std::vector<Job> ended;
      switch (event.kind()) {
        case EventKind::kServerDone:
          server_.end_batch(event.date, event.generation, ended);
          break;
        case EventKind::kServerBatch:
          server_.begin_waiting_batch(event.date);
          break;
        case EventKind::kServerFault:
          server_.change_fault(event.date, lost_);
          break;
        default:
          FAIL() << "not an event of a server";
      }
      for (const Job& one : ended) {
        order_.push_back(one.request);
        served_[one.request] = {one.begin_s, event.date, one.gpu_s};
      }
    }
  }

  /// Plays to the end and returns what became of each request.
  const std::map<std::uint32_t, Served>& result() {
    play_until(1e9);
    return served_;
  }
  /// In the order of their ends.
  [[nodiscard]] const std::vector<std::uint32_t>& order() const { return order_; }
  /// How many came while it was down.
  [[nodiscard]] int refused() const { return refused_; }
  /// What crashes lost that had been taken.
  [[nodiscard]] const std::vector<Job>& lost() const { return lost_; }
  Server& server() { return server_; }

 private:
  ServerModel model_;
  Calendar calendar_;
  Server server_;
  std::vector<std::uint32_t> order_;
  std::vector<Job> lost_;
  int refused_{0};
  std::map<std::uint32_t, Served> served_;
};

void expect_served(const Served& found, double begin, double end) {
  EXPECT_NEAR(found.begin, begin, 1e-12);
  EXPECT_NEAR(found.end, end, 1e-12);
}

// One GPU, second-long jobs at 0, 0.1 and 0.2 s: they begin at 0, 1 and 2. Waiting: 0.9 and 1.8 s.
TEST(Server, ServesFirstComeFirstServed) {
  Desk desk{ServerModel{}};
  for (const std::uint32_t i : {0U, 1U, 2U}) desk.submit(0.1 * i, job(i, 1));
  expect_served(desk.result().at(0), 0, 1);
  expect_served(desk.result().at(1), 1, 2);
  expect_served(desk.result().at(2), 2, 3);
  const ServerUse& use = desk.server().use(10);
  EXPECT_NEAR(use.busy_gpu_s, 3, 1e-12);
  EXPECT_NEAR(use.queue_seconds, 0.9 + 1.8, 1e-12);
  EXPECT_EQ(use.served, 3);
}

// Two GPUs, 3 s, 1 s and 1 s: the third takes the GPU that is free first. Busy 3 + 1 + 1.
TEST(Server, TakesTheGpuThatIsFreeFirst) {
  Desk desk{ServerModel{.gpus = 2}};
  desk.submit(0, job(0, 3));
  desk.submit(0.1, job(1, 1));
  desk.submit(0.2, job(2, 1));
  desk.result();
  EXPECT_EQ(desk.order(), (std::vector<std::uint32_t>{1, 2, 0}));
  expect_served(desk.result().at(0), 0, 3);
  expect_served(desk.result().at(1), 0.1, 1.1);
  expect_served(desk.result().at(2), 1.1, 2.1);
  EXPECT_NEAR(desk.server().use(3).busy_gpu_s, 5, 1e-12);
}

// The lowest number first, those of one number as they came, and what runs is not interrupted.
TEST(Server, ServesByPriority) {
  Desk desk{ServerModel{.priority = true}};
  desk.submit(0, job(0, 1, 9));
  desk.submit(0.1, job(1, 1, 2));
  desk.submit(0.2, job(2, 1, 1));
  desk.submit(0.3, job(3, 1, 2));
  desk.submit(0.4, job(4, 1, 1));
  desk.result();
  EXPECT_EQ(desk.order(), (std::vector<std::uint32_t>{0, 2, 4, 1, 3}));
  Desk without{ServerModel{}};
  without.submit(0, job(0, 1, 9));
  without.submit(0.1, job(1, 1, 2));
  without.submit(0.2, job(2, 1, 1));
  without.result();
  EXPECT_EQ(without.order(), (std::vector<std::uint32_t>{0, 1, 2}));
}

// Background jobs have priority 0: they go before a job of priority 1 that came earlier, and behind
// one of -1 that came later.
TEST(Server, ServesBackgroundJobsWithPriority0) {
  Desk desk{ServerModel{.priority = true}};
  desk.submit(0, job(0, 1));
  desk.submit(0.1, job(1, 1, 1));
  desk.submit(0.2, background(1));
  desk.submit(0.3, job(2, 1, -1));
  desk.result();
  EXPECT_EQ(desk.order(), (std::vector<std::uint32_t>{0, 2, Job::kBackground, 1}));
}

ServerModel batching(int size, double delay_s) {
  return {.batch_size = size, .batch_delay_s = delay_s, .batch_factors = {{1, 1}, {4, 2.5}}};
}

// Two at most, and none waits for another: 0 begins alone; when it ends, 1 and 2 go together, which
// by the table (one of the three steps from 1 to 2.5) takes 1.5 s, and 3 follows alone. Each of the
// two is charged half of the GPU's time.
TEST(ServerBatch, IsOfWhatWaitsUpToItsSize) {
  Desk desk{batching(2, 0)};
  desk.submit(0, job(0, 1));
  for (const std::uint32_t i : {1U, 2U, 3U}) desk.submit(0.1 * i, job(i, 1));
  expect_served(desk.result().at(0), 0, 1);
  expect_served(desk.result().at(1), 1, 2.5);
  expect_served(desk.result().at(2), 1, 2.5);
  expect_served(desk.result().at(3), 2.5, 3.5);
  EXPECT_NEAR(desk.result().at(0).gpu_s, 1, 1e-12);
  EXPECT_NEAR(desk.result().at(1).gpu_s, 0.75, 1e-12);
  EXPECT_NEAR(desk.server().use(4).busy_gpu_s, 3.5, 1e-12);
  EXPECT_EQ(desk.server().use(4).served, 4);
}

// The first waits 0.5 s for others: 0 and 1 begin at 0.5 s.
TEST(ServerBatch, WaitsForOthersAsLongAsItMay) {
  Desk desk{batching(3, 0.5)};
  desk.submit(0, job(0, 1));
  desk.submit(0.2, job(1, 1));
  expect_served(desk.result().at(0), 0.5, 2);
  expect_served(desk.result().at(1), 0.5, 2);
}

// The third makes it full at 0.2 s: three take 2 s by the table. The timer of 0.5 s finds nothing.
TEST(ServerBatch, BeginsWhenItIsFull) {
  Desk desk{batching(3, 0.5)};
  for (const std::uint32_t i : {0U, 1U, 2U}) desk.submit(0.1 * i, job(i, 1));
  for (const std::uint32_t i : {0U, 1U, 2U}) expect_served(desk.result().at(i), 0.2, 2.2);
}

// Each waits 0.5 s from its arrival, not from when a GPU is free: 1 came at 0.5 s, just after 0 had
// begun alone, and begins at once when the GPU is free at 1.5 s; 2 came at 2.2 s, the GPU is free
// at 2.5 s, and 2 goes on waiting to 2.7 s.
TEST(ServerBatch, CountsTheWaitingFromTheArrival) {
  Desk desk{batching(2, 0.5)};
  desk.submit(0, job(0, 1));
  desk.submit(0.5, job(1, 1));
  desk.submit(2.2, job(2, 1));
  expect_served(desk.result().at(0), 0.5, 1.5);
  expect_served(desk.result().at(1), 1.5, 2.5);
  expect_served(desk.result().at(2), 2.7, 3.7);
}

// Jobs of another kind are left in the queue, at their place.
TEST(ServerBatch, IsOfOneKind) {
  Desk desk{batching(4, 0)};
  desk.submit(0, job(0, 1, 0, 1));
  desk.submit(0.1, job(1, 1, 0, 1));
  desk.submit(0.2, job(2, 1, 0, 2));
  desk.submit(0.3, job(3, 1, 0, 1));
  expect_served(desk.result().at(1), 1, 2.5);
  expect_served(desk.result().at(3), 1, 2.5);
  expect_served(desk.result().at(2), 2.5, 3.5);
}

// Background jobs run alone, though they have the kind of others.
TEST(ServerBatch, LeavesBackgroundJobsOut) {
  Desk desk{batching(4, 0)};
  desk.submit(0, job(0, 1));
  desk.submit(0.1, background(2));
  desk.submit(0.2, background(2));
  desk.submit(0.3, job(1, 1));
  desk.submit(0.4, job(2, 1));
  desk.result();
  expect_served(desk.result().at(1), 5, 6.5);
  expect_served(desk.result().at(2), 5, 6.5);
}

// A batch of unlike jobs takes the mean of them times the factor: (1 + 3)/2 · 1.5 = 3.
TEST(ServerBatch, TakesTheMeanTimesTheFactor) {
  Desk desk{batching(2, 1)};
  desk.submit(0, job(0, 1));
  desk.submit(0.5, job(1, 3));
  expect_served(desk.result().at(0), 0.5, 3.5);
  EXPECT_NEAR(desk.result().at(1).gpu_s, 1.5, 1e-12);
}

/// What a full batch of `size` second-long jobs takes.
double time_of(int size, std::vector<BatchFactor> factors) {
  Desk desk{
      ServerModel{.batch_size = size, .batch_delay_s = 1, .batch_factors = std::move(factors)}};
  for (int i = 0; i < size; ++i) desk.submit(0, job(static_cast<std::uint32_t>(i), 1));
  return desk.result().at(0).end;
}

// Between the table's sizes the factor is on the line, beyond them it grows as the last one by
// size.
TEST(ServerBatch, InterpolatesTheTable) {
  const std::vector<BatchFactor> table{{1, 1}, {4, 2.5}, {8, 3.5}};
  EXPECT_NEAR(time_of(1, table), 1, 1e-12);
  EXPECT_NEAR(time_of(2, table), 1.5, 1e-12);
  EXPECT_NEAR(time_of(3, table), 2, 1e-12);
  EXPECT_NEAR(time_of(4, table), 2.5, 1e-12);
  EXPECT_NEAR(time_of(6, table), 3, 1e-12);
  EXPECT_NEAR(time_of(8, table), 3.5, 1e-12);
  EXPECT_NEAR(time_of(16, table), 7, 1e-12);
  EXPECT_NEAR(time_of(5, {}), 5, 1e-12) << "without a table one after another";
  EXPECT_NEAR(time_of(3, {{1, 1}}), 3, 1e-12);
}

// Down from 2 s to 4 s: job 0 (0 to 5 s) is lost as it runs, 1 as it waits, 2 as it comes. What
// comes at 4.5 s begins at once, and the end that job 0 would have had does not end it.
TEST(ServerCrash, LosesWhatRunsWaitsAndComes) {
  Desk desk{ServerModel{.faults = {{2, 4, 0}}}};
  desk.submit(0, job(0, 5));
  desk.submit(1, job(1, 1));
  desk.submit(3, job(2, 1));
  desk.submit(4.5, job(3, 1));
  ASSERT_EQ(desk.result().size(), 1U);
  expect_served(desk.result().at(3), 4.5, 5.5);
  const ServerUse& use = desk.server().use(10);
  EXPECT_NEAR(use.busy_gpu_s, 2 + 1, 1e-12);
  EXPECT_NEAR(use.queue_seconds, 1, 1e-12);
  EXPECT_EQ(use.served, 1);
  ASSERT_EQ(desk.lost().size(), 2U) << "who sent them must know";
  EXPECT_EQ(desk.lost()[0].request, 1U);
  EXPECT_EQ(desk.lost()[1].request, 0U);
  EXPECT_EQ(desk.refused(), 1);
}

// The crash is from its first instant on, and until its end, when the server serves again.
TEST(ServerCrash, HoldsFromItsBeginToItsEnd) {
  Desk desk{ServerModel{.faults = {{2, 4, 0}, {6, 7, 0}}}};
  desk.submit(1, job(0, 1));  // would end at 2 s; the fault was there first
  desk.submit(2, job(1, 1));
  desk.submit(4, job(2, 1));
  desk.submit(5.5, job(3, 1));
  desk.submit(7, job(4, 1));
  ASSERT_EQ(desk.result().size(), 2U);
  expect_served(desk.result().at(2), 4, 5);
  expect_served(desk.result().at(4), 7, 8);
}

// A batch that waits for others when the server crashes is lost, and its timer begins nothing
// later.
TEST(ServerCrash, LosesABatchThatWaits) {
  Desk desk{ServerModel{.batch_size = 2, .batch_delay_s = 3, .faults = {{2, 3, 0}}}};
  desk.submit(1, job(0, 1));
  desk.submit(3.5, job(1, 1));
  ASSERT_EQ(desk.result().size(), 1U);
  expect_served(desk.result().at(1), 6.5, 7.5);
}

// Three times slower from 2 s to 4 s: what began before keeps its speed, what begins in it takes
// three times as long, to its end.
TEST(ServerSlowTime, HoldsForWhatBeginsInIt) {
  Desk desk{ServerModel{.faults = {{2, 4, 3}}}};
  desk.submit(1, job(0, 1.5));
  desk.submit(2, job(1, 1));
  desk.submit(3, job(2, 1));
  expect_served(desk.result().at(0), 1, 2.5);
  expect_served(desk.result().at(1), 2.5, 5.5);
  expect_served(desk.result().at(2), 5.5, 6.5);
}

// K = 2 from 10 s on, 4 from 20 s on.
TEST(Server, FollowsItsLoadLevel) {
  Desk desk{ServerModel{.load_levels = {{10, 2}, {20, 4}}}};
  desk.submit(0, job(0, 1));
  desk.submit(9, job(1, 1.5));
  desk.submit(15, job(2, 1.5));
  desk.submit(25, job(3, 1.5));
  expect_served(desk.result().at(0), 0, 1);
  expect_served(desk.result().at(1), 9, 10.5);
  expect_served(desk.result().at(2), 15, 18);
  expect_served(desk.result().at(3), 25, 31);
  EXPECT_NEAR(desk.result().at(2).gpu_s, 3, 1e-12) << "what the GPU worked";
}

TEST(Server, MultipliesLoadLevelAndSlowTime) {
  Desk desk{ServerModel{.load_levels = {{0, 1.5}, {10, 2}}, .faults = {{12, 14, 3}}}};
  EXPECT_EQ(desk.server().slowdown_at(0), 1.5);
  EXPECT_EQ(desk.server().slowdown_at(10), 2);
  EXPECT_EQ(desk.server().slowdown_at(12), 6);
  EXPECT_EQ(desk.server().slowdown_at(14), 2) << "the end is not in it";
}

// A job of 4 s began at 0 s, 1 s and 2 s wait: at 1 s a newcomer waits 3 + 1 + 2 = 6 s. If it comes
// at 3 s and none before it, 4 s; at 10 s, none.
TEST(ServerView, TellsTheWait) {
  Desk desk{ServerModel{}};
  EXPECT_EQ(desk.server().view(0).wait_s, 0);
  EXPECT_EQ(desk.server().view(0).slowdown, 1);
  desk.submit(0, job(0, 4));
  EXPECT_NEAR(desk.server().view(0).wait_s, 4, 1e-12);
  desk.submit(0.5, job(1, 1));
  desk.submit(0.6, job(2, 2));
  EXPECT_NEAR(desk.server().view(1).wait_s, 6, 1e-12);
  EXPECT_NEAR(desk.server().wait_at(1, 1), 6, 1e-12);
  EXPECT_NEAR(desk.server().wait_at(1, 3), 4, 1e-12);
  EXPECT_EQ(desk.server().wait_at(1, 10), 0);
  desk.submit(1, job(3, 1));
  EXPECT_NEAR(desk.result().at(3).begin - 1, 6, 1e-12) << "as it turns out";
  EXPECT_EQ(desk.server().view(100).wait_s, 0);
}

// What waits will take K times as long; what runs has had its K. At 1 s: 2·4 - 1 + 2·1 = 9.
TEST(ServerView, CountsTheLoadLevel) {
  Desk desk{ServerModel{.load_levels = {{0, 2}}}};
  desk.submit(0, job(0, 4));
  desk.submit(0.5, job(1, 1));
  EXPECT_NEAR(desk.server().view(1).wait_s, 9, 1e-12);
  EXPECT_EQ(desk.server().view(1).slowdown, 2);
}

// Background jobs are waited for as others are.
TEST(ServerView, CountsBackgroundJobs) {
  Desk desk{ServerModel{}};
  desk.submit(0, background(3));
  desk.submit(0, background(2));
  EXPECT_NEAR(desk.server().view(1).wait_s, 4, 1e-12);
}

// One GPU of two is free: no wait. Both are busy until 4 s: 3 s from 1 s on. A job of 4 s that
// waits takes one of them until 8 s, the next one finds the other at 4 s still; with a job of 2 s
// more in the queue that is busy until 6 s.
TEST(ServerView, TellsWhenTheNextGpuIsFree) {
  Desk desk{ServerModel{.gpus = 2}};
  desk.submit(0, job(0, 4));
  EXPECT_EQ(desk.server().view(1).wait_s, 0);
  desk.submit(1, job(1, 3));
  EXPECT_NEAR(desk.server().view(1).wait_s, 3, 1e-12);
  desk.submit(1, job(2, 4));
  EXPECT_NEAR(desk.server().view(1).wait_s, 3, 1e-12);
  desk.submit(1, job(3, 2));
  EXPECT_NEAR(desk.server().view(1).wait_s, 5, 1e-12);
  EXPECT_NEAR(desk.server().wait_at(1, 5.5), 0.5, 1e-12);
}

// Down from 2 s to 4 s. Before it, what would come in it would be lost; in it, what comes after it
// finds an empty server.
TEST(ServerView, KnowsOfCrashes) {
  Desk desk{ServerModel{.faults = {{2, 4, 0}}}};
  desk.submit(0, job(0, 10));
  EXPECT_NEAR(desk.server().view(1).wait_s, 9, 1e-12);
  EXPECT_EQ(desk.server().wait_at(1, 3), kInfinity);
  desk.play_until(2);
  EXPECT_EQ(desk.server().view(3).wait_s, kInfinity);
  EXPECT_EQ(desk.server().wait_at(3, 3.5), kInfinity);
  EXPECT_EQ(desk.server().wait_at(3, 4), 0);
  EXPECT_EQ(desk.server().view(4).wait_s, 0);
}

TEST(ValueAt, HoldsFromEachStepOn) {
  const std::vector<Step> steps{{1, 10}, {2, 20}};
  EXPECT_EQ(value_at(steps, 0.5, 7), 7);
  EXPECT_EQ(value_at(steps, 1, 7), 10);
  EXPECT_EQ(value_at(steps, 1.5, 7), 10);
  EXPECT_EQ(value_at(steps, 5, 7), 20);
  EXPECT_EQ(value_at({}, 5, 7), 7);
}

}  // namespace
}  // namespace papilio
