#include "models/measure/power_draw.hpp"

#include <chrono>
#include <thread>

#include "models/tensor/runtime.hpp"

namespace papilio {
namespace {

using Clock = std::chrono::steady_clock;

/// Mean power over at least `each_s` of doing something again and again.
double mean_power(EnergyMeter& meter, double each_s, const std::function<void()>& work) {
  const double before_j = meter.energy_j();
  const Clock::time_point start = Clock::now();
  double elapsed_s = 0;
  while (elapsed_s < each_s) {
    work();
    elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return (meter.energy_j() - before_j) / elapsed_s;
}

}  // namespace

PowerDraw measure_power(const Network& network, const Network::Tensors& inputs, EnergyMeter& meter,
                        double each_s, const std::function<void()>& watch) {
  constexpr std::chrono::milliseconds kNap{20};
  PowerDraw draw{.meter = meter.name()};
  draw.idle_w = mean_power(meter, each_s, [&] {
    std::this_thread::sleep_for(kNap);
    watch();
  });
  const LayerId last = network.graph().layers().size() - 1;
  draw.busy_w = mean_power(meter, each_s, [&] {
    static_cast<void>(network.run(inputs, last));
    catch_up(network.device());
    watch();
  });
  return draw;
}

}  // namespace papilio
