#include "sim/scenario/measurements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "sim/scenario/references.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

using Sample = MeasuredPayloads::Sample;

constexpr double kUsualBudget = 0.02;
constexpr std::int64_t kPublishedBits = 8;  // the accuracies are published for 8-bit features
constexpr const char* kFolder = "measurements";

/// Where a file of measurements lies; told if it lies nowhere.
std::string find_measurements(const std::string& path, std::string& name,
                              const ScenarioSource& source, const ProfileLibrary& library,
                              Checker& checker) {
  if (name.empty()) return {};  // told as a missing key, or not asked for
  const fs::path file = find_data_file(source, library, kFolder, name);
  if (file.empty()) {
    checker.error(path, fmt::format("no file '{}' beside the scenario, or under {}/ of a folder of "
                                    "profiles or of the data folder; check the path",
                                    name, kFolder));
    return {};
  }
  name = effective_name(source, name);
  return file.string();
}

std::vector<std::uint32_t> images_of(const std::vector<Sample>& samples) {
  std::vector<std::uint32_t> images;
  images.reserve(samples.size());
  for (const Sample& sample : samples) images.push_back(sample.image);
  return images;
}

/// Accepts the measured and the analytic sizes of partitions, and refuses the others.
class Acceptance {
 public:
  Acceptance(Measurements& measurements, const std::string& path, Checker& checker)
      : measurements_{measurements}, path_{path}, checker_{checker} {}

  void look_at(const Partition& partition) {
    const std::optional<Crossing> crossing = partition.crossing();
    if (!crossing) return;
    if (const std::vector<Sample>* samples = measurements_.samples_of(partition)) {
      check_images(*crossing, *samples, partition.item);
    } else if (crossing->codec != kRawCodec) {
      missing_[partition.item].push_back(*crossing);
    } else if (measurements_.payloads) {
      std::vector<Crossing>& analytic = measurements_.analytic;
      if (std::find(analytic.begin(), analytic.end(), *crossing) == analytic.end()) {
        analytic.push_back(*crossing);
      }
    }
  }

  /// One error a strategy, however many of its cuts lack rows.
  void tell_missing() const {
    for (const auto& [item, crossings] : missing_) {
      const std::string path = fmt::format("{}.{}.codec", path_, item);
      if (!measurements_.names_payload) {
        checker_.error(path, fmt::format("'{}' needs the key 'payload': sizes follow from shapes "
                                         "for raw alone; add payload: {{from: FILE}}, or remove "
                                         "the key",
                                         crossings.front().codec));
      } else if (measurements_.payloads) {
        const std::string others =
            crossings.size() == 1
                ? ""
                : fmt::format(" (and {} more of this strategy)", crossings.size() - 1);
        checker_.error(
            path, fmt::format("'{}' has no rows for {}{}; measure them with 'papilio "
                              "infer', or change the strategy",
                              measurements_.payload_file, to_string(crossings.front()), others));
      }
    }
  }

 private:
  void check_images(const Crossing& crossing, const std::vector<Sample>& samples,
                    std::size_t item) {
    std::vector<std::uint32_t> images = images_of(samples);
    if (measurements_.images.empty()) {
      measurements_.images = std::move(images);
      first_ = crossing;
    } else if (images != measurements_.images && !told_) {
      told_ = true;
      checker_.error(
          fmt::format("{}.{}", path_, item),
          fmt::format("'{}' has other pictures for {} than for {} ({} against {}), and what is "
                      "compared must come from the same; complete the file",
                      measurements_.payload_file, to_string(crossing), to_string(first_),
                      images.size(), measurements_.images.size()));
    }
  }

  Measurements& measurements_;
  const std::string& path_;
  Checker& checker_;
  Crossing first_;
  bool told_{false};
  std::map<std::size_t, std::vector<Crossing>> missing_;  // by strategy
};

void note_extent(const MeasuredAccuracies::Accuracy& accuracy, Measurements::Extent& extent) {
  const bool first = extent.most_seeds == 0;
  extent.least_seeds = first ? accuracy.seeds : std::min(extent.least_seeds, accuracy.seeds);
  extent.most_seeds = std::max(extent.most_seeds, accuracy.seeds);
  extent.least_images = first ? accuracy.images : std::min(extent.least_images, accuracy.images);
  extent.most_images = std::max(extent.most_images, accuracy.images);
}

/// Accuracy of the uncut network, a fraction.
std::optional<double> baseline_of(const Measurements& measurements,
                                  const PublishedTables* published) {
  if (measurements.accuracies) {
    const auto measured = measurements.accuracies->baseline();
    return measured ? std::optional{measured->mean} : std::nullopt;
  }
  return accuracy_of({.strategy = "mobile-only"}, measurements, published);
}

