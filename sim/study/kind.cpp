#include "sim/study/kind.hpp"

#include <algorithm>
#include <array>

#include "sim/base/error.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {

// Defined beside what they are about.
const StudyKind& cells_kind();
const StudyKind& fleet_kind();

const StudyKind& study_kind_of(const Node& base) {
  return is_fleet(base) ? fleet_kind() : cells_kind();
}

const StudyKind& study_kind(std::string_view name) {
  const std::array kinds{&cells_kind(), &fleet_kind()};
  const auto* const found = std::find_if(
      kinds.begin(), kinds.end(), [&](const StudyKind* kind) { return kind->name() == name; });
  PAPILIO_CHECK(found != kinds.end());
  return **found;
}

}  // namespace papilio
