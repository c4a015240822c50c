#include "sim/study/store/kinds.hpp"

#include <algorithm>
#include <array>

#include "sim/base/error.hpp"

namespace papilio {

const StoredKind& stored_kind(std::string_view name) {
  static constexpr std::array kKinds{&kCellsKind, &kFleetKind};
  const auto* const found = std::find_if(
      kKinds.begin(), kKinds.end(), [&](const StoredKind* kind) { return kind->name == name; });
  PAPILIO_CHECK(found != kKinds.end());
  return **found;
}

}  // namespace papilio
