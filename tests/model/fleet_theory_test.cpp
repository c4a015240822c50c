// Claims: the queues of a fleet obey queueing theory; Little's law and the conservation of
// requests, time and energy hold to the last digits.
//
// How the queues are tested. Every case plays the ten seeds 1..10, fixed beforehand, and the ten
// means, which are independent, give one interval by Student's t with nine degrees of freedom. All
// kCases intervals hold together with 99 %, by Bonferroni each with 1 - 1 %/kCases. The theoretical
// value must lie in the interval, and the interval must be narrow, or the test could not fail: a
// service time or an arrival rate that is wrong by a share e moves the mean by e (1 + rho/(1 -
// rho)) or more, so half-widths of 10 %, 15 % and 25 % at loads up to 0.7, 0.9 and 0.95 tell errors
// of 7 % (at 0.3), 3 % (0.7), 1.5 % (0.9) and 1.3 % (0.95).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <string>

#include "sim/radio/states.hpp"
#include "tests/model/fleets.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::play_whole;
using testing::random_fleet;
using testing::simple_fleet;

// Queueing theory ---------------------------------------------------------------------------------

// In a debug build a tenth of the requests shows that the code is sound and theory not
// contradicted; the intervals are as wide as they are.
#ifdef NDEBUG
constexpr bool kShort = false;
#else
constexpr bool kShort = true;
#endif

/// What the queues at the mobiles may take, of the mean that is measured.
constexpr double kQueueShare = kShort ? 5e-3 : 1e-3;

/// A queue of unit capacity: the mean service time is 1 s for each server (for a link: alone on
/// it), so the load is the arrival rate.
struct Queue {
  std::string name;
  Variation work;
  int servers{1};
  bool shared_link{false};  // processor sharing on the uplink, else first come, first served
};

double square(double x) {
  return x * x;
}

/// E[S³] for a mean of 1. Lognormal: E[X^k] = (1 + cv²)^(k(k-1)/2); uniform: E[(1 + U)³] with U
/// uniform on ±cv√3, whose odd moments are 0.
double third_moment(const Variation& work) {
  switch (work.kind) {
    case Variation::Kind::kNone:
      return 1;
    case Variation::Kind::kExponential:
      return 6;
    case Variation::Kind::kUniform:
      return 1 + 3 * square(work.cv);
    case Variation::Kind::kLognormal:
      return std::pow(1 + square(work.cv), 3);
  }
  return 1;
}

/// Erlang's C: the probability that an arrival finds all servers busy. With a = lambda/mu = c rho
/// the states of M/M/c have p_n = p_0 a^n/n! up to c and fall by rho beyond, so those from c on add
/// up to p_0 a^c/c! / (1 - rho).
double erlang_c(int servers, double load) {
  const double a = servers * load;
  double below = 0;
  double term = 1;  // a^n/n!
  for (int n = 0; n < servers; ++n) {
    below += term;
    term *= a / (n + 1);
  }
  const double above = term / (1 - load);
  return above / (below + above);
}

/// What theory says of the mean that a case measures.
///
/// M/G/1 (Pollaczek-Khinchine): an arrival sees, by PASTA, the mean number Q = lambda W of waiting
/// requests, each of E[S] = 1, and with probability rho one in service, whose residual is
/// E[S²]/(2 E[S]): W = lambda W + rho E[S²]/2, so W = lambda E[S²]/(2 (1 - rho)). M/M/1 has
/// E[S²] = 2, W = rho/(1 - rho); M/D/1 has E[S²] = 1, half of that.
///
/// M/M/c: an arrival that waits finds, while all are busy, a queue that is geometric as that of an
/// M/M/1 of rate c mu = 1: W = C(c, c rho)/(c mu - lambda) = C/(1 - rho).
///
/// Processor sharing: the number in an M/G/1-PS is geometric whatever the sizes' law, for the
/// insensitive product form keeps only their mean: E[N] = rho/(1 - rho), by Little
/// E[T] = E[N]/lambda = (E[size]/C)/(1 - rho).
double theoretical_mean_s(const Queue& queue, double load) {
  if (queue.shared_link) return 1 / (1 - load);
  if (queue.servers > 1) return erlang_c(queue.servers, load) / (1 - load);
  return load * queue.work.second_moment() / (2 * (1 - load));
}

