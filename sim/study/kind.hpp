#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/profiles/layer_profile.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/study/evaluate.hpp"
#include "sim/study/study.hpp"

namespace papilio {

/// What a point of a study says before anything is computed.
struct PointFacts {
  std::vector<std::string> profiles;  ///< folders of profiles that its scenario names
  Assumptions assumptions;
  std::set<TableOrigin> tables;  ///< layer tables that its results rest on
};

/// What the points of a study are. Whatever differs between scenarios of cells and fleets is asked
/// of this object.
class StudyKind {
 public:
  StudyKind() = default;
  virtual ~StudyKind() = default;
  StudyKind(const StudyKind&) = delete;
  StudyKind& operator=(const StudyKind&) = delete;

  /// As databases have it.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Where the points' rows go.
  [[nodiscard]] virtual ResultTable results() const = 0;
  /// The dimension whose values are the lines of a plot, where the user names none.
  [[nodiscard]] virtual std::string lines() const = 0;
  /// How its points are computed, in words.
  /// @param method the study's
  [[nodiscard]] virtual std::string method_text(const std::string& method) const = 0;
  /// Calls `error` with each key of the study that means nothing here, and why.
  virtual void check(
      const StudySpec& spec,
      const std::function<void(const char* key, const char* message)>& error) const = 0;
  /// Reads and checks a point's scenario.
  /// @throws ConfigError with every error found
  [[nodiscard]] virtual PointFacts facts(const Node& root, const ScenarioSource& source,
                                         ProfileCaches& caches) const = 0;
  /// @param study outlives the evaluator
  [[nodiscard]] virtual std::unique_ptr<Evaluator> evaluator(const Study& study) const = 0;
};

/// The kind of study that a base makes.
const StudyKind& study_kind_of(const Node& base);
/// The kind of this name, which a database has checked.
const StudyKind& study_kind(std::string_view name);

}  // namespace papilio
