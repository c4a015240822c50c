#include "sim/profiles/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>

#include "sim/base/error.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {
namespace {

using Tables = std::vector<const KnownTable*>;

double total_s(const LayerProfile& profile) {
  return std::accumulate(
      profile.rows.begin(), profile.rows.end(), 0.0,
      [](double sum, const LayerProfile::Row& row) { return sum + row.latency_s; });
}

/// Whether a table of the same network at its usual length is there: of each network one counts.
bool is_another_length(const PredictionBasis& basis, std::string_view model) {
  return std::any_of(basis.tables.begin(), basis.tables.end(), [&](const KnownTable& table) {
    return table.graph.name() != model && table.graph.name() == without_length(model);
  });
}

Tables without(const PredictionBasis& basis, const std::string& model) {
  Tables others;
  for (const KnownTable& table : basis.tables) {
    if (without_length(table.graph.name()) != without_length(model)) others.push_back(&table);
  }
  return others;
}

/// Over all tables, if each has energies.
std::optional<double> mean_power_w(const Tables& tables) {
  LayerCost sum;
  for (const KnownTable* table : tables) {
    if (!table->profile.has_energy()) return std::nullopt;
    for (const LayerProfile::Row& row : table->profile.rows) {
      sum += {Seconds{row.latency_s}, Joules{*row.energy_j}};
    }
  }
  if (sum.latency <= Seconds{0}) return std::nullopt;
  return (sum.energy / sum.latency).value();
}

/// What makes the network's total right.
double slowness_of(const Roofline& roofline, const Graph& graph, double measured_s) {
  double busy_s = 0;
  double overhead_s = 0;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const LayerWork work = work_of(graph, id);
    busy_s += roofline.busy_s(work);
    overhead_s += work.free ? 0 : roofline.overhead_s;
  }
  if (measured_s <= overhead_s) {
    throw ConfigError{
        fmt::format("papilio predict: error: '{}' takes {:.3g} ms in all, less than the launch "
                    "overheads of its "
                    "layers, {:.3g} ms; check launch_overhead_s of the device",
                    graph.name(), measured_s * 1e3, overhead_s * 1e3)};
  }
  return (measured_s - overhead_s) / busy_s;
}

Roofline calibrated(const PredictionBasis& basis, const Tables& tables) {
  Roofline roofline = *basis.roofline;
  double sum = 0;
  for (const KnownTable* table : tables) {
    sum += std::log(slowness_of(roofline, table->graph, total_s(table->profile)));
  }
  if (!tables.empty()) {
    roofline.slowness = std::exp(sum / static_cast<double>(tables.size()));
  } else if (basis.total) {
    roofline.slowness = slowness_of(roofline, basis.total->graph, basis.total->latency_s);
  }
  return roofline;
}

/// Scales each part of the network to what the part is known to take.
void meet_parts(const KnownTotal& total, LayerPrediction& prediction) {
  KnownTotal::Part rest{.last = total.graph.layers().size() - 1,
                        .latency_s = total.latency_s,
                        .energy_j = total.energy_j};
  std::vector<KnownTotal::Part> parts = total.parts;
  for (const KnownTotal::Part& part : parts) {
    rest.latency_s -= part.latency_s;
    if (rest.energy_j) *rest.energy_j -= part.energy_j.value_or(0);
  }
  parts.push_back(rest);
  LayerId first = 0;
  for (const KnownTotal::Part& part : parts) {
    double predicted_s = 0;
    for (LayerId id = first; id <= part.last; ++id) predicted_s += prediction.latency_s[id];
    if (predicted_s <= 0) {
      throw ConfigError{fmt::format(
          "papilio predict: error: the layers of '{}' up to '{}' take no time by the roofline, and "
          "cannot be made to take {:.3g} ms; check the parts of the device's totals",
          total.graph.name(), total.graph.layer(part.last).name, part.latency_s * 1e3)};
    }
    for (; first <= part.last; ++first) {
      prediction.latency_s[first] *= part.latency_s / predicted_s;
      if (part.energy_j) {
        prediction.energy_j[first] = prediction.latency_s[first] * *part.energy_j / part.latency_s;
      }
    }
  }
}

double latency_of(const LayerProfile& profile, const std::string& layer) {
  return std::find_if(profile.rows.begin(), profile.rows.end(),
                      [&](const LayerProfile::Row& row) { return row.layer == layer; })
      ->latency_s;
}

double median_without_sign(std::vector<double> values) {
  for (double& value : values) value = std::abs(value);
  return values.empty() ? 0 : median(std::move(values)).value;
}

/// Of what is measured, by what was predicted: Student's t times the root mean square of how far
/// off it is. Nothing for fewer than 3 of them.
std::optional<double> relative_half_width(const std::vector<double>& off) {
  constexpr std::size_t kFewest = 3;
  if (off.size() < kFewest) return std::nullopt;
  const auto count = static_cast<double>(off.size());
  const double squares = std::inner_product(off.begin(), off.end(), off.begin(), 0.0);
  const boost::math::students_t t{count};  // no mean is taken away
  return boost::math::quantile(t, (1 + kConfidence) / 2) * std::sqrt(squares / count);
}

}  // namespace

