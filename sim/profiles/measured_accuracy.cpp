#include "sim/profiles/measured_accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "sim/base/data/csv.hpp"
#include "sim/profiles/measurement_columns.hpp"

namespace papilio {

MeasuredAccuracies::MeasuredAccuracies(const std::string& path, const Graph& graph) {
  const CsvTable table{path, names_of(accuracy_columns())};
  const CrossingReader reader{graph, CrossingReader::Uncut::kNetwork};
  std::set<std::tuple<bool, Crossing, std::int64_t>> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const Crossing crossing = reader.read(table, row);
    const bool uncut = table.text(row, "cut").empty();
    // A network that somebody else trained has no seed to tell.
    const bool unknown_seed = uncut && table.text(row, "seed").empty();
    const std::int64_t seed = unknown_seed ? -1 : table.whole(row, "seed", 0, kMostSeedOfTraining);
    if (!seen.emplace(uncut, crossing, seed).second) {
      table.fail(row, "seed", fmt::format("one row a seed of {}", to_string(crossing)));
    }
    const std::int64_t images = table.count(row, "images", kMostTestImages);
    const double accuracy = table.at_most(row, "accuracy", 1);
    Accuracy& sum = uncut ? uncut_[crossing.bits] : accuracies_[crossing];
    sum.images = sum.seeds == 0 ? images : std::min(sum.images, images);
    sum.mean += accuracy;
    sum.seeds += 1;
  }
  const auto divide = [](auto& sums) {
    for (auto& [key, sum] : sums) sum.mean /= static_cast<double>(sum.seeds);
  };
  divide(uncut_);
  divide(accuracies_);
}

std::optional<MeasuredAccuracies::Accuracy> MeasuredAccuracies::find(
    const Crossing& crossing) const {
  const auto it = accuracies_.find(crossing);
  if (it != accuracies_.end()) return it->second;
  if (!crossing.cut.empty() || crossing.codec != kRawCodec) return std::nullopt;
  const auto whole = uncut_.find(crossing.bits);
  if (whole != uncut_.end()) return whole->second;
  if (crossing == Crossing{}) return baseline();
  return std::nullopt;
}

std::optional<MeasuredAccuracies::Accuracy> MeasuredAccuracies::baseline() const {
  if (uncut_.empty()) return std::nullopt;
  return uncut_.rbegin()->second;  // the map's order is that of the bits
}

std::optional<std::int64_t> MeasuredAccuracies::smallest_channels(
    const Crossing& at, const std::function<bool(double)>& accurate) const {
  // The map's order is that of the channels, within one cut.
  for (const auto& [crossing, accuracy] : accuracies_) {
    const bool unit = crossing.channels > 0 && crossing.cut == at.cut && crossing.bits == at.bits &&
                      crossing.codec == at.codec;
    if (unit && accurate(accuracy.mean)) return crossing.channels;
  }
  return std::nullopt;
}

std::optional<MeasuredAccuracies::Accuracy> MeasuredAccuracies::best_at(const Crossing& at) const {
  std::optional<Accuracy> best;
  for (const auto& [crossing, accuracy] : accuracies_) {
    const bool unit = crossing.channels > 0 && crossing.cut == at.cut && crossing.bits == at.bits &&
                      crossing.codec == at.codec;
    if (unit && (!best || accuracy.mean > best->mean)) best = accuracy;
  }
  return best;
}

std::vector<Crossing> MeasuredAccuracies::crossings() const {
  std::vector<Crossing> crossings;
  crossings.reserve(accuracies_.size());
  for (const auto& [crossing, rows] : accuracies_) crossings.push_back(crossing);
  return crossings;
}

}  // namespace papilio
