#include "sim/profiles/layer_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

void describe_conditions(FieldVisitor& visitor, LayerProfile::Conditions& conditions) {
  visitor.text("date", conditions.date, {}, Presence::kRequired, "Day of the measurement.");
  visitor.text("processor", conditions.processor, {}, Presence::kRequired,
               "As the system names it.");
  visitor.number("frequency_hz", conditions.frequency_hz, kPositive,
                 "Of the CPU's clock at the end of the measurement.");
  visitor.integer("threads", conditions.threads, {.min = 1, .max = 1e6}, Presence::kRequired,
                  "That computed one operation.");
  visitor.text("library", conditions.library, {}, Presence::kRequired, "What computed.");
  visitor.integer("passes", conditions.passes, {.min = 1, .max = 1e12}, Presence::kRequired,
                  "Forward passes.");
  visitor.integer("outliers", conditions.outliers, {.min = 0, .max = 1e12}, Presence::kRequired,
                  "Of them, far beyond the others.");
  visitor.number("whole_latency_s", conditions.whole_latency_s, kLayerLatency, Presence::kRequired,
                 "Median of passes timed as a whole.");
  visitor.number("whole_interval_s", conditions.whole_interval_s, kLayerLatency,
                 Presence::kRequired, "Half-width of its 95 % interval.");
  visitor.number("disagreement", conditions.disagreement, {.min = -1, .max = 1e6},
                 "Sum of the layers by the whole pass, less 1.");
  visitor.text("power_from", conditions.power_from, {}, Presence::kOptional,
               "Meter of the power, or 'stated'.");
  visitor.number("power_w", conditions.power_w, kPositive,
                 "While it computes: energies are latencies times this.");
  visitor.number("idle_power_w", conditions.idle_power_w, kNonNegative, "While it does not.");
}

}  // namespace

Estimate LayerProfile::whole_by_layers() const {
  std::vector<Estimate> layers;
  layers.reserve(rows.size());
  for (const Row& row : rows) layers.push_back({row.latency_s, row.interval_s});
  return sum_of(layers);
}

std::optional<Estimate> LayerProfile::whole_by_passes() const {
  if (!conditions || conditions->whole_latency_s <= 0) return std::nullopt;
  return Estimate{conditions->whole_latency_s, conditions->whole_interval_s};
}

bool LayerProfile::has_energy() const {
  return std::all_of(rows.begin(), rows.end(),
                     [](const Row& row) { return row.energy_j.has_value(); });
}

Watts LayerProfile::mean_power() const {
  Seconds time;
  Joules energy;
  for (const Row& row : rows) {
    time += Seconds{row.latency_s};
    energy += Joules{row.energy_j.value_or(0)};
  }
  return time > Seconds{0} ? energy / time : Watts{0};
}

std::string uncertainty_of(const LayerProfile& profile) {
  if (profile.provenance.kind != "measured") return {};
  const Estimate layers = profile.whole_by_layers();
  if (!layers.half_width) return "no interval recorded";
  const auto ms = [](const Estimate& estimate) {
    constexpr double kMilli = 1e3;
    return fmt::format("{:.3f} ± {:.3f} ms", estimate.value * kMilli,
                       estimate.half_width.value_or(0) * kMilli);
  };
  const std::optional<Estimate> passes = profile.whole_by_passes();
  if (!passes) return fmt::format("its layers take {}", ms(layers));
  return fmt::format("its layers take {}, whole passes {}{}", ms(layers), ms(*passes),
                     agree(layers, *passes)
                         ? ""
                         : fmt::format(": {:.1f} % apart, which is more than their intervals",
                                       100 * std::abs(layers.value / passes->value - 1)));
}

TableOrigin origin_of(const LayerProfile& profile) {
  const bool predicted = profile.provenance.kind == "predicted";
  const bool imported = profile.provenance.source == kImportedProfile;
  return {.table = fmt::format("{}/{}", profile.device, profile.model),
          .provenance = profile.provenance,
          .note = predicted || imported ? profile.note : "",
          .uncertainty = uncertainty_of(profile)};
}

void describe_layer_profile(FieldVisitor& visitor, LayerProfile& profile) {
  visitor.text("device", profile.device, {}, Presence::kRequired, "Name of the device.");
  visitor.text("model", profile.model, {}, Presence::kRequired, "Name of the network.");
  visitor.text("precision", profile.precision, {}, Presence::kRequired,
               "Number format of the computation, e.g. fp16.");
  visitor.object("provenance", Presence::kRequired, "Where the rows come from.",
                 [&](FieldVisitor& nested) { describe_provenance(nested, profile.provenance); });
  visitor.text("note", profile.note, {}, Presence::kOptional, "What a user must know.");
  bool measured = profile.conditions.has_value();
  LayerProfile::Conditions conditions = profile.conditions.value_or(LayerProfile::Conditions{});
  visitor.object("conditions", measured, "What the rows were measured under.",
                 [&](FieldVisitor& nested) { describe_conditions(nested, conditions); });
  if (measured) profile.conditions = conditions;
  std::vector<LayerProfile::Row>& rows = profile.rows;
  visitor.object_list(
      "layers",
      {.resize = [&](std::size_t n) { rows.resize(n); },
       .size = [&] { return rows.size(); },
       .describe =
           [&](std::size_t i, FieldVisitor& item) {
             item.text("layer", rows[i].layer, {}, Presence::kRequired, "Name in the graph.");
             item.number("latency_s", rows[i].latency_s, kLayerLatency, Presence::kRequired,
                         "Time of one image.");
             item.number("interval_s", rows[i].interval_s, kLayerLatency,
                         "Half-width of its 95 % interval.");
             item.number("energy_j", rows[i].energy_j, kLayerEnergy, "Energy of one image.");
           }},
      Presence::kRequired, "One row a layer.");
  std::vector<LayerProfile::Batch>& batches = profile.batches;
  visitor.object_list("batches",
                      {.resize = [&](std::size_t n) { batches.resize(n); },
                       .size = [&] { return batches.size(); },
                       .describe =
                           [&](std::size_t i, FieldVisitor& item) {
                             item.integer("pictures", batches[i].pictures, {.min = 1, .max = 1e6},
                                          Presence::kRequired, "Pictures in a forward pass.");
                             item.number("latency_s", batches[i].latency_s, kLayerLatency,
                                         Presence::kRequired, "Time of the pass.");
                             item.number("interval_s", batches[i].interval_s, kLayerLatency,
                                         "Half-width of its 95 % interval.");
                           }},
                      Presence::kOptional, "Passes of several pictures at once.");
}