std::string without_length(std::string_view model) {
  return std::string{model.substr(0, model.find('@'))};
}

double LayerPrediction::total_s() const {
  return std::accumulate(latency_s.begin(), latency_s.end(), 0.0);
}

LayerRegression learned(const PredictionBasis& basis, const std::string& without_model) {
  std::vector<LayerSample> samples;
  for (const KnownTable* table : without(basis, without_model)) {
    for (const LayerProfile::Row& row : table->profile.rows) {
      const LayerId id = *table->graph.find_layer(row.layer);
      if (row.latency_s > 0) samples.push_back({work_of(table->graph, id), row.latency_s});
    }
  }
  if (samples.empty()) {
    throw ConfigError{fmt::format(
        "papilio predict: error: no table of another network than '{}' to learn from; measure some "
        "('papilio profile'), or take --method roofline",
        without_model)};
  }
  return LayerRegression{samples};
}

LayerPrediction predict(const PredictionBasis& basis, const Graph& graph) {
  const Tables others = without(basis, graph.name());
  const std::optional<double> power_w = others.empty() ? std::nullopt : mean_power_w(others);
  LayerPrediction prediction;
  const auto add = [&](double latency_s, std::optional<double> energy_j) {
    prediction.latency_s.push_back(latency_s);
    prediction.energy_j.push_back(power_w ? *power_w * latency_s : energy_j);
  };
  if (basis.method == PredictionMethod::kRoofline) {
    PAPILIO_CHECK(basis.roofline.has_value());
    const Roofline roofline = calibrated(basis, others);
    for (LayerId id = 0; id < graph.layers().size(); ++id) {
      const LayerWork work = work_of(graph, id);
      add(roofline.latency(work), roofline.energy(work));
    }
    if (others.empty() && basis.total && basis.total->graph.name() == graph.name()) {
      meet_parts(*basis.total, prediction);
    }
    return prediction;
  }
  const LayerRegression regression = learned(basis, graph.name());
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const LayerWork work = work_of(graph, id);
    add(regression.latency(work), std::nullopt);
    if (!work.free && !regression.knows(work)) prediction.strangers.push_back(id);
  }
  return prediction;
}

CrossValidation cross_validate(const PredictionBasis& basis) {
  CrossValidation validation;
  if (basis.tables.size() < 2) return validation;
  struct OfType {
    CrossValidation::Type sums;
    std::vector<double> errors;
    std::vector<double> off;
  };
  std::map<std::string, OfType> types;
  for (const KnownTable& table : basis.tables) {
    if (is_another_length(basis, table.graph.name())) continue;
    const LayerPrediction prediction = predict(basis, table.graph);
    CrossValidation::Network network{.model = table.graph.name(),
                                     .measured_s = total_s(table.profile),
                                     .predicted_s = prediction.total_s()};
    for (const LayerId id : prediction.strangers) {
      network.strange_share += prediction.latency_s[id] / network.predicted_s;
    }
    validation.networks.push_back(network);
    for (LayerId id = 0; id < table.graph.layers().size(); ++id) {
      const Layer& layer = table.graph.layer(id);
      const double measured_s = latency_of(table.profile, layer.name);
      if (measured_s <= 0) continue;
      OfType& type = types[work_of(table.graph, id).type];
      ++type.sums.layers;
      type.sums.measured_s += measured_s;
      type.sums.predicted_s += prediction.latency_s[id];
      type.errors.push_back(prediction.latency_s[id] / measured_s - 1);
      if (prediction.latency_s[id] > 0) {
        type.off.push_back(measured_s / prediction.latency_s[id] - 1);
      }
    }
  }
  for (auto& [name, type] : types) {
    type.sums.type = name;
    type.sums.median_error = median_without_sign(std::move(type.errors));
    type.sums.half_width = relative_half_width(type.off);
    validation.types.push_back(type.sums);
  }
  std::stable_sort(validation.types.begin(), validation.types.end(),
                   [](const auto& a, const auto& b) { return a.measured_s > b.measured_s; });
  return validation;
}

double CrossValidation::median_error() const {
  std::vector<double> errors;
  errors.reserve(networks.size());
  for (const Network& network : networks) errors.push_back(network.error());
  return median_without_sign(std::move(errors));
}

double CrossValidation::worst_error() const {
  double worst = 0;
  for (const Network& network : networks) {
    if (std::abs(network.error()) > std::abs(worst)) worst = network.error();
  }
  return worst;
}

std::optional<double> CrossValidation::half_width() const {
  std::vector<double> off;
  off.reserve(networks.size());
  for (const Network& network : networks) {
    off.push_back(network.measured_s / network.predicted_s - 1);
  }
  return relative_half_width(off);
}

}  // namespace papilio
