#include <fmt/format.h>

#include <utility>

#include "sim/scenario/fleet_parts.hpp"

namespace papilio {
namespace {

/// Makes servers of what a fleet says of them.
class ServerBuilder {
 public:
  explicit ServerBuilder(const FleetParts& parts)
      : spec_{parts.fleet.spec}, model_{parts.fleet.model}, checker_{parts.checker} {}

  void build() {
    for (std::size_t i = 0; i < spec_.servers.size(); ++i) build_server(i);
  }

 private:
  std::vector<Step> steps_of(const std::vector<StepSpec>& specs, const std::string& path) {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (i > 0 && specs[i].from_s <= specs[i - 1].from_s) {
        checker_.error(fmt::format("{}.{}.from_s", path, i),
                       fmt::format("must be after {}, that of the one above", specs[i - 1].from_s));
      }
      steps.push_back({specs[i].from_s, specs[i].value});
    }
    return steps;
  }

  void build_server(std::size_t i) {
    const ServerSpec& spec = spec_.servers[i];
    const std::string path = fmt::format("servers.{}", i);
    ServerModel server;
    server.name = spec.name;
    server.count = static_cast<std::uint32_t>(spec.count);
    server.gpus = static_cast<int>(spec.gpus);
    server.priority = spec.discipline == "priority";
    if (spec.batching) build_batching(spec, path + ".batching", server);
    server.load_levels = steps_of(spec.load_level, path + ".load_level");
    if (spec.background) {
      server.background_s = spec.background_s;
      check_variation(spec.background_variation, path + ".background.variation", checker_);
      server.background_variation = variation_of(spec.background_variation);
      server.background = steps_of(spec.background_load, path + ".background.load");
    }
    check_spans(spec.crashes, path + ".crashes", checker_);
    check_spans(spec.slow, path + ".slow", checker_);
    for (const SpanSpec& span : spec.crashes) server.faults.push_back({span.from_s, span.to_s, 0});
    for (const SpanSpec& span : spec.slow) {
      server.faults.push_back({span.from_s, span.to_s, span.factor});
    }
    if (spec.backhaul) {
      if (spec.backhaul_bit_per_s) {
        server.backhaul_byte_per_s = bits_per_second(*spec.backhaul_bit_per_s).value();
      }
      server.backhaul_delay_s = spec.backhaul_delay_s;
    }
    model_.servers.push_back(std::move(server));
  }

  void build_batching(const ServerSpec& spec, const std::string& path, ServerModel& server) {
    server.batch_size = static_cast<int>(spec.batch_size);
    server.batch_delay_s = spec.batch_delay_s;
    server.batch_factors.push_back({1, 1});
    for (std::size_t i = 0; i < spec.batch_factors.size(); ++i) {
      const ServerSpec::BatchSize& batch = spec.batch_factors[i];
      if (batch.size == 1 && i == 0) {
        if (batch.factor != 1) {
          checker_.error(fmt::format("{}.times.0.factor", path), "must be 1: one request is one");
        }
        continue;
      }
      if (batch.size <= server.batch_factors.back().size) {
        checker_.error(fmt::format("{}.times.{}.size", path, i),
                       fmt::format("must be above {}, that of the one above",
                                   server.batch_factors.back().size));
        continue;
      }
      server.batch_factors.push_back({static_cast<int>(batch.size), batch.factor});
    }
    if (server.batch_factors.back().size < server.batch_size) {
      checker_.error(path + ".times",
                     fmt::format("must reach the size {}, the most in one batch", spec.batch_size));
    }
  }

  const FleetSpec& spec_;
  FleetModel& model_;
  Checker& checker_;
};

}  // namespace

void build_servers(const FleetParts& parts) {
  ServerBuilder{parts}.build();
}

}  // namespace papilio
