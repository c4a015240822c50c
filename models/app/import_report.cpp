#include "models/app/import_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/units/prefixes.hpp"
#include "sim/profiles/layer_work.hpp"

namespace papilio {
namespace {

/// Layers of one kind together.
struct KindSum {
  std::size_t layers{0};
  std::int64_t parameters{0};
  double macs{0};
  double flops{0};
  double bytes{0};
};

KindSum& operator+=(KindSum& sum, const KindSum& one) {
  sum.layers += one.layers;
  sum.parameters += one.parameters;
  sum.macs += one.macs;
  sum.flops += one.flops;
  sum.bytes += one.bytes;
  return sum;
}

/// Two operations for a multiply-accumulate, one for each number that a pool looks at, and one for
/// each that another layer gives; reals of 4 bytes, and what is quantised as it is held.
KindSum sum_of(const Graph& graph, LayerId id) {
  constexpr double kRealBytes = 4;
  const Layer& layer = graph.layer(id);
  const LayerWork work = work_of(graph, id);
  const auto macs = static_cast<double>(layer.macs);
  const double others = work.operations > 0 ? work.operations : work.outputs;
  const double reals = work.inputs + work.outputs + work.parameters - work.quantised;
  return {.layers = 1,
          .parameters = layer.weights_of ? 0 : layer.parameters,
          .macs = macs,
          .flops = work.free               ? 0
                   : macs > 0              ? 2 * macs
                   : work.family == "copy" ? 0
                                           : others,
          .bytes = work.free ? 0 : reals * kRealBytes + work.quantised_bytes};
}

/// The kinds with the most work first.
Section kinds_section(const Graph& graph) {
  std::map<std::string, KindSum> kinds;
  KindSum all;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const KindSum one = sum_of(graph, id);
    kinds[std::string{kind_name(graph.layer(id).op)}] += one;
    all += one;
  }
  std::vector<std::pair<std::string, KindSum>> rows{kinds.begin(), kinds.end()};
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::pair{a.second.flops, a.second.bytes} > std::pair{b.second.flops, b.second.bytes};
  });
  rows.emplace_back("all", all);
  Table table{
      .columns = {{"kind", true}, {"layers"}, {"parameters"}, {"MMAC"}, {"MFLOP"}, {"MB moved"}}};
  for (const auto& [kind, sum] : rows) {
    table.rows.push_back({kind, sum.layers, sum.parameters, decimals(sum.macs / kMega, 2),
                          decimals(sum.flops / kMega, 2), decimals(sum.bytes / kMega, 2)});
  }
  return {.title = "Layers by kind", .table = std::move(table)};
}

Section cuts_section(const Graph& graph) {
  Table cuts{.columns = {{"block", true},
                         {"tensor", false, Table::Type::kText},
                         {"bytes at 8 bits"},
                         {"GMAC before"},
                         {"%"}}};
  const auto total = static_cast<double>(graph.macs());
  for (const Cut& cut : graph.block_cuts()) {
    const auto before = static_cast<double>(graph.macs(0, cut.after + 1));
    cuts.rows.push_back({cut.name, text(cut.shape), graph.bytes(cut, 8),
                         decimals(before / kGiga, 3),
                         decimals(total > 0 ? before / total * 100 : 0, 1)});
  }
  return {.title = "Cuts at the end of a block", .table = std::move(cuts)};
}

}  // namespace

Document import_report(const Graph& graph, const std::filesystem::path& file) {
  std::vector<std::string> paragraphs{fmt::format(
      "{} layers, {}, {:.3f} GMAC {}; {} cuts, {} of them at the end of a block. "
      "In {}.",
      graph.layers().size(), parameters_text(graph), static_cast<double>(graph.macs()) / kGiga,
      takes_pictures(graph) ? "an image" : "a sample", graph.cuts().size(),
      graph.block_cuts().size(), file.string())};
  for (const std::string& note : graph.notes()) paragraphs.push_back(note);
  return {.title = graph.name(),
          .paragraphs = std::move(paragraphs),
          .sections = {kinds_section(graph), cuts_section(graph)}};
}

}  // namespace papilio
