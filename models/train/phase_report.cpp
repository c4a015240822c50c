#include "models/train/phase_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace papilio {
namespace {

/// Of a feature where nothing is quantised.
constexpr int kFloatBits = 32;

const PointResult* find_result(const std::vector<PointResult>& results, const std::string& key) {
  const auto it = std::find_if(results.begin(), results.end(), [&](const PointResult& result) {
    return result.point.key() == key;
  });
  return it == results.end() ? nullptr : &*it;
}

/// The results of one unit, or of the baseline (an empty cut), one a seed.
std::vector<const PointResult*> results_of(const std::vector<PointResult>& results,
                                           const std::string& cut, std::int64_t channels) {
  std::vector<const PointResult*> found;
  for (const PointResult& result : results) {
    const std::string name = result.point.cut ? result.point.cut->name : "";
    if (name == cut && result.point.channels == channels) found.push_back(&result);
  }
  return found;
}

double mean_accuracy(const std::vector<const PointResult*>& results) {
  double sum = 0;
  for (const PointResult* result : results) sum += result->accuracy();
  return results.empty() ? 0 : sum / static_cast<double>(results.size());
}

double mean_class_accuracy(const std::vector<const PointResult*>& results) {
  double sum = 0;
  for (const PointResult* result : results) sum += result->mean_class_accuracy;
  return results.empty() ? 0 : sum / static_cast<double>(results.size());
}

TableCell percent(double share) {
  return decimals(share * 100, 2);
}

TableCell points(const Estimate& estimate) {
  const TableCell value = signed_decimals(estimate.value * 100, 2);
  return estimate.half_width ? value.with_half_width(*estimate.half_width * 100) : value;
}

/// One row a cut, one column a number of channels.
template <class Cell>
Table by_cut_and_channels(const FirstPhaseSpec& spec, const std::vector<PointResult>& results,
                          Cell cell) {
  Table table{.columns = {{"cut", true}, {"tensor", false, Table::Type::kText}}};
  for (const std::int64_t channels : spec.channels)
    table.columns.push_back({fmt::format("D_r {}", channels)});
  for (const Cut& cut : spec.cuts) {
    Table::Row row{cut.name, fmt::format("{}x{}x{}", cut.shape.channels(), cut.shape.height(),
                                         cut.shape.width())};
    for (const std::int64_t channels : spec.channels) {
      row.push_back(results_of(results, cut.name, channels).empty() ? none()
                                                                    : cell(cut.name, channels));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Section fewest_channels(const FirstPhaseSpec& spec, const std::vector<PointResult>& results,
                        double budget) {
  Table table{.columns = {{"cut", true}, {"D_r"}, {"accuracy, %"}, {"difference"}, {"bytes"}}};
  for (const Cut& cut : spec.cuts) {
    Table::Row row{cut.name, none("none"), none(), none(), none()};
    for (const std::int64_t channels : spec.channels) {
      const auto units = results_of(results, cut.name, channels);
      if (units.empty()) continue;
      const PairedDifference paired = paired_difference(results, cut.name, channels);
      if (paired.difference.value < -budget) continue;
      const TensorShape crossing =
          insert_butterfly(spec.graph, cut, channels, spec.stride).cut.shape;
      row = {cut.name, channels, percent(mean_accuracy(units)), points(paired.difference),
             crossing.bytes(spec.bits)};
      break;
    }
    table.rows.push_back(std::move(row));
  }
  return {
      .title = fmt::format("Fewest channels within {:.1f} points of the baseline", budget * 100),
      .table = std::move(table),
      .remarks = {fmt::format("bytes: of the payload's body, raw, at {} bits.", spec.bits)}};
}

}  // namespace

PairedDifference paired_difference(const std::vector<PointResult>& results, const std::string& cut,
                                   std::int64_t channels) {
  std::vector<double> differences;  // of each picture, a mean over the seeds in the end
  PairedDifference paired;
  for (const PointResult* unit : results_of(results, cut, channels)) {
    const PointResult* baseline = find_result(results, Point{.seed = unit->point.seed}.key());
    if (baseline == nullptr) continue;
    differences.resize(unit->right.size());
    for (std::size_t i = 0; i < differences.size(); ++i) {
      differences[i] += (unit->right[i] ? 1.0 : 0.0) - (baseline->right[i] ? 1.0 : 0.0);
    }
    ++paired.seeds;
  }
  for (double& difference : differences) difference /= static_cast<double>(paired.seeds);
  paired.difference = {mean(differences), half_width(differences)};
  return paired;
}

Table accuracy_table(const FirstPhaseSpec& spec, const std::vector<PointResult>& results) {
  Table table{.columns = {{"cut", true},
                          {"channels"},
                          {"bits"},
                          {"codec", true},
                          {"seed"},
                          {"images"},
                          {"accuracy"}}};
  for (const PointResult& result : results) {
    table.rows.push_back({result.point.cut ? result.point.cut->name : "", result.point.channels,
                          result.point.cut ? spec.bits : kFloatBits, "raw", result.point.seed,
                          result.right.size(), result.accuracy()});
  }
  return table;
}

Document phase_report(const FirstPhaseSpec& spec, const std::vector<PointResult>& results,
                      const std::string& dataset, double budget) {
  Document document{
      .title = fmt::format("Accuracy of {} with butterfly units", spec.graph.name()),
      .paragraphs = {fmt::format(
          "{}; features at {} bits; each network trained end to end, {} epochs from {}, seeds {}.",
          dataset, spec.bits, spec.training.epochs,
          spec.weights.empty() ? "random weights" : "the trained weights",
          fmt::join(spec.seeds, ", "))}};
  const auto baselines = results_of(results, "", 0);
  document.sections.push_back(
      {.title = "Baseline, without unit",
       .table = Table{.columns = {{"seeds"},
                                  {"accuracy, %"},
                                  {"mean of the classes, %"},
                                  {"test pictures"}},
                      .rows = {{baselines.size(), percent(mean_accuracy(baselines)),
                                percent(mean_class_accuracy(baselines)),
                                baselines.empty() ? 0 : baselines[0]->right.size()}}},
       .remarks = {"Trained on like the units: as many epochs, from the same weights."}});
  if (spec.cuts.empty()) return document;
  document.sections.push_back(
      {.title = "Accuracy by cut and channels, %",
       .table = by_cut_and_channels(spec, results,
                                    [&](const std::string& cut, std::int64_t channels) {
                                      return percent(
                                          mean_accuracy(results_of(results, cut, channels)));
                                    }),
       .remarks = {"Mean over the seeds."}});
  document.sections.push_back(
      {.title = "Difference from the baseline, points",
       .table = by_cut_and_channels(spec, results,
                                    [&](const std::string& cut, std::int64_t channels) {
                                      return points(
                                          paired_difference(results, cut, channels).difference);
                                    }),
       .remarks = {
           "Paired: of each test picture, with the baseline of the same seed; ± is the 95 % "
           "interval over the pictures, seeds averaged."}});
  document.sections.push_back(fewest_channels(spec, results, budget));
  return document;
}

}  // namespace papilio
