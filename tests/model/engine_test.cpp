// Claims about the engine: it measures what the closed form says wherever nothing contends;
// independent worlds do not touch each other; and a process plays one simulation.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "sim/base/error.hpp"
#include "sim/play/engine/batch.hpp"
#include "sim/play/engine/simulate.hpp"
#include "tests/model/worlds.hpp"
#include "tests/support/sanitized.hpp"

namespace papilio {
namespace {

using testing::expect_agreement;
using testing::random_worlds;
using testing::same_bytes;

TEST(Engine, AgreesWithTheClosedFormOnRandomWorlds) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const std::vector<World> worlds = random_worlds(seed, 100);
    const std::vector<PlayedRequest> played = simulate(worlds);
    ASSERT_EQ(played.size(), worlds.size());
    for (std::size_t i = 0; i < worlds.size(); ++i) {
      expect_agreement(played[i].breakdown, closed_form(worlds[i].plan, worlds[i].use), 1e-9);
    }
  }
}

// SimGrid ends activities due within 1 ns of each other at the same time unless told otherwise. Two
// mobiles whose computations end 0.3 ns apart would be off by 3e-7.
TEST(Engine, EventsALittleApartStayApart) {
  std::vector<World> worlds;
  for (int i = 0; i < 10; ++i) {
    World world;
    world.plan = testing::plan_of({.mobile_time = Seconds{1e-3 + 0.3e-9 * i}});
    worlds.push_back(world);
  }
  const std::vector<PlayedRequest> played = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    EXPECT_NEAR(played[i].breakdown.mobile / worlds[i].plan.time_at(Tier::kMobile), 1.0, 1e-9);
  }
}

// To the bit: what a study stores must not depend on which points shared an engine, or resuming it,
// or splitting it among machines, would show. (An engine has 32 of them.)
TEST(Engine, AWorldIsTheSameAloneAndInAnyCompany) {
  for (unsigned seed = 7; seed < 7 + fewer(3U, 1U); ++seed) {
    const std::vector<World> worlds = random_worlds(seed, fewer<std::size_t>(64, 36));
    const std::vector<PlayedRequest> together = simulate(worlds);
    std::vector<PlayedRequest> alone;
    alone.reserve(worlds.size());
    for (const World& world : worlds) alone.push_back(simulate({world}).front());
    EXPECT_TRUE(same_bytes(together, alone)) << seed;
    const std::vector<World> backwards{worlds.rbegin(), worlds.rend()};
    std::vector<PlayedRequest> turned = simulate(backwards);
    std::reverse(turned.begin(), turned.end());
    EXPECT_TRUE(same_bytes(together, turned)) << seed;
  }
}

TEST(Engine, TheNumberOfWorkersChangesNoBit) {
  const std::vector<World> worlds = random_worlds(11, fewer<std::size_t>(150, 70));
  const std::vector<PlayedRequest> one = simulate(worlds, {.jobs = 1});
  EXPECT_TRUE(same_bytes(one, simulate(worlds, {.jobs = 2})));
  EXPECT_TRUE(same_bytes(one, simulate(worlds, {.jobs = 7})));
}

// A world begins at a date of its own, a power of two above its latency: were it not taken off, the
// finish would be more than twice the latency. The finish is one difference of the clock and the
// latency a sum of four, so a phase that is not measured, or measured twice, shows too.
TEST(Engine, WorldsFinishAfterTheirLatency) {
  const std::vector<World> worlds = random_worlds(3, 70);
  const std::vector<PlayedRequest> all = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    EXPECT_NEAR(all[i].finish / all[i].breakdown.latency(), 1.0, 1e-12);
    EXPECT_NEAR(all[i].finish / closed_form(worlds[i].plan, worlds[i].use).latency(), 1.0, 1e-9);
  }
}

TEST(Engine, ReportsProgressAndStopsWhenAsked) {
  const std::vector<World> worlds = random_worlds(5, 100);
  std::size_t last = 0;
  simulate(worlds, {.on_progress = [&](std::size_t done) {
             EXPECT_GT(done, last);
             last = done;
           }});
  EXPECT_EQ(last, worlds.size());
  EXPECT_THROW(simulate(worlds, {.stop_requested = [] { return true; }}), Interrupted);
}

TEST(Engine, NothingToDoIsNoError) {
  EXPECT_TRUE(simulate({}).empty());
}

// SimGrid keeps the clock of the first engine for as long as the process lives.
TEST(Batch, ASecondOneInAProcessIsRefused) {
  const std::vector<World> worlds = random_worlds(1, 2);
  EXPECT_EQ(play_batch(worlds).size(), 2U);
  EXPECT_THROW(play_batch(worlds), SimulationError);
}

// Work that never ends: SimGrid's run() returns with its actor still waiting, as if all were well.
// That must be an error instead of a result.
TEST(Batch, ADeadlockIsAnError) {
  World world;
  world.plan = testing::plan_of({.mobile_time = Seconds{std::numeric_limits<double>::infinity()}});
  const std::vector<World> worlds{world};
  EXPECT_THROW(simulate(worlds), SimulationError) << "told before it is tried";
  EXPECT_THROW(play_batch(worlds), SimulationError);
}

// The worlds of an engine share its clock. One request of hours must not cost one of milliseconds
// its digits.
TEST(Engine, LongRequestsDoNotBlurShortOnes) {
  std::vector<World> worlds = random_worlds(31, 40);
  for (std::size_t i = 0; i < worlds.size(); i += 4) {
    std::get<Transfer>(worlds[i].plan.stages[1]).size = Bytes{1e9};
    worlds[i].use.radio.uplink = BytesPerSecond{1e4};  // 100,000 s
  }
  const std::vector<PlayedRequest> played = simulate(worlds);
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    expect_agreement(played[i].breakdown, closed_form(worlds[i].plan, worlds[i].use), 1e-9);
  }
}

}  // namespace
}  // namespace papilio
