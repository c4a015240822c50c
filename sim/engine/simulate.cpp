#include "sim/engine/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <type_traits>

#include "sim/base/error.hpp"
#include "sim/engine/batch.hpp"
#include "sim/engine/workers.hpp"

namespace papilio {
namespace {

// One engine plays at most this many worlds.
constexpr std::size_t kBatchSize = 32;
// Worlds that share an engine share its clock, whose last digit is relative to the longest of them:
// so their latencies lie within this factor.
constexpr double kBatchSpread = 100;
// How far the simulation may be from the closed form where nothing contends (ADR 0003).
constexpr double kAgreement = 1e-9;

static_assert(std::is_trivially_copyable_v<PlayedRequest>,
              "results travel through a pipe as bytes");

/// Positions of the worlds that one engine plays.
using Batch = std::vector<std::size_t>;

/// Batches of worlds of similar latency. They depend on the worlds alone, so neither does any
/// rounding depend on the number of workers.
std::vector<Batch> batches_of(const std::vector<Seconds>& latencies) {
  std::vector<std::size_t> order(latencies.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return latencies[a] < latencies[b]; });
  std::vector<Batch> batches;
  for (const std::size_t world : order) {
    const bool fits = !batches.empty() && batches.back().size() < kBatchSize &&
                      latencies[world] <= latencies[batches.back().front()] * kBatchSpread;
    if (!fits) batches.emplace_back();
    batches.back().push_back(world);
  }
  return batches;
}

}  // namespace

std::vector<PlayedRequest> simulate(const std::vector<World>& worlds,
                                    const SimulateOptions& options) {
  PAPILIO_CHECK(options.jobs >= 1);
  std::vector<Seconds> expected;
  expected.reserve(worlds.size());
  for (const World& world : worlds) {
    expected.push_back(closed_form(world.demand, world.use).latency());
    if (!std::isfinite(expected.back().value())) {
      throw SimulationError{"a request would take for ever: a rate or a time is out of all range"};
    }
  }
  const std::vector<Batch> batches = batches_of(expected);
  std::vector<PlayedRequest> results(worlds.size());
  std::size_t done = 0;
  run_workers(
      batches.size(),
      [&](std::size_t batch) {
        std::vector<World> own;
        own.reserve(batches[batch].size());
        for (const std::size_t world : batches[batch]) own.push_back(worlds[world]);
        const std::vector<PlayedRequest> played = play_batch(own);
        std::string bytes(played.size() * sizeof(PlayedRequest), '\0');
        if (!played.empty()) std::memcpy(bytes.data(), played.data(), bytes.size());
        return bytes;
      },
      [&](std::size_t batch, const std::string& bytes) {
        PAPILIO_CHECK(bytes.size() == batches[batch].size() * sizeof(PlayedRequest));
        const char* next = bytes.data();
        for (const std::size_t world : batches[batch]) {
          std::memcpy(&results[world], next, sizeof(PlayedRequest));
          next += sizeof(PlayedRequest);
        }
        done += batches[batch].size();
        if (options.on_progress) options.on_progress(done);
      },
      {.jobs = options.jobs, .stop_requested = options.stop_requested});
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const double difference = std::abs((results[i].breakdown.latency() - expected[i]).value());
    if (difference > kAgreement * expected[i].value()) {
      throw SimulationError{
          fmt::format("request {}: simulated {} s where the closed form has {} s; the model of the "
                      "network does not hold for these numbers",
                      i, results[i].breakdown.latency().value(), expected[i].value())};
    }
  }
  return results;
}

}  // namespace papilio
