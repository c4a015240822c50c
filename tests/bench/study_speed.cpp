// Closed-form points a second on one core, without a database: the points of a study one after
// another, every cell's latency and energy summed up so that nothing is left out.
//   study_speed FILE

#include <fmt/format.h>

#include <chrono>
#include <exception>

#include "sim/study/design/study.hpp"
#include "sim/study/run/point.hpp"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  try {
    if (argc != 2) {
      fmt::print(stderr, "usage: study_speed FILE\n");
      return 2;
    }
    const papilio::Study study = papilio::load_study({.file = argv[1]});
    papilio::CellPoints points{study};
    papilio::Place place = study.place(0);
    double latency_s = 0;
    double energy_j = 0;
    std::uint64_t count = 0;
    std::uint64_t cells = 0;
    const auto started = Clock::now();
    for (std::uint64_t number = 0; number < study.size; ++number, study.advance(place)) {
      if (study.excluded(place)) continue;
      const papilio::CellPoint point = points.at(place);
      for (std::size_t i = 0; i < point.cells(); ++i) {
        const papilio::World world = point.world(i);
        const papilio::Breakdown took = papilio::closed_form(world.plan, world.use);
        latency_s += took.latency().value();
        energy_j += took.energy().value();
      }
      ++count;
      cells += point.cells();
    }
    const double wall_s = std::chrono::duration<double>(Clock::now() - started).count();
    fmt::print("{} points, {} cells, {:.3f} s: {:.0f} points/s (mean latency {} s, energy {} J)\n",
               count, cells, wall_s, static_cast<double>(count) / wall_s,
               latency_s / static_cast<double>(cells), energy_j / static_cast<double>(cells));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