LayerProfile load_layer_profile(const ProfileLibrary& library, const Bibliography& bibliography,
                                std::string_view device, const Graph& graph) {
  const std::string name = fmt::format("{}/{}", device, graph.name());
  const Node root = load_yaml(library.path_by_name("layers", name).string());
  Diagnostics diagnostics;
  LayerProfile profile;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_layer_profile(visitor, profile); }, diagnostics);
  diagnostics.throw_if_any();

  const auto expect = [&](std::string_view key, std::string_view found, std::string_view expected) {
    if (found == expected) return;
    diagnostics.error(mark_of(root, key), key,
                      fmt::format("the file's place says '{}', this says '{}'", expected, found));
  };
  expect("device", profile.device, device);
  expect("model", profile.model, graph.name());
  bibliography.check(profile.provenance, root, "provenance", diagnostics);

  const std::optional<Estimate> passes = profile.whole_by_passes();
  if (passes && profile.conditions->disagreement) {
    const double found = profile.whole_by_layers().value / passes->value - 1;
    constexpr double kRounding = 1e-6;
    if (std::abs(found - *profile.conditions->disagreement) > kRounding) {
      const std::string_view key = "conditions.disagreement";
      diagnostics.error(mark_of(root, key), key,
                        fmt::format("says {:g}, and by its layers it is {:g}; measure again",
                                    *profile.conditions->disagreement, found));
    }
  }
  std::vector<std::string> layers;
  for (const Layer& layer : graph.layers()) layers.push_back(layer.name);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    const std::string& layer = profile.rows[i].layer;
    const std::string path = fmt::format("layers.{}.layer", i);
    if (!graph.find_layer(layer)) {
      diagnostics.error(mark_of(root, path), path,
                        fmt::format("the network '{}' has no layer '{}'{}", graph.name(), layer,
                                    suggestion(layer, layers)));
    } else if (!seen.insert(layer).second) {
      diagnostics.error(mark_of(root, path), path, fmt::format("'{}' has two rows", layer));
    }
  }
  for (const std::string& layer : layers) {
    if (!seen.contains(layer)) {
      diagnostics.error(mark_of(root, "layers"), "layers",
                        fmt::format("no row for the layer '{}'", layer));
    }
  }
  diagnostics.throw_if_any();
  return profile;
}

LayerPricer::LayerPricer(const LayerProfile& profile, const Graph& graph) {
  for (const LayerProfile::Row& row : profile.rows) {
    rows_.push_back({row.layer, {Seconds{row.latency_s}, Joules{row.energy_j.value_or(0)}}});
  }
  std::sort(rows_.begin(), rows_.end(),
            [](const Named& a, const Named& b) { return a.name < b.name; });
  for (const Layer& layer : graph.layers()) {
    if (blocks_.empty() || blocks_.back().name != layer.block) {
      blocks_.push_back({layer.block, {}, 0});
    }
    const LayerCost layer_cost = cost(layer);
    for (Block* block : {&blocks_.back(), &whole_}) {
      block->cost += layer_cost;
      block->macs += static_cast<double>(layer.macs);
    }
  }
}

LayerCost LayerPricer::cost(const Layer& layer) const {
  const auto row =
      std::lower_bound(rows_.begin(), rows_.end(), layer.name,
                       [](const Named& a, const std::string& b) { return a.name < b; });
  if (row != rows_.end() && row->name == layer.name) return row->cost;
  const auto block = std::find_if(blocks_.begin(), blocks_.end(),
                                  [&](const Block& b) { return b.name == layer.block; });
  PAPILIO_CHECK(block != blocks_.end());
  const bool usable = block->macs > 0 && block->cost.latency > Seconds{0};
  const Block& basis = usable ? *block : whole_;
  if (basis.macs <= 0) return {};
  const double share = static_cast<double>(layer.macs) / basis.macs;
  return {basis.cost.latency * share, basis.cost.energy * share};
}

LayerCost LayerPricer::cost(const Graph& graph, LayerId first, LayerId last) const {
  LayerCost sum;
  for (LayerId id = first; id < last; ++id) sum += cost(graph.layer(id));
  return sum;
}

}  // namespace papilio
