#include "sim/report/layer_times.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace papilio {

std::string layer_times_text(const std::set<TableOrigin>& tables) {
  if (tables.empty()) return {};
  std::vector<std::string> origins;
  std::string notes;
  for (const TableOrigin& origin : tables) {
    origins.push_back(fmt::format("{} ({}{}{})", origin.table, to_string(origin.provenance),
                                  origin.uncertainty.empty() ? "" : "; ", origin.uncertainty));
    if (!origin.note.empty()) notes += fmt::format(" {}: {}", origin.table, origin.note);
  }
  return fmt::format("Layer times: {}.{}", fmt::join(origins, "; "), notes);
}

}  // namespace papilio
