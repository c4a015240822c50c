#include "sim/report/layer_times.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string>
#include <vector>

namespace papilio {

std::string layer_times_text(const std::set<TableOrigin>& tables) {
  if (tables.empty()) return {};
  std::vector<std::string> origins;
  std::map<std::string, std::vector<std::string>> notes;  // tables by what is noted of them
  for (const TableOrigin& origin : tables) {
    origins.push_back(fmt::format("{} ({}{}{})", origin.table, to_string(origin.provenance),
                                  origin.uncertainty.empty() ? "" : "; ", origin.uncertainty));
    if (!origin.note.empty()) notes[origin.note].push_back(origin.table);
  }
  std::string text = fmt::format("Layer times: {}.", fmt::join(origins, "; "));
  for (const auto& [note, of] : notes) text += fmt::format(" {}: {}", fmt::join(of, ", "), note);
  return text;
}

}  // namespace papilio
