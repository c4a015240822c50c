#include "models/measure/layer_times.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include "models/tensor/runtime.hpp"

namespace papilio {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// How many values lie far out as Tukey has it: above the third quartile by more than three times
/// the distance of the quartiles.
std::size_t far_out(std::vector<double> values) {
  constexpr double kFar = 3;
  const double first = quantile(values, 0.25);
  const double third = quantile(values, 0.75);
  const double fence = third + kFar * (third - first);
  return static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [&](double value) { return value > fence; }));
}

/// Lets the processor do something else before a pass.
void rest(double pause_s) {
  if (pause_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(pause_s));
}

class Stopwatch {
 public:
  Stopwatch(const Network& network, const Network::Tensors& inputs, double pause_s)
      : network_{network},
        inputs_{inputs},
        pause_s_{pause_s},
        layers_(network.graph().layers().size()) {}

  /// One pass with the clock read after each layer, and one without.
  void pass(bool counts) {
    const LayerId last = layers_.size() - 1;
    catch_up(network_.device());
    rest(pause_s_);
    Clock::time_point before = Clock::now();
    static_cast<void>(network_.run(inputs_, last, [&](LayerId id) {
      catch_up(network_.device());
      const Clock::time_point now = Clock::now();
      if (counts) layers_[id].push_back(seconds(now - before));
      before = now;
    }));
    rest(pause_s_);
    const Clock::time_point start = Clock::now();
    static_cast<void>(network_.run(inputs_, last));
    catch_up(network_.device());
    if (counts) whole_.push_back(seconds(Clock::now() - start));
  }

  [[nodiscard]] LayerTimes times(const MeasureSpec& spec) const {
    LayerTimes times{.layers = std::vector<Estimate>(layers_.size()),
                     .whole = median(whole_),
                     .passes = whole_.size(),
                     .outliers = far_out(whole_)};
    times.worst = relative_half_width(times.whole);
    for (LayerId id = 0; id < layers_.size(); ++id) {
      if (layers_[id].empty()) continue;  // the input
      times.layers[id] = median(layers_[id]);
      if (times.layers[id].value >= spec.small_share * times.whole.value) {
        times.worst = std::max(times.worst, relative_half_width(times.layers[id]));
      }
    }
    times.precise = times.worst <= spec.precision;
    return times;
  }

 private:
  const Network& network_;
  const Network::Tensors& inputs_;
  double pause_s_;
  std::vector<std::vector<double>> layers_;  // by layer, one a pass, s
  std::vector<double> whole_;
};

}  // namespace

Network::Tensors random_inputs(const Network& network, std::int64_t count) {
  Network::Tensors inputs;
  for (const LayerId id : network.graph().inputs()) {
    const auto& op = std::get<InputOp>(network.graph().layer(id).op);
    std::vector<std::int64_t> sizes{count};
    sizes.insert(sizes.end(), op.shape.begin(), op.shape.end());
    const at::Generator generator = at::detail::createCPUGenerator(id + 1);
    const at::Tensor numbers = op.below > 0 ? at::randint(0, op.below, sizes, generator, at::kFloat)
                                            : at::randn(sizes, generator);
    // Whole numbers stay as they are: 16 bits do not hold all of them.
    inputs.emplace(id, op.below > 0 ? numbers.to(network.device())
                                    : numbers.to(network.device(), network.type()));
  }
  return inputs;
}

double relative_half_width(const Estimate& estimate) {
  return estimate.value > 0 && estimate.half_width ? *estimate.half_width / estimate.value : 0;
}

double LayerTimes::sum() const {
  return std::accumulate(layers.begin(), layers.end(), 0.0,
                         [](double sum, const Estimate& layer) { return sum + layer.value; });
}

LayerTimes measure_layers(const Network& network, const Network::Tensors& inputs,
                          const MeasureSpec& spec,
                          const std::function<void(const MeasureProgress&)>& watch) {
  Stopwatch stopwatch{network, inputs, spec.pause_s};
  for (std::size_t i = 0; i < spec.warm_up; ++i) stopwatch.pass(/*counts=*/false);
  const Clock::time_point start = Clock::now();
  LayerTimes times;
  // Summing up takes time too: it is done when another tenth of the passes has been made.
  std::size_t next = spec.least;
  for (std::size_t passes = 1; passes <= spec.most; ++passes) {
    stopwatch.pass(/*counts=*/true);
    const double elapsed_s = seconds(Clock::now() - start);
    if (passes >= next) {
      times = stopwatch.times(spec);
      const bool enough = times.precise && times.agreement().holds();
      if (enough || elapsed_s >= spec.limit_s) break;
      next = passes + std::max<std::size_t>(1, passes / 10);
    }
    watch({passes, elapsed_s, times.passes == 0 ? 1 : times.worst});
  }
  return stopwatch.times(spec);
}

Estimate measure_passes(const Network& network, const Network::Tensors& inputs,
                        const MeasureSpec& spec, const std::function<void()>& watch) {
  const LayerId last = network.graph().layers().size() - 1;
  const auto pass = [&] {
    rest(spec.pause_s);
    const Clock::time_point start = Clock::now();
    static_cast<void>(network.run(inputs, last));
    catch_up(network.device());
    return seconds(Clock::now() - start);
  };
  for (std::size_t i = 0; i < spec.warm_up; ++i) pass();
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  while (times.size() < spec.most) {
    times.push_back(pass());
    watch();
    if (times.size() < spec.least) continue;
    if (seconds(Clock::now() - start) >= spec.limit_s) break;
    if (relative_half_width(median(times)) <= spec.precision) break;
  }
  return median(times);
}

}  // namespace papilio