/// E[T²] of the time at the queue, or somewhat more.
///
/// First come, first served: T = W + S, independent. M/G/1: E[W²] = 2 W² + lambda E[S³]/(3 (1-rho))
/// (Takacs). M/M/c: W is 0 with 1 - C, else exponential: E[W²] = 2 C/(1-rho)². Processor sharing
/// with exponential sizes: cv² of T is (2+rho)/(2-rho) (Coffman, Muntz, Trotter 1970); with
/// others of larger second moment at most about in proportion to it.
double second_moment_of_stay(const Queue& queue, double load) {
  const double mean_s = theoretical_mean_s(queue, load);
  if (queue.shared_link) return square(mean_s) * queue.work.second_moment() * 2 / (2 - load);
  const double service_s = queue.servers;
  const double wait_2 =
      queue.servers > 1 ? 2 * erlang_c(queue.servers, load) / square(1 - load)
                        : 2 * square(mean_s) + load * third_moment(queue.work) / (3 * (1 - load));
  return wait_2 + 2 * mean_s * service_s + square(service_s) * queue.work.second_moment();
}

/// Mobiles whose requests are together a Poisson process that the queue at each mobile does not
/// disturb. A mobile serves one request at a time. Its own arrivals, lambda/N a second, find an
/// earlier one at work and wait for its residual: by the argument above (lambda/N) E[T²]/2 on
/// average: two thirds of what may be, for the rest is chance.
std::uint32_t enough_mobiles(const Queue& queue, double load) {
  const double alone = load * second_moment_of_stay(queue, load) / 2;
  return static_cast<std::uint32_t>(1.5 / kQueueShare * alone / theoretical_mean_s(queue, load)) +
         1000;
}

/// The empty start decays with the relaxation time of the queue, in heavy traffic that of reflected
/// Brownian motion, 2 rho (1 + cv²)/(1 - rho)². Three of them, and 100 s where that is short, leave
/// e^-3 = 5 % of a bias that, for M/M/1 at 0.95, is 400 s of a run of more than 100,000 s even
/// without any warm-up: 0.02 % of the mean.
double warm_up_s(const Queue& queue, double load) {
  return 100 + 3 * 2 * load * queue.work.second_moment() / square(1 - load);
}

struct Load {
  double value;
  double requests;    // of M/M/1, counted, over all seeds
  double half_width;  // of the mean, at most
};
constexpr std::array<Load, 5> kLoads{
    {{0.3, 4e5, 0.10}, {0.5, 4e5, 0.10}, {0.7, 5e5, 0.10}, {0.9, 8e5, 0.15}, {0.95, 1.8e6, 0.25}}};
constexpr int kSeeds = 10;

/// The variance of a mean grows with the relaxation time, and so with E[S²]; at low loads few wait
/// where there are several servers, and the mean is that of a rare event.
double share_of_requests(const Queue& queue, double load) {
  const bool rare = queue.servers > 1 && load <= 0.5;
  if (queue.work.kind == Variation::Kind::kUniform) return 1;
  return queue.work.second_moment() / 2 * (rare ? queue.servers : 1);
}

std::vector<Queue> queues() {
  using Kind = Variation::Kind;
  const Variation constant;
  const Variation exponential{Kind::kExponential, 1};
  const Variation uniform{Kind::kUniform, 1 / std::sqrt(3.0)};  // on 0..2
  const Variation lognormal{Kind::kLognormal, 1.5};
  return {{"MM1", exponential},
          {"MD1", constant},
          {"MM3", exponential, 3},
          {"MG1Lognormal", lognormal},
          {"MG1Uniform", uniform},
          {"MM1Sharing", exponential, 1, true},
          {"MD1Sharing", constant, 1, true},
          {"MG1SharingLognormal", lognormal, 1, true}};
}
constexpr std::size_t kQueues = 8;
constexpr std::size_t kCases = kQueues * kLoads.size();

using Case = std::tuple<std::size_t, std::size_t>;  // positions among the queues and the loads