void load_limit(const MeasurementsSpec& spec, const PublishedTables* published,
                Measurements& measurements, Checker& checker) {
  AccuracyLimit& limit = measurements.limit;
  limit = {.budget = spec.accuracy_budget,
           .least = spec.least_accuracy,
           .baseline = baseline_of(measurements, published)};
  if (!spec.accuracy_from.empty() && !measurements.accuracies) return;  // a file that is not there
  if (spec.accuracy_from.empty() && published == nullptr) {
    // A budget needs none: what crosses in 32 bits loses nothing, and all else is unknown.
    if (limit.least) {
      checker.error("least_accuracy",
                    "needs the key 'accuracy_from' or 'published', whose accuracies it is about; "
                    "remove it, or add one");
    }
  } else if (limit.budget && !limit.baseline) {
    checker.error(
        "accuracy_budget",
        "is what may be lost of the uncut network's accuracy, which is unknown: add a row of it "
        "to the file of 'accuracy_from', with an empty cut and channels 0, or state "
        "'least_accuracy' instead");
  }
}

}  // namespace

const std::vector<Sample>* Measurements::samples_of(const Partition& partition) const {
  const std::optional<Crossing> crossing = partition.crossing();
  return payloads && crossing && !partition.crosses_again() ? payloads->find(*crossing) : nullptr;
}

std::optional<MeasuredAccuracies::Accuracy> Measurements::accuracy_of(
    const Partition& partition) const {
  if (!accuracies || partition.crosses_again()) return std::nullopt;
  const std::optional<Crossing> crossing = partition.crossing();
  return crossing ? accuracies->find(*crossing) : accuracies->baseline();
}

AccuracyLimit Measurements::limit_of_smallest() const {
  AccuracyLimit of = limit;
  if (!of.stated()) of.budget = kUsualBudget;
  return of;
}

std::optional<double> accuracy_of(const Partition& partition, const Measurements& measurements,
                                  const PublishedTables* published) {
  if (measurements.accuracies) {
    const auto measured = measurements.accuracy_of(partition);
    if (!measured && partition.exact()) return measurements.limit.baseline;
    return measured ? std::optional{measured->mean} : std::nullopt;
  }
  if (published == nullptr) return std::nullopt;
  if (partition.exact()) return published->find_strategy("mobile-only", "")->accuracy;
  if (partition.crosses_again()) return std::nullopt;
  if (partition.bits && *partition.bits != kPublishedBits) return std::nullopt;
  if (partition.crossing() && partition.codec != kRawCodec) return std::nullopt;
  if (partition.channels) {
    return published->butterfly_accuracy(partition.cut->name, *partition.channels);
  }
  for (const PublishedTables::Strategy& row : published->strategies) {
    if (row.strategy == partition.strategy) return row.accuracy;
  }
  return std::nullopt;
}

Watts encode_power(const Measurements& measurements, const LayerProfile& mobile) {
  return measurements.encode_power_w ? Watts{*measurements.encode_power_w} : mobile.mean_power();
}

PartitionContext context_of(const Graph& graph, const PublishedTables* published,
                            bool names_published, const Measurements& measurements) {
  return {.graph = graph,
          .published = published,
          .names_published = names_published,
          .accuracies = measurements.accuracies ? &*measurements.accuracies : nullptr,
          .names_accuracies = !measurements.accuracy_file.empty(),
          .limit_of_smallest = measurements.limit_of_smallest()};
}

Measurements load_measurements(MeasurementsSpec& spec, const Graph& graph,
                               const PublishedTables* published, const ScenarioSource& source,
                               ProfileCache& profiles, Checker& checker) {
  const ProfileLibrary& library = profiles.library();
  Measurements measurements{.accuracy_file = spec.accuracy_from,
                            .names_payload = spec.payload.present,
                            .payload_file = spec.payload.from,
                            .count_frame = spec.payload.count_frame,
                            .encode_power_w = spec.payload.encode_power_w,
                            .in_turn = spec.payload.order == "in-turn"};
  const std::string accuracies =
      find_measurements("accuracy_from", spec.accuracy_from, source, library, checker);
  if (!accuracies.empty()) {
    measurements.accuracies = profiles.accuracies(accuracies, graph);
  }
  load_limit(spec, published, measurements, checker);
  const std::string payloads =
      find_measurements("payload.from", spec.payload.from, source, library, checker);
  if (!payloads.empty()) measurements.payloads = profiles.payloads(payloads, graph);
  return measurements;
}

void use_measurements(const std::vector<Partition>& partitions, const std::string& path,
                      Measurements& measurements, Checker& checker) {
  Acceptance acceptance{measurements, path, checker};
  for (const Partition& partition : partitions) {
    acceptance.look_at(partition);
    if (const auto accuracy = measurements.accuracy_of(partition)) {
      note_extent(*accuracy, measurements.extent);
    }
  }
  acceptance.tell_missing();
}

}  // namespace papilio
