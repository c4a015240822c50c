#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/source.hpp"
#include "sim/study/design/axes.hpp"
#include "sim/study/design/spec.hpp"
#include "sim/study/store/digest.hpp"

namespace papilio {

/// Raised by whoever changes what a scenario's numbers come out as, or which columns results have:
/// results of another version are computed anew, and not taken over without the new column.
inline constexpr std::int64_t kModelVersion = 7;

/// A test of one axis's value.
struct AxisTest {
  std::size_t axis{0};
  std::size_t column{0};
  std::vector<std::string> one_of;  ///< as JSON text; empty: no such test
  std::vector<double> numbers;      ///< those of `one_of` that are numbers
  bool negated{false};              ///< of `one_of`
  std::optional<double> below;
  std::optional<double> at_most;
  std::optional<double> above;
  std::optional<double> at_least;

  [[nodiscard]] bool holds(const AxisColumn& values, std::size_t i) const;
};
/// A point is left out where all tests of one list hold.
using Exclusion = std::vector<AxisTest>;

/// Where a point lies in the grid.
struct Place {
  std::vector<std::size_t> values;  ///< `[axes]`: positions along each
  std::int64_t replicate{0};
};

class StudyKind;

/// A study that has been checked.
struct Study {
  StudySpec spec;
  std::string file;       ///< as it was named
  ScenarioSource source;  ///< of the base
  Node base;              ///< read, with what the study sets
  const StudyKind* kind{nullptr};
  std::vector<Axis> axes;
  std::vector<Exclusion> exclusions;
  std::uint64_t size{0};  ///< points before exclusions, replicates counted
  /// Folders of profiles that the base searches, those that come with Papilio included.
  std::vector<std::filesystem::path> folders;
  /// Those to be given as --profiles so that the study finds the same from any working folder.
  std::vector<std::filesystem::path> lasting;
  Hash digest{};  ///< of what its points follow from

  /// @param number below `size`; the last axis moves fastest but for the replicates
  [[nodiscard]] Place place(std::uint64_t number) const;
  /// Moves a place on to the next number's.
  void advance(Place& place) const;
  [[nodiscard]] bool excluded(const Place& place) const;
  /// How many points are not excluded.
  [[nodiscard]] std::uint64_t count() const;
  /// The seed of a replicate; with one replicate, none: the base has its own.
  [[nodiscard]] std::optional<std::int64_t> seed(std::int64_t replicate) const;
  /// What the axes say at a place, as a JSON object of their columns' names.
  [[nodiscard]] std::string json(const Place& place) const;
  /// The names of all columns, in order.
  [[nodiscard]] std::vector<std::string> column_names() const;
  /// The base with the values of a place, but for the columns that `left_out` accepts.
  template <class LeftOut>
  [[nodiscard]] Node scenario(const Place& place, const LeftOut& left_out) const {
    Node root = base;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      for (const AxisColumn& column : axes[a].columns) {
        if (left_out(column)) continue;
        set_value(root, column.key(), column.value(place.values[a]), column.where());
      }
    }
    return root;
  }
};

/// Loads and checks a study: its own keys, its base with what it sets, its axes, and its first
/// point as a scenario. Starts no work and writes nothing.
/// @throws ConfigError with every error found
Study load_study(const ScenarioSource& source);

/// The study with all defaults and overrides in it, as YAML.
std::string effective_yaml(const Study& study);

}  // namespace papilio
