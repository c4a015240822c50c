#include "sim/play/engine/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/process/workers.hpp"
#include "sim/play/engine/batch.hpp"
#include "sim/play/engine/simgrid_module.hpp"

namespace papilio {
namespace {

// One engine plays at most this many worlds.
constexpr std::size_t kBatchSize = 32;
// How far the simulation may be from the closed form where nothing contends (ADR 0003).
constexpr double kAgreement = 1e-9;

/// The greatest power that the mobile computes at.
Watts greatest_power(const Plan& plan) {
  Watts greatest;
  for (const Stage& stage : plan.stages) {
    if (const auto* layers = std::get_if<Compute>(&stage)) {
      greatest = std::max(greatest, layers->power());
    }
  }
  return greatest;
}

static_assert(std::is_trivially_copyable_v<PlayedRequest>,
              "results travel through a pipe as bytes");

}  // namespace

std::vector<PlayedRequest> simulate(const std::vector<World>& worlds,
                                    const SimulateOptions& options) {
  PAPILIO_CHECK(options.jobs >= 1);
  check_finite(worlds);
  const std::size_t batches = (worlds.size() + kBatchSize - 1) / kBatchSize;
  const auto batch_of = [&](std::size_t batch) {
    const std::size_t first = batch * kBatchSize;
    return std::pair{first, std::min(kBatchSize, worlds.size() - first)};
  };
  simgrid_module();  // which the workers share
  std::vector<PlayedRequest> results(worlds.size());
  std::size_t done = 0;
  run_workers(
      batches,
      [&](std::size_t batch, const Workers::Send&) {
        const auto [first, count] = batch_of(batch);
        const std::vector<PlayedRequest> played =
            play_batch(std::span{worlds}.subspan(first, count));
        std::string bytes(count * sizeof(PlayedRequest), '\0');
        std::memcpy(bytes.data(), played.data(), bytes.size());
        return bytes;
      },
      [&](std::size_t batch, const std::string& bytes) {
        const auto [first, count] = batch_of(batch);
        PAPILIO_CHECK(bytes.size() == count * sizeof(PlayedRequest));
        std::memcpy(&results[first], bytes.data(), bytes.size());
        done += count;
        if (options.on_progress) options.on_progress(done);
      },
      {.jobs = options.jobs, .stop_requested = options.stop_requested});
  check_agreement(worlds, results);
  return results;
}

void check_finite(std::span<const World> worlds) {
  for (const World& world : worlds) {
    if (!std::isfinite(closed_form(world.plan, world.use).latency().value())) {
      throw SimulationError{"a request would take for ever: a rate or a time is out of all range"};
    }
  }
}

void check_agreement(std::span<const World> worlds, std::span<const PlayedRequest> played) {
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const Breakdown expected = closed_form(worlds[i].plan, worlds[i].use);
    const Breakdown& found = played[i].breakdown;
    const auto check = [&](double simulated, double closed, const char* unit, double slack) {
      if (std::abs(simulated - closed) <= kAgreement * closed + slack) return;
      throw SimulationError{
          fmt::format("request {}: simulated {} {} where the closed form has {} {}; the model of "
                      "the network does not hold for these numbers",
                      i, simulated, unit, closed, unit)};
    };
    // A computation far shorter than its request is measured to the clock's last digit, not its
    // own.
    constexpr double kClockDigit = 1e-15;
    check(found.latency().value(), expected.latency().value(), "s", 0);
    check(found.first_token.value(), expected.first_token.value(), "s until the first token",
          kClockDigit * expected.latency().value());
    const double slack = kClockDigit * expected.latency().value();
    check(found.energy().value(), expected.energy().value(), "J",
          greatest_power(worlds[i].plan).value() * slack);
  }
}

}  // namespace papilio
