// Claims: a queue that grows with the length of the run is told, with the load that is offered, and
// no other is.

#include "sim/report/overload.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/model/fleets.hpp"

namespace papilio {
namespace {

using testing::simple_fleet;

std::optional<Overload> overload_of(const FleetModel& model) {
  const std::vector<FleetResult> runs{testing::play_whole(model)};
  return find_overload(model, cell_capacities(model), runs, std::vector<std::size_t>{0});
}

/// 1,000 s of Poisson arrivals, `load` a second in all, whose work takes a second on the server or,
/// with 1e7 bytes a second, on the uplink.
FleetModel loaded(double load, std::uint32_t mobiles, bool on_link) {
  TaskModel task{.upload_bytes = 1, .server_s = 1};
  if (on_link) task = {.upload_bytes = 1e7};
  Workload workload;
  workload.process = Workload::Process::kPoisson;
  workload.rate_per_s = load / mobiles;
  FleetModel model = simple_fleet(task, workload, mobiles);
  model.duration_s = 1000;
  model.record_share = 0;
  return model;
}

// A mobile serves one request at a time: at 1.5 requests of 1 s a second its queue grows by half a
// request a second, whatever the server could do.
TEST(Overload, OfAMobileIsItsArrivalsTimesTheirService) {
  FleetModel model = loaded(1.5, 1, false);
  model.servers[0].gpus = 10;
  const std::optional<Overload> found = overload_of(model);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->resource, "each mobile of 'mobiles'");
  EXPECT_NEAR(found->load, 1.5, 0.15) << "1,500 arrivals, give or take 39 and a little";

  model.groups[0].workload.drop_when_busy = true;
  EXPECT_FALSE(overload_of(model).has_value()) << "what is dropped does not queue";
}

// 100,000 mobiles hardly ever find a request of their own at work, and the queue is the server's,
// or the link's.
TEST(Overload, OfAServerAndALinkIsTheWorkThatArrives) {
  const std::optional<Overload> server = overload_of(loaded(1.5, 100000, false));
  ASSERT_TRUE(server.has_value());
  EXPECT_EQ(server->resource, "server");
  EXPECT_NEAR(server->load, 1.5, 0.15);

  const std::optional<Overload> link = overload_of(loaded(1.5, 100000, true));
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->resource, "cell uplink");
  EXPECT_NEAR(link->load, 1.5, 0.15);
}

TEST(Overload, IsNotToldOfWhatEndsByItself) {
  EXPECT_FALSE(overload_of(loaded(0.8, 100000, false)).has_value());
  EXPECT_FALSE(overload_of(loaded(0.8, 100000, true)).has_value());
  FleetModel loop = loaded(0.8, 20, false);
  loop.groups[0].workload.process = Workload::Process::kClosedLoop;
  loop.groups[0].workload.think_s = 1;
  EXPECT_FALSE(overload_of(loop).has_value()) << "twenty at a server at most";
}

}  // namespace
}  // namespace papilio