FleetModel model_of(const Queue& queue, double load, double requests) {
  // Sizes are rounded up to whole bytes, so they are large; the clock resolves 1e-9 s or better.
  constexpr double kBytes = 1e6;
  constexpr double kInstantly = 1e12;
  TaskModel task{.upload_bytes = 1, .server_s = double(queue.servers)};
  if (queue.shared_link) task = {.upload_bytes = kBytes};
  const std::uint32_t mobiles = enough_mobiles(queue, load);
  Workload workload;
  workload.process = Workload::Process::kPoisson;
  workload.rate_per_s = load / mobiles;
  FleetModel model = simple_fleet(task, workload, mobiles);
  const double rate = queue.shared_link ? kBytes : kInstantly;
  model.cells = {testing::cell_of(rate, kInstantly)};
  model.servers[0].gpus = queue.servers;
  (queue.shared_link ? model.groups[0].upload_variation : model.groups[0].service_variation) =
      queue.work;
  model.warm_up_s = warm_up_s(queue, load);
  model.duration_s = model.warm_up_s + requests / load;
  model.record_share = 0;
  return model;
}

class QueueingTheory : public ::testing::TestWithParam<Case> {};

TEST_P(QueueingTheory, HoldsTheMean) {
  if (kSanitized) GTEST_SKIP() << "theory; the sample paths below run its code";
  ASSERT_EQ(queues().size(), kQueues);
  const Queue queue = queues()[std::get<0>(GetParam())];
  const Load load = kLoads[std::get<1>(GetParam())];
  const double theory_s = theoretical_mean_s(queue, load.value);

  double requests = load.requests * share_of_requests(queue, load.value) / kSeeds;
  if (kShort) requests /= 10;
  FleetModel model = model_of(queue, load.value, requests);
  std::vector<double> means_s;
  PhaseTimes all;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    model.seed = static_cast<std::uint64_t>(seed);
    const FleetResult result = play_whole(model);
    const RequestSums& sums = result.buckets[0].sums;
    ASSERT_GT(sums.completed, 0U);
    ASSERT_EQ(sums.completed, sums.arrived);
    const double sum_s =
        queue.shared_link ? sums.phases[Phase::kUplink] : sums.phases[Phase::kWait];
    means_s.push_back(sum_s / static_cast<double>(sums.completed));
    all += sums.phases;
  }
  EXPECT_LT(all[Phase::kQueue],
            kQueueShare * (queue.shared_link ? all[Phase::kUplink] : all[Phase::kWait]))
      << "more mobiles: they hold their own requests back, and the arrivals are not Poisson";
  EXPECT_LT(queue.shared_link ? all[Phase::kWait] : all[Phase::kUplink], 1e-6 * all.total())
      << "nothing else counts";

  double mean_s = 0;
  for (const double value : means_s) mean_s += value / kSeeds;
  double squares = 0;
  for (const double value : means_s) squares += square(value - mean_s);
  const double error_s = std::sqrt(squares / (kSeeds - 1) / kSeeds);
  constexpr double kRisk = 0.01 / static_cast<double>(kCases);
  const boost::math::students_t student{kSeeds - 1};
  const double half_s = error_s * boost::math::quantile(complement(student, kRisk / 2));

  RecordProperty("interval",
                 fmt::format("load {}: theory {:.5f}, found {:.5f} +- {:.5f} ({:.1f} %)",
                             load.value, theory_s, mean_s, half_s, 100 * half_s / theory_s));
  EXPECT_NEAR(mean_s, theory_s, half_s);
  if (!kShort) {
    EXPECT_LT(half_s, load.half_width * theory_s) << "too wide to tell anything";
  }
}

std::string name_of(const ::testing::TestParamInfo<Case>& one) {
  return fmt::format("{}At{:.0f}", queues()[std::get<0>(one.param)].name,
                     100 * kLoads[std::get<1>(one.param)].value);
}

INSTANTIATE_TEST_SUITE_P(Cases, QueueingTheory,
                         ::testing::Combine(::testing::Range<std::size_t>(0, kQueues),
                                            ::testing::Range<std::size_t>(0, kLoads.size())),
                         name_of);

// Sample paths ------------------------------------------------------------------------------------

