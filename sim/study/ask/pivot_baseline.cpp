#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/base/suggest.hpp"
#include "sim/study/ask/pivot_parts.hpp"

namespace papilio {
namespace {

/// Whether a dimension says how the network is cut: what cloud-only is compared across.
bool tells_partitions(const Facts& facts, const StoredStudy& study, std::size_t dimension) {
  static const std::vector<std::string> kOfPartitions{"strategy", "cut",   "channels",
                                                      "bits",     "codec", kPartition};
  const std::string& name = facts.names[dimension];
  if (dimension < study.keys.size()) return study.keys[dimension].starts_with("strategies");
  return std::find(kOfPartitions.begin(), kOfPartitions.end(), name) != kOfPartitions.end();
}

/// The dimensions in which a value and its baseline are the same.
std::vector<std::size_t> common_dimensions(const Facts& facts, const StoredStudy& study) {
  std::vector<std::size_t> common;
  for (std::size_t i = 0; i < facts.names.size(); ++i) {
    if (!tells_partitions(facts, study, i)) common.push_back(i);
  }
  return common;
}

/// Whether a dimension's values were chosen, and this is none of them.
bool is_left_out(const Facts& facts, const PivotSpec& spec, const Fact& fact, const char* name) {
  const auto it = std::find_if(spec.where.begin(), spec.where.end(),
                               [&](const auto& one) { return one.first == name; });
  const std::optional<std::size_t> at = facts.find(name);
  return it != spec.where.end() && at &&
         std::none_of(it->second.begin(), it->second.end(), [&](const std::string& value) {
           return is_same_label(facts.text(fact, *at), value);
         });
}

}  // namespace

PivotBaseline::PivotBaseline(const Facts& facts, const StoredStudy& study, const PivotSpec& spec)
    : spec_{spec}, common_{common_dimensions(facts, study)} {
  std::set<std::string> known;
  for (const Fact& fact : facts.all) {
    bool is_base = false;
    for (const char* name : {"strategy", kPartition}) {
      const std::optional<std::size_t> at = facts.find(name);
      if (!at) continue;
      known.insert(facts.text(fact, *at));
      is_base = is_base || facts.text(fact, *at) == spec.relative_to;
    }
    if (!is_base || is_left_out(facts, spec, fact, "bits") ||
        is_left_out(facts, spec, fact, "codec"))
      continue;
    bases_[key_of(fact, common_)].push_back(fact);
  }
  if (bases_.empty()) {
    fail_table(fmt::format("--relative-to: no strategy or partition '{}'{}", spec.relative_to,
                           suggestion(spec.relative_to, {known.begin(), known.end()})));
  }
}

void PivotBaseline::compare(Facts& facts) const {
  std::vector<Fact> ratios;
  for (Fact& fact : facts.all) {
    const auto it = bases_.find(key_of(fact, common_));
    if (it == bases_.end()) continue;
    fact.value = base_of(facts, fact, it->second).value / fact.value;
    ratios.push_back(std::move(fact));
  }
  facts.all = std::move(ratios);
}

const Fact& PivotBaseline::base_of(const Facts& facts, const Fact& fact,
                                   const std::vector<Fact>& bases) const {
  std::vector<const Fact*> left;
  left.reserve(bases.size());
  for (const Fact& base : bases) left.push_back(&base);
  for (const char* name : {"bits", "codec"}) {
    const std::optional<std::size_t> at = facts.find(name);
    if (!at) continue;
    std::vector<const Fact*> alike;
    for (const Fact* base : left) {
      if (base->dimensions[*at] == fact.dimensions[*at]) alike.push_back(base);
    }
    if (!alike.empty()) left = std::move(alike);
  }
  const auto other = std::find_if(left.begin(), left.end(), [&](const Fact* base) {
    return base->value != left.front()->value;
  });
  if (other == left.end()) return *left.front();
  std::vector<std::string> differ;
  for (std::size_t i = 0; i < facts.names.size(); ++i) {
    if ((*other)->dimensions[i] != left.front()->dimensions[i]) differ.push_back(facts.names[i]);
  }
  fail_table(fmt::format(
      "--relative-to '{}' means several that differ in {}; choose with --where, or name a cut",
      spec_.relative_to, fmt::join(differ, ", ")));
}

}  // namespace papilio
