#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/profiles/layer_profile.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"
#include "sim/study/design/spec.hpp"
#include "sim/study/store/kinds.hpp"

namespace papilio {

/// What a point of a study says before anything is computed.
struct PointFacts {
  std::vector<std::string> profiles;  ///< folders of profiles that its scenario names
  Assumptions assumptions;
  std::set<TableOrigin> tables;  ///< layer tables that its results rest on
};

/// What the points of a study are. Where designs of scenarios of cells and of fleets differ, this
/// object is asked; how points are computed is up to an `Evaluator`.
class StudyKind {
 public:
  StudyKind() = default;
  virtual ~StudyKind() = default;
  StudyKind(const StudyKind&) = delete;
  StudyKind& operator=(const StudyKind&) = delete;

  [[nodiscard]] virtual const StoredKind& stored() const = 0;
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
};

/// The kind of study that a base makes.
const StudyKind& study_kind_of(const Node& base);

}  // namespace papilio