/// Random fleets that all end: every mobile has a number of requests, and the run goes on until
/// each has been answered, dropped or given up. Half of them have batteries that run out; those
/// drop what finds the mobile busy, for no record says how long a request had queued that goes with
/// its battery.
FleetModel ending_fleet(std::uint64_t seed) {
  FleetModel model = random_fleet(seed);
  model.duration_s = std::numeric_limits<double>::infinity();
  for (GroupModel& group : model.groups) {
    group.workload.requests = 15;
    if (seed % 2 != 0) continue;
    group.battery_j = 1.5;
    group.workload.drop_when_busy = true;
  }
  return model;
}

/// A radio with a promotion, a tail of two phases and idle listening. Made up.
RadioStates made_up_states() {
  RadioStates states{};
  states.promotion = Seconds{0.03};
  states.promotion_power = Watts{1.2};
  states.tail = {{"active", Seconds{0.1}, Watts{1.1}, Watts{1.1}, Seconds{0}, Seconds{0}},
                 {"drx", Seconds{0.4}, Watts{0.2}, Watts{1.0}, Seconds{0.01}, Seconds{0.04}}};
  states.idle_on_power = Watts{0.6};
  states.idle_on = Seconds{0.04};
  states.idle_cycle = Seconds{1.28};
  return states;
}

void expect_close(double found, double expected, const char* what) {
  EXPECT_LE(std::abs(found - expected), 1e-9 * std::max(1.0, std::abs(expected)))
      << what << ": " << found << " and " << expected;
}

class SamplePaths : public ::testing::TestWithParam<std::uint64_t> {};

// Little's law without any probability: over a time that begins and ends empty, the integral of the
// number in the system is the sum of the times that each was in it, for both add up the same
// indicator functions 1{request i is in the system at t}. So L·time = sum of latencies, whether
// requests completed, failed (their latency: until they were given up) or were dropped (0).
TEST_P(SamplePaths, ObeyLittlesLaw) {
  const FleetModel model = ending_fleet(GetParam());
  const FleetResult result = play_whole(model);
  double sum_s = 0;
  for (const RequestRecord& record : result.records) sum_s += record.latency_s;
  ASSERT_GT(sum_s, 0);
  EXPECT_NEAR(result.mean_in_flight * result.counted_s / sum_s, 1, 1e-9);

  // A duration beyond the last end adds a time in which nothing is in the system.
  FleetModel longer = model;
  longer.duration_s = 1e6;
  const FleetResult again = play_whole(longer);
  EXPECT_EQ(again.counts.requests, result.counts.requests);
  EXPECT_NEAR(again.mean_in_flight * again.counted_s / sum_s, 1, 1e-9);
}

// Flow conservation: in every (group, window), what arrived has completed, been dropped or failed,
// and the lists and sums that are kept of it speak of the same requests.
TEST_P(SamplePaths, ConserveRequestsAndTheirTime) {
  FleetModel model = ending_fleet(GetParam());
  model.warm_up_s = 0.5;
  model.windows = {{"early", 0.5, 2}, {"crash", 3, 4}, {"late", 4, 6}};
  const FleetResult result = play_whole(model);
  RequestSums all = result.warm_up;
  EXPECT_EQ(all.arrived, all.completed + all.dropped + all.failed);
  for (const Bucket& bucket : result.buckets) {
    const RequestSums& sums = bucket.sums;
    EXPECT_EQ(sums.arrived, sums.completed + sums.dropped + sums.failed);
    EXPECT_EQ(bucket.latencies_s.size(), sums.completed);
    std::uint64_t chosen = 0;
    for (const std::uint64_t choices : bucket.choices) chosen += choices;
    EXPECT_EQ(chosen, sums.completed);
    EXPECT_LE(sums.late, sums.completed);
    EXPECT_LE(sums.fell_back, sums.completed);
    double latency_s = 0;
    for (const double one : bucket.latencies_s) latency_s += one;
    expect_close(sums.phases.total(), latency_s, "phases and latencies");
    all += sums;
  }
  std::uint64_t issued = 0;
  for (const GroupModel& group : model.groups) {
    issued += group.count * static_cast<std::uint64_t>(group.workload.requests);
  }
  EXPECT_EQ(all.arrived, issued);
  EXPECT_EQ(all.arrived, result.counts.requests);

  std::uint64_t retries = 0;
  for (const RequestRecord& record : result.records) {
    expect_close(record.phases.total(), record.latency_s, "phases of a request");
    for (const double phase : {record.phases[Phase::kQueue], record.phases[Phase::kWait],
                               record.phases[Phase::kRecovery]}) {
      EXPECT_GE(phase, 0);
    }
    retries += record.attempts > 1 ? record.attempts - 1 : 0;
  }
  EXPECT_EQ(retries + result.warm_up.retries, all.retries);
}

