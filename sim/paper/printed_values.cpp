#include "sim/paper/printed_values.hpp"

#include <string>

namespace papilio {
namespace {

/// Whether a row sends what was printed. One whose payload was coded does not: the paper codes
/// nothing.
bool sends(const SummaryCsv& summary, std::size_t row, Bytes offload) {
  const std::string codec = summary.has("codec") ? summary.text(row, "codec") : "";
  return (codec.empty() || codec == "raw") &&
         summary.number(row, "payload_bytes") == offload.value();
}

}  // namespace

std::vector<PrintedValue> printed_values(const PublishedTables& published,
                                         const SummaryCsv& summary) {
  std::vector<PrintedValue> values;
  for (const std::size_t row : summary.rows()) {
    const std::string& strategy = summary.text(row, "strategy");
    const std::string& network = summary.text(row, "network");
    const std::string& partition = summary.text(row, "partition");
    if (strategy == "butterfly") {
      const PublishedTables::Split* split = published.find_split(network, summary.text(row, "cut"));
      if (split == nullptr || !sends(summary, row, split->offload) ||
          summary.number(row, "channels") != static_cast<double>(split->channels)) {
        continue;
      }
      values.push_back({network, partition, split->latency.value(), split->energy.value()});
    } else if (summary.text(row, "cut").empty()) {
      const PublishedTables::Strategy* whole = published.find_strategy(strategy, network);
      if (whole == nullptr || !sends(summary, row, whole->offload)) continue;
      values.push_back({network, partition, whole->latency.value(), whole->energy.value()});
    }
  }
  return values;
}

}  // namespace papilio
