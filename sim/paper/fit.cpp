#include "sim/paper/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The estimates of c_j for one block, one a network.
using Estimates = std::map<std::string, Seconds, std::less<>>;

Estimates estimates_of(const PublishedTables& tables, std::string_view block,
                       const UplinkByNetwork& uplink) {
  Estimates estimates;
  for (const PublishedTables::Split& split : tables.splits) {
    if (split.block == block) {
      estimates[split.network] = split.latency - split.offload / uplink(split.network);
    }
  }
  return estimates;
}

Seconds mean_without(const Estimates& estimates, std::string_view left_out) {
  Seconds sum;
  int count = 0;
  for (const auto& [network, estimate] : estimates) {
    if (network == left_out) continue;
    sum += estimate;
    ++count;
  }
  PAPILIO_CHECK(count > 0);
  return sum / count;
}

/// Nine significant digits: what the tables carry, and a picosecond at most.
double rounded(double value) {
  return std::stod(fmt::format("{:.9g}", value));
}

/// Positions of the layers that share one fitted time.
struct Span {
  LayerId first;
  LayerId last;  // excluded
  Seconds mobile_time;
};

std::vector<LayerProfile::Row> rows_by_mac_share(const Graph& graph, const std::vector<Span>& spans,
                                                 double speed, std::optional<Watts> power) {
  std::vector<LayerProfile::Row> rows;
  for (const Span& span : spans) {
    const auto macs = static_cast<double>(graph.macs(span.first, span.last));
    PAPILIO_CHECK(macs > 0);
    for (LayerId id = span.first; id < span.last; ++id) {
      const Layer& layer = graph.layer(id);
      const Seconds time = span.mobile_time * (static_cast<double>(layer.macs) / macs) / speed;
      LayerProfile::Row row{layer.name, rounded(time.value()), std::nullopt};
      if (power) row.energy_j = rounded((*power * time).value());
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Tables are only loaded with this row.
const PublishedTables::Strategy& mobile_only(const PublishedTables& tables) {
  const PublishedTables::Strategy* row = tables.find_strategy("mobile-only", "");
  PAPILIO_CHECK(row != nullptr);
  return *row;
}

}  // namespace

std::vector<Residual> residuals_of_blocks(const PublishedTables& tables, const Graph& graph,
                                          const UplinkByNetwork& uplink) {
  const double ratio = tables.cloud_speed_ratio;
  std::vector<Residual> residuals;
  LayerId first = 0;
  Seconds previous =
      mobile_only(tables).latency / ratio;  // of an empty mobile part: all on the cloud
  for (const Cut& cut : graph.block_cuts()) {
    const Estimates estimates = estimates_of(tables, cut.name, uplink);
    if (estimates.empty()) continue;
    Residual residual{.block = cut.name, .mean = mean_without(estimates, "")};
    for (const auto& [network, estimate] : estimates) {
      residual.spread =
          std::max(residual.spread, Seconds{std::abs((estimate - residual.mean).value())});
    }
    residual.macs = static_cast<double>(graph.macs(first, cut.after + 1));
    residual.macs_per_s =
        residual.macs / ((residual.mean - previous) / (1.0 - 1.0 / ratio)).value();
    previous = residual.mean;
    first = cut.after + 1;
    residuals.push_back(std::move(residual));
  }
  return residuals;
}

PaperFit fit_paper(const PublishedTables& tables, const Graph& graph,
                   const UplinkByNetwork& uplink) {
  const PublishedTables::Strategy& local = mobile_only(tables);
  const Seconds total = local.latency;
  const double ratio = tables.cloud_speed_ratio;
  const std::vector<Cut> cuts = graph.block_cuts();
  const std::vector<Residual> residuals = residuals_of_blocks(tables, graph, uplink);
  if (residuals.size() != cuts.size()) {
    throw ConfigError{fmt::format("published/{}: error: table4.csv lacks a block of '{}'",
                                  tables.name, graph.name())};
  }

  std::vector<Span> spans;
  LayerId first = 0;
  Seconds reached;  // M_{j-1}
  for (std::size_t j = 0; j < cuts.size(); ++j) {
    const Cut& cut = cuts[j];
    const LayerId last = cut.after + 1;
    const std::int64_t channels = *tables.chosen_channels(cut.name);
    if (channels > cut.unit_channels) {
      throw ConfigError{
          fmt::format("published/{}: error: table4.csv has {} channels at {}, which has "
                      "only {}",
                      tables.name, channels, cut.name, cut.unit_channels)};
    }
    const ButterflyGraph unit = insert_butterfly(graph, cut, channels);
    const std::int64_t half_unit_macs =
        unit.graph.layer(*unit.graph.find_layer(cut.name + ".reduction.conv")).macs;
    const double unit_share =
        static_cast<double>(half_unit_macs) / static_cast<double>(graph.macs(first, last));

    // c_j = M_{j-1} + s + (T - M_{j-1} - s) / ratio + unit_share · s · (1 + 1 / ratio),
    // with s the mobile time of the segment.
    const Seconds known = reached + (total - reached) / ratio;
    const Seconds segment =
        (residuals[j].mean - known) / (1.0 - 1.0 / ratio + unit_share * (1.0 + 1.0 / ratio));
    if (segment <= Seconds{0}) {
      throw ConfigError{fmt::format(
          "published/{}: error: table4.csv implies a negative time for {}", tables.name, cut.name)};
    }
    spans.push_back({first, last, segment});
    reached += segment;
    first = last;
  }
  const Seconds head = total - reached;
  if (head <= Seconds{0}) {
    throw ConfigError{
        fmt::format("published/{}: error: the blocks take longer than mobile-only", tables.name)};
  }
  spans.push_back({first, graph.layers().size(), head});

  const Provenance provenance{
      "derived", tables.source.source,
      fmt::format("Tables IV and V by 'papilio profiles derive {}'", tables.name)};
  PaperFit fit;
  fit.mobile = {.device = tables.mobile,
                .model = graph.name(),
                .precision = "fp16",
                .provenance = provenance,
                .note =
                    "Fitted to the paper's end-to-end latencies, by MAC share inside a block; "
                    "energy at the mean power of the mobile-only row. "
                    "See docs/models/paper-profiles.md.",
                .rows = rows_by_mac_share(graph, spans, 1.0, local.energy / local.latency)};
  fit.cloud = {
      .device = tables.cloud,
      .model = graph.name(),
      .precision = "fp16",
      .provenance = provenance,
      .note = fmt::format("The mobile's times over {}, the paper's 'almost 30x'; no energy, "
                          "for the paper prints none. See docs/models/paper-profiles.md.",
                          ratio),
      .rows = rows_by_mac_share(graph, spans, ratio, std::nullopt)};
  return fit;
}

std::vector<HeldOutError> leave_one_network_out(const PublishedTables& tables,
                                                const UplinkByNetwork& uplink) {
  std::vector<HeldOutError> errors;
  for (const std::string& network : tables.networks()) {
    HeldOutError error{network, "", 0, 0};
    int count = 0;
    for (const PublishedTables::Split& split : tables.splits) {
      if (split.network != network) continue;
      const Estimates estimates = estimates_of(tables, split.block, uplink);
      if (estimates.size() < 2) continue;
      const Seconds predicted = mean_without(estimates, network) + split.offload / uplink(network);
      const double deviation = predicted / split.latency - 1.0;
      if (std::abs(deviation) > std::abs(error.worst)) {
        error.worst = deviation;
        error.worst_block = split.block;
      }
      error.mean += std::abs(deviation);
      ++count;
    }
    if (count > 0) {
      error.mean /= count;
      errors.push_back(error);
    }
  }
  return errors;
}

}  // namespace papilio