// Energy conservation: what a mobile has drawn is what its requests drew and, with radio states,
// what the radio drew between them; the ledgers of all mobiles are the ledger of the run.
TEST_P(SamplePaths, ConserveEnergy) {
  for (const bool states : {false, true}) {
    FleetModel model = ending_fleet(GetParam());
    for (CellModel& cell : model.cells) {
      cell.radio.alpha_uplink = JoulesPerByte{4e-6};
      cell.radio.alpha_downlink = JoulesPerByte{5e-7};
      cell.radio.beta = Watts{0.8};
      if (states) cell.machine = std::make_shared<RadioStates>(made_up_states());
    }
    const FleetResult result = play_whole(model);
    EnergyLedger total;
    for (const EnergyLedger& mobile : result.mobiles) total += mobile;
    expect_close(result.energy.total(), total.total(), "all mobiles");

    std::vector<EnergyLedger> requests(result.mobiles.size());
    EnergyLedger of_records;
    for (const RequestRecord& record : result.records) {
      requests[record.mobile] += record.energy;
      of_records += record.energy;
    }
    EnergyLedger of_sums;
    for (const Bucket& bucket : result.buckets) of_sums += bucket.sums.energy;
    expect_close(of_sums.total(), of_records.total(), "sums and records");
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const EnergyLedger& mobile = result.mobiles[i];
      // Only the tail and listening go on between requests.
      expect_close(mobile[EnergyPart::kCompute], requests[i][EnergyPart::kCompute], "compute");
      expect_close(mobile[EnergyPart::kTransmit], requests[i][EnergyPart::kTransmit], "transmit");
      // Answers that come after their request has ended, and wake the radio, are the mobile's own.
      EXPECT_LE(requests[i][EnergyPart::kReceive], mobile[EnergyPart::kReceive] + 1e-9);
      EXPECT_LE(requests[i][EnergyPart::kPromotion], mobile[EnergyPart::kPromotion] + 1e-9);
      EXPECT_LE(requests[i][EnergyPart::kTail], mobile[EnergyPart::kTail] + 1e-9);
      EXPECT_LE(requests[i][EnergyPart::kIdle], mobile[EnergyPart::kIdle] + 1e-9);
      if (!states) {
        expect_close(mobile.total() - mobile[EnergyPart::kReceive],
                     requests[i].total() - requests[i][EnergyPart::kReceive],
                     "no state, no draw between");
      }
    }
    if (states) {
      EXPECT_GT(result.energy[EnergyPart::kPromotion], 0);
      EXPECT_GT(result.energy[EnergyPart::kTail], of_records[EnergyPart::kTail])
          << "a tail outlives its request";
      EXPECT_GT(result.energy[EnergyPart::kIdle], of_records[EnergyPart::kIdle]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SamplePaths,
                         ::testing::Range<std::uint64_t>(1, fewer<std::uint64_t>(21, 7)));

// The sample paths above would prove little if nothing went wrong in them.
TEST(SamplePathSeeds, MeetDropsFailuresRetriesAndFallbacks) {
  RequestSums all;
  std::uint64_t batteries_empty = 0;
  for (std::uint64_t seed = 1; seed < 21; ++seed) {
    const FleetResult result = play_whole(ending_fleet(seed));
    for (const Bucket& bucket : result.buckets) all += bucket.sums;
    batteries_empty += result.batteries_empty;
  }
  for (const std::uint64_t count :
       {all.completed, all.dropped, all.failed, all.retries, all.fell_back, all.late}) {
    EXPECT_GT(count, 20U);
  }
  EXPECT_GT(batteries_empty, 0U);
}

}  // namespace
}  // namespace papilio
