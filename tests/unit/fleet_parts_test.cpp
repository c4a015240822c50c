// Claims about the parts of a fleet, each alone: arrivals come when their process says and wait in
// order; a slot's generation tells its users apart; the meter's sums are those of the requests.

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/play/fleet/arrivals.hpp"
#include "sim/play/fleet/merge.hpp"
#include "sim/play/fleet/meter.hpp"

namespace papilio {
namespace {

Mobile a_mobile() {
  const StreamFamily family{1, "test"};
  return Mobile{.arrivals = Stream{family, 0},
                .work = Stream{family, 1},
                .group = 0,
                .uplink = 0,
                .downlink = 1,
                .server = 0,
                .edge = kNothing};
}

TEST(Arrivals, OfATraceComeAtItsDatesUpToTheEnd) {
  Calendar calendar;
  Arrivals arrivals{calendar, 4.0};
  Mobile mobile = a_mobile();
  GroupModel group;
  group.workload = {.process = Workload::Process::kTrace, .dates_s = {1, 2.5, 3, 4, 5}};
  std::vector<double> dates;
  arrivals.schedule_next(7, mobile, group.workload, 0);
  while (arrivals.pending() > 0) {
    const Event event = calendar.pop();
    EXPECT_EQ(event.kind(), EventKind::kArrival);
    EXPECT_EQ(event.target, 7U);
    dates.push_back(event.date);
    EXPECT_EQ(arrivals.take(mobile, group, event.date).number, dates.size() - 1);
    arrivals.schedule_next(7, mobile, group.workload, event.date);
  }
  EXPECT_EQ(dates, (std::vector<double>{1, 2.5, 3})) << "none at or after the end";
}

TEST(Arrivals, OfAClosedLoopStopAtTheirNumberAndWithTheBattery) {
  Calendar calendar;
  Arrivals arrivals{calendar, 100.0};
  Mobile mobile = a_mobile();
  GroupModel group;
  group.workload = {.process = Workload::Process::kClosedLoop,
                    .think_s = 2,
                    .think_exponential = false,
                    .requests = 2};
  arrivals.schedule_next(0, mobile, group.workload, 1);
  EXPECT_EQ(calendar.pop().date, 3);
  arrivals.take(mobile, group, 3);
  mobile.battery_empty = true;
  arrivals.schedule_next(0, mobile, group.workload, 3);
  EXPECT_EQ(arrivals.pending(), 0U) << "nobody asks without a battery";
  mobile.battery_empty = false;
  arrivals.schedule_next(0, mobile, group.workload, 3);
  arrivals.take(mobile, group, calendar.pop().date);
  arrivals.schedule_next(0, mobile, group.workload, 5);
  EXPECT_EQ(arrivals.pending(), 0U) << "two have come";
}

// Two mobiles queue in turn; each gets its own back, in order, and places are used again.
TEST(Arrivals, WaitInOrderForTheirOwnMobile) {
  Calendar calendar;
  Arrivals arrivals{calendar, 100.0};
  std::vector<Mobile> mobiles{a_mobile(), a_mobile()};
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t number = 0; number < 4; ++number) {
      for (Mobile& mobile : mobiles) {
        const auto of = static_cast<std::uint32_t>(&mobile - mobiles.data());
        arrivals.queue(mobile, {.number = 10 * of + number});
      }
    }
    for (std::uint32_t of = 0; of < 2; ++of) {
      EXPECT_EQ(mobiles[of].queue_length, 4U);
      for (std::uint32_t number = 0; number < 4; ++number) {
        EXPECT_EQ(arrivals.next_of(mobiles[of])->number, 10 * of + number);
      }
      EXPECT_FALSE(arrivals.next_of(mobiles[of]));
    }
  }
}

TEST(RequestPool, AGenerationTellsTheUsersOfASlotApart) {
  RequestPool pool;
  const std::uint32_t first = pool.take();
  const std::uint32_t second = pool.take();
  EXPECT_NE(first, second);
  const std::uint32_t generation = pool[first].generation;
  pool.release(first);
  EXPECT_EQ(pool[first].span, SpanKind::kLost);
  EXPECT_EQ(pool.take(), first) << "a free slot is used again";
  EXPECT_NE(pool[first].generation, generation) << "and an event of its last user finds another";
  EXPECT_EQ(pool.size(), 2U);
}

// Two requests of 0.3 s from dates 1 and 2, the second warm-up being over at 1.5; one that is
// dropped at 3. The time in the system, from 1.5 on: 0.3 s in 2.5 s up to the end of arrivals.
TEST(Meter, SumsWhatIsCounted) {
  FleetModel model;
  model.duration_s = 4;
  model.warm_up_s = 1.5;
  model.record_share = 1;
  model.windows = {{"first", 0, 2.5}, {"second", 2.5, 4}};
  const RateTimeline rate{BytesPerSecond{1}};
  model.cells = {{.name = "cell", .uplink = {rate}, .downlink = {rate}}};
  model.groups.resize(1);
  model.groups[0].partitions = {{.name = "p", .mobile_share = 0.5, .cloud_only_s = 0.1}};
  Calendar calendar;
  const FleetComponent whole = whole_fleet(model);
  Resources resources{
      model, whole, 1,
      [](const LinkPlace& place) { return std::make_unique<SharedLink>(place.rate); }, calendar};
  std::vector<Mobile> mobiles{a_mobile()};
  mobiles[0].energy[EnergyPart::kCompute] = 4;
  Meter meter{model, mobiles, 0};
  for (const double arrival_s : {1.0, 2.0}) {
    meter.arrive(mobiles[0], arrival_s);
    meter.begin_serving();
    Request request{.arrival_s = arrival_s};
    request.phases[Phase::kMobile] = 0.3;
    request.energy[EnergyPart::kCompute] = 2;
    meter.end(request, RequestEnd::kCompleted, arrival_s + 0.3);
    meter.end_serving(arrival_s + 0.3);
  }
  meter.arrive(mobiles[0], 3);
  meter.drop(Request{.partition = kNoPartition, .arrival_s = 3}, 3);
  EXPECT_EQ(meter.in_system(), 0U);
  FleetMerge merge{model};
  EnergyLedger between;
  between[EnergyPart::kTail] = 1;
  merge.add(whole, meter.finish(4, 12, resources, {between}));
  const FleetResult result = merge.finish();
  EXPECT_EQ(result.warm_up.completed, 1U);
  EXPECT_EQ(result.buckets[0].sums.completed, 1U) << "by the window in which it arrived";
  EXPECT_EQ(result.buckets[0].choices, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(result.buckets[0].sums.mobile_share, 0.5);
  EXPECT_EQ(result.buckets[1].sums.dropped, 1U);
  EXPECT_EQ(result.records.size(), 2U);
  EXPECT_NEAR(result.mean_in_flight, 0.3 / 2.5, 1e-12);
  EXPECT_NEAR(result.resources[0].utilisation, 0.6 / 4, 1e-12) << "of the one mobile";
  EXPECT_EQ(result.energy.total(), 5);
  EXPECT_EQ(result.mobiles.front().total(), 5);
}

}  // namespace
}  // namespace papilio
