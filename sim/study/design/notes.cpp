#include "sim/study/design/notes.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/report/layer_times.hpp"
#include "sim/study/design/kind.hpp"

namespace papilio {
namespace {

constexpr std::size_t kMostPlaces = 64;

/// Whether an axis is one of numbers, whose ends tell what lies between.
bool is_numeric(const Axis& axis) {
  return std::all_of(axis.columns.begin(), axis.columns.end(), [](const AxisColumn& column) {
    return column.number(0) && column.number(column.size() - 1);
  });
}

/// The position of an axis's greatest or least value, by its first column.
std::size_t end_of(const Axis& axis, bool greatest) {
  constexpr std::size_t kMostLooked = 100'000;
  const AxisColumn& column = axis.columns.front();
  std::size_t best = 0;
  for (std::size_t i = 1; i < std::min(column.size(), kMostLooked); ++i) {
    const double value = column.number(i).value_or(0);
    const double before = column.number(best).value_or(0);
    if (greatest ? value > before : value < before) best = i;
  }
  return best;
}

std::vector<Place> places_of(const Study& study) {
  std::vector<Place> places;
  for (const bool greatest : {true, false}) {
    Place ends = study.place(0);
    for (std::size_t a = 0; a < study.axes.size(); ++a) {
      if (is_numeric(study.axes[a])) ends.values[a] = end_of(study.axes[a], greatest);
    }
    places.push_back(ends);
    for (std::size_t a = 0; a < study.axes.size(); ++a) {
      if (is_numeric(study.axes[a])) continue;
      for (std::size_t i = 1; i < study.axes[a].size && places.size() < kMostPlaces; ++i) {
        places.push_back(ends);
        places.back().values[a] = i;
      }
    }
  }
  return places;
}

/// Gathers what points have to say.
class Notes {
 public:
  void add(const Assumptions& found, const std::set<TableOrigin>& tables) {
    tables_.insert(tables.begin(), tables.end());
    opaque_.insert(found.opaque.begin(), found.opaque.end());
    for (const std::string& text : found.extrapolated) {
      if (std::find(extrapolated_.begin(), extrapolated_.end(), text) == extrapolated_.end()) {
        extrapolated_.push_back(text);
      }
    }
    for (const std::string& text : found.calibrated) {
      if (std::find(calibrated_.begin(), calibrated_.end(), text) == calibrated_.end()) {
        calibrated_.push_back(text);
      }
    }
    if (std::exchange(begun_, true)) {
      std::erase_if(assumed_, [&](const std::string& text) {
        return std::find(found.assumed.begin(), found.assumed.end(), text) == found.assumed.end();
      });
    } else {
      assumed_ = found.assumed;
    }
  }

  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    if (!tables_.empty()) texts.push_back(layer_times_text(tables_));
    const Assumptions all{.opaque = {opaque_.begin(), opaque_.end()},
                          .assumed = assumed_,
                          .extrapolated = extrapolated_,
                          .calibrated = calibrated_};
    for (std::string& text : texts_of(all)) texts.push_back(std::move(text));
    return texts;
  }

 private:
  std::set<TableOrigin> tables_;
  std::set<std::string> opaque_;
  std::vector<std::string> assumed_;
  std::vector<std::string> extrapolated_;
  std::vector<std::string> calibrated_;
  bool begun_{false};
};

}  // namespace

std::vector<std::string> study_notes(const Study& study) {
  ProfileCaches caches;
  Notes notes;
  for (const Place& place : places_of(study)) {
    if (study.excluded(place)) continue;
    const Node root = study.scenario(place, [](const AxisColumn&) { return false; });
    try {
      const PointFacts facts = study.kind->facts(root, study.source, caches);
      notes.add(facts.assumptions, facts.tables);
    } catch (const ConfigError&) {
      continue;  // a point that fails tells why in its own place
    }
  }
  return notes.texts();
}

}  // namespace papilio
