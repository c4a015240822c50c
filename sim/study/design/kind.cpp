#include "sim/study/design/kind.hpp"

#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/scenario.hpp"

namespace papilio {
namespace {

class CellsStudyKind final : public StudyKind {
 public:
  [[nodiscard]] const StoredKind& stored() const override { return kCellsKind; }
  [[nodiscard]] std::string method_text(const std::string& method) const override { return method; }
  void check(const StudySpec& spec,
             const std::function<void(const char*, const char*)>& error) const override {
    if (spec.replicates > 1) {
      error("replicates",
            "nothing in a scenario of cells is random, so replicates would be equal; remove the "
            "key, or take a fleet");
    }
    if (spec.records) {
      error("records", "a cell is one request, which its summary tells whole; remove the key");
    }
  }
  [[nodiscard]] PointFacts facts(const Node& root, const ScenarioSource& source,
                                 ProfileCaches& caches) const override {
    const Scenario scenario = load_scenario(root, source, caches);
    return {scenario.spec.profiles, assumptions_of(scenario), scenario.tables()};
  }
};

class FleetStudyKind final : public StudyKind {
 public:
  [[nodiscard]] const StoredKind& stored() const override { return kFleetKind; }
  [[nodiscard]] std::string method_text(const std::string& /*method*/) const override {
    return "simulation of a fleet";
  }
  void check(const StudySpec& spec,
             const std::function<void(const char*, const char*)>& error) const override {
    if (spec.method != "simulation") {
      error("method", "a fleet has no closed form; remove the key");
    }
  }
  [[nodiscard]] PointFacts facts(const Node& root, const ScenarioSource& source,
                                 ProfileCaches& caches) const override {
    const FleetScenario fleet = load_fleet(root, source, caches);
    return {fleet.spec.profiles, assumptions_of(fleet), fleet.tables};
  }
};

}  // namespace

const StudyKind& study_kind_of(const Node& base) {
  static const CellsStudyKind kCells;
  static const FleetStudyKind kFleet;
  if (is_fleet(base)) return kFleet;
  return kCells;
}

}  // namespace papilio
