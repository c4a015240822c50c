// What a planner's decisions take once a scenario is loaded: medians. Run by hand for
// docs/performance.md: plan_speed SCENARIO [REPETITIONS]

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "sim/base/stats/estimate.hpp"
#include "sim/plan/search/front.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/planner/planner.hpp"
#include "sim/planner/sensitivity.hpp"

namespace papilio {
namespace {

void time(const std::string& what, int repetitions, const auto& work) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  fmt::print("{:60} {:12.1f} us\n", what, median(times).value);
}

void measure(const std::string& file, int repetitions) {
  ProfileCaches caches;
  const ScenarioSource source{.file = file, .overrides = {}, .profiles = {}};
  const Scenario scenario = load_scenario(read_scenario(source), source, caches);
  ProfileCache& profiles = profiles_of(scenario, caches);
  time("load the scenario, read files included", repetitions / 10 + 1, [&] {
    ProfileCaches anew;
    load_scenario(read_scenario(source), source, anew);
  });
  const auto decide = [&](const char* what, PlanQuestion question) {
    const Planner planner{scenario, profiles, question};
    std::optional<std::size_t> best;
    time(fmt::format("decide among {}, {} plans", what, planner.proposals().size()), repetitions,
         [&] { best = planner.decide(0, planner.scenario().spec.conditions); });
    time(fmt::format("propose and price {}", what), repetitions / 10 + 1, [&] {
      Planner{scenario, profiles, question};
    });
  };
  decide("all", {.looks_around = false});
  decide("single cuts", {.planners = {"neurosurgeon"}, .bits = {8}, .looks_around = false});
  decide("the shortest route alone",
         {.planners = {"jointdnn"}, .bits = {8}, .looks_around = false});
  decide("the minimum cut alone",
         {.planners = {"minimum-cut"}, .bits = {8}, .looks_around = false});
  const Planner planner{scenario, profiles, {}};
  time("propose and price all, and look around", repetitions / 10 + 1, [&] {
    Planner{scenario, profiles, {}};
  });
  time(fmt::format("map of {} plans, 200 x 100 places", planner.proposals().size()),
       repetitions / 10 + 1,
       [&] { plan_map(planner, 0, condition_axes()[0], condition_axes()[3], 200, 100); });
  time("places of change along the uplink", repetitions,
       [&] { along_axis(planner, 0, condition_axes()[0]); });
  const PlanAnswer answer = planner.answer(0);
  time("front of all plans", repetitions,
       [&] { find_front(front_points(answer, planner), kFrontCoordinates); });
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  if (argc < 2) return EXIT_FAILURE;
  constexpr int kUsual = 101;
  papilio::measure(argv[1], argc > 2 ? std::atoi(argv[2]) : kUsual);
}
