#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/base/document/rows.hpp"
#include "sim/base/error.hpp"
#include "sim/base/stats/estimate.hpp"
#include "sim/compare/inputs.hpp"
#include "sim/compare/things.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {
namespace {

const std::vector<std::string> kLayerDimensions{"of", "name"};
const std::vector<std::string> kLayerMeasures{"latency_s", "latency_ci_s", "energy_j"};

ComparedRow row_about(const char* what, Value name, const Estimate& latency,
                      std::optional<double> energy_j) {
  return {{std::string{what}, std::move(name)},
          {latency.value, optional_value(latency.half_width), optional_value(energy_j)}};
}

/// The sum of rows.
ComparedRow sum_row(const char* what, const std::string& name,
                    const std::vector<const ComparedRow*>& rows) {
  std::vector<Estimate> latencies;
  std::optional<double> energy_j{0};
  for (const ComparedRow* row : rows) {
    const auto* half_width = std::get_if<double>(&row->values[1]);
    const auto* energy = std::get_if<double>(&row->values[2]);
    latencies.push_back({std::get<double>(row->values[0]),
                         half_width != nullptr ? std::optional{*half_width} : std::nullopt});
    energy_j = energy != nullptr && energy_j ? std::optional{*energy_j + *energy} : std::nullopt;
  }
  return row_about(what, name, sum_of(latencies), energy_j);
}

std::vector<ComparedRow> all_rows(const Comparable& table) {
  const RowStream stream = table.rows(ComparedColumns{kLayerDimensions, kLayerMeasures});
  std::vector<ComparedRow> rows;
  for (ComparedRow row; stream(row);) rows.push_back(row);
  return rows;
}

}  // namespace

Comparable layer_table(const std::string& name, const std::filesystem::path& file) {
  Node root = load_yaml(file.string());
  LayerProfile profile;
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_layer_profile(visitor, profile); }, diagnostics);
  diagnostics.throw_if_any();
  std::vector<ComparedRow> rows;
  for (const LayerProfile::Row& row : profile.rows) {
    rows.push_back(row_about("layer", row.layer, {row.latency_s, row.interval_s}, row.energy_j));
  }
  std::vector<const ComparedRow*> layers;
  layers.reserve(rows.size());
  for (const ComparedRow& row : rows) layers.push_back(&row);
  ComparedRow whole = sum_row("network", profile.model, layers);
  rows.push_back(std::move(whole));
  for (const LayerProfile::Batch& batch : profile.batches) {
    rows.push_back(row_about("pass of pictures", batch.pictures,
                             {batch.latency_s, batch.interval_s}, std::nullopt));
  }
  // What the rows say is compared as rows.
  std::erase_if(root.entries, [](const Node::Entry& entry) {
    return entry.key == "layers" || entry.key == "batches";
  });
  Comparable table{.name = name,
                   .kind = Comparable::Kind::kLayers,
                   .dimensions = kLayerDimensions,
                   .measures = {"latency_s", "latency_ci_s"},
                   .inputs = {},
                   .remarks = {},
                   .rows = rows_in_memory(kLayerDimensions, kLayerMeasures, std::move(rows))};
  // Where nobody measured energies, none went missing.
  const bool energies =
      std::any_of(profile.rows.begin(), profile.rows.end(),
                  [](const LayerProfile::Row& row) { return row.energy_j.has_value(); });
  if (energies) table.measures.emplace_back("energy_j");
  add_inputs(table.inputs, "", std::move(root));
  return table;
}

std::string model_of(const Comparable& table) {
  const auto model = std::find_if(table.inputs.begin(), table.inputs.end(),
                                  [](const Input& input) { return input.path == "model"; });
  PAPILIO_CHECK(model != table.inputs.end());
  return model->value;
}

void add_blocks(Comparable& table, const Graph& graph) {
  std::vector<ComparedRow> rows = all_rows(table);
  std::map<std::string, const ComparedRow*> layers;
  for (const ComparedRow& row : rows) {
    if (std::get<std::string>(row.key[0]) != "layer") continue;
    layers.emplace(std::get<std::string>(row.key[1]), &row);
  }
  std::map<std::string, std::vector<const ComparedRow*>> blocks;
  for (const Layer& layer : graph.layers()) {
    const auto row = layers.find(layer.name);
    if (row == layers.end()) return;
    blocks[layer.block].push_back(row->second);
  }
  std::vector<ComparedRow> sums;
  sums.reserve(blocks.size());
  for (const auto& [block, of_block] : blocks) sums.push_back(sum_row("block", block, of_block));
  rows.insert(rows.end(), sums.begin(), sums.end());
  table.rows = rows_in_memory(kLayerDimensions, kLayerMeasures, std::move(rows));
}

}  // namespace papilio
