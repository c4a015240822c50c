#include "sim/profiles/rescaled.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// The roofline at which the table's whole time is right, if its layers take longer than it takes
/// to start them.
Roofline at_slowness_of(const KnownTable& table, Roofline roofline) {
  double measured_s = 0;
  for (const LayerProfile::Row& row : table.profile.rows) measured_s += row.latency_s;
  double overhead_s = 0;
  double busy_s = 0;
  for (LayerId id = 0; id < table.graph.layers().size(); ++id) {
    const LayerWork work = work_of(table.graph, id);
    overhead_s += work.free ? 0 : roofline.overhead_s;
    busy_s += roofline.busy_s(work);
  }
  PAPILIO_CHECK(busy_s > 0);
  roofline.slowness = std::max(measured_s - overhead_s, 0.0) / busy_s;
  return roofline;
}

}  // namespace

LayerLaw regression_law(const std::vector<KnownTable>& tables) {
  const auto regression = std::make_shared<const LayerRegression>(
      learned({.method = PredictionMethod::kRegression, .tables = tables}));
  return {[regression](const LayerWork& work) { return regression->latency(work); },
          fmt::format("the regression over {} tables", tables.size())};
}

LayerLaw roofline_law(const Roofline& roofline, const KnownTable& table) {
  const Roofline calibrated = at_slowness_of(table, roofline);
  return {[calibrated](const LayerWork& work) { return calibrated.latency(work); }, "a roofline"};
}

double whole_s(const LayerLaw& law, const Graph& graph) {
  double sum = 0;
  for (LayerId id = 0; id < graph.layers().size(); ++id) sum += law.latency_s(work_of(graph, id));
  return sum;
}

LayerProfile rescaled(const KnownTable& table, const Graph& graph, const LayerLaw& law) {
  std::map<std::string_view, const LayerProfile::Row*> known;
  for (const LayerProfile::Row& row : table.profile.rows) known.emplace(row.layer, &row);
  const bool energies = table.profile.has_energy();
  const double power_w = table.profile.mean_power().value();
  LayerProfile profile{
      .device = table.profile.device,
      .model = graph.name(),
      .precision = table.profile.precision,
      .provenance = {"predicted", "papilio-predict",
                     fmt::format("the table of {} ({}), rescaled by {}", table.graph.name(),
                                 to_string(table.profile.provenance), law.name)},
      .note = "docs/models/generation.md tells how far off that was where it was measured."};
  profile.rows.reserve(graph.layers().size());
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const std::string& name = graph.layer(id).name;
    const double now_s = law.latency_s(work_of(graph, id));
    const auto row = known.find(name);
    const std::optional<LayerId> then = table.graph.find_layer(name);
    const double then_s = then ? law.latency_s(work_of(table.graph, *then)) : 0;
    const bool measured = row != known.end() && row->second->latency_s > 0;
    LayerProfile::Row made{.layer = name, .latency_s = now_s};
    if (measured) made.latency_s = row->second->latency_s * (then_s > 0 ? now_s / then_s : 1);
    if (energies) {
      const double own_w = measured ? *row->second->energy_j / row->second->latency_s : power_w;
      made.energy_j = own_w * made.latency_s;
    }
    profile.rows.push_back(std::move(made));
  }
  return profile;
}

}  // namespace papilio
