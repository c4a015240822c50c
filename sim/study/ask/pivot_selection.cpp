#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <map>
#include <set>
#include <utility>

#include "sim/base/suggest.hpp"
#include "sim/study/ask/pivot_parts.hpp"

namespace papilio {
namespace {

/// A value of the dimension that the best is chosen of.
struct Option {
  double sum{0};
  std::size_t count{0};
  bool admitted{true};

  [[nodiscard]] double average() const { return sum / static_cast<double>(count); }
};

}  // namespace

void keep_chosen(Facts& facts, const PivotSpec& spec) {
  for (const auto& [name, values] : spec.where) {
    const std::size_t at = facts.position(name);
    std::set<Label> labels;
    for (const Fact& fact : facts.all) labels.insert(fact.dimensions[at]);
    std::set<std::string> known;
    for (const Label label : labels) known.insert(facts.labels.text(label));
    std::set<Label> wanted;
    // A value may hold commas itself: ["3g","4g"].
    const std::string whole = fmt::format("{}", fmt::join(values, ","));
    const std::vector<std::string> meant =
        known.count(whole) > 0 ? std::vector<std::string>{whole} : values;
    for (const std::string& value : meant) {
      bool found = false;
      for (const Label label : labels) {
        if (!is_same_label(facts.labels.text(label), value)) continue;
        wanted.insert(label);
        found = true;
      }
      if (found) continue;
      fail_table(fmt::format("--where: no {} is '{}'{}", name, value,
                             suggestion(value, {known.begin(), known.end()})));
    }
    std::erase_if(facts.all,
                  [&](const Fact& fact) { return wanted.count(fact.dimensions[at]) == 0; });
  }
}

std::vector<std::string> merge_equals(Facts& facts, const PivotSpec& spec,
                                      const PivotLayout& layout) {
  std::set<std::size_t> placed{layout.replicate};
  for (const auto* some : {&layout.rows, &layout.cols, &layout.groups})
    placed.insert(some->begin(), some->end());
  if (layout.best) placed.insert(*layout.best);
  const std::vector<std::size_t> over = facts.positions(spec.over);
  placed.insert(over.begin(), over.end());
  std::map<Key, std::size_t> first;
  const std::vector<std::size_t> key{placed.begin(), placed.end()};
  std::vector<Fact> kept;
  std::set<std::size_t> merged;
  for (Fact& fact : facts.all) {
    const auto [it, is_new] = first.try_emplace(key_of(fact, key), kept.size());
    if (is_new) {
      kept.push_back(std::move(fact));
      continue;
    }
    const Fact& other = kept[it->second];
    std::vector<std::size_t> differ;
    for (std::size_t i = 0; i < facts.names.size(); ++i) {
      if (fact.dimensions[i] != other.dimensions[i]) differ.push_back(i);
    }
    if (other.value == fact.value && (!layout.best || other.admitted == fact.admitted)) {
      merged.insert(differ.begin(), differ.end());
      continue;
    }
    const std::string name = differ.empty() ? "nothing named" : facts.names[differ.front()];
    fail_table(fmt::format(
        "values that differ in {0} would share a cell; add it to --rows, --cols or --group, "
        "{1}choose with --where {0}=…{2}",
        name, layout.best ? "or " : "",
        layout.best ? "" : fmt::format(", or average with --over {}", name)));
  }
  facts.all = std::move(kept);
  std::vector<std::string> names;
  names.reserve(merged.size());
  for (const std::size_t i : merged) names.push_back(facts.names[i]);
  return names;
}

bool keep_best(Facts& facts, const PivotLayout& layout, bool greatest) {
  bool limited = false;
  std::map<Key, std::map<Label, Option>> cells;
  const auto cell = [&](const Fact& fact) {
    Key key = key_of(fact, layout.groups);
    for (const auto* more : {&layout.rows, &layout.cols}) {
      const Key part = key_of(fact, *more);
      key.insert(key.end(), part.begin(), part.end());
    }
    return key;
  };
  for (const Fact& fact : facts.all) {
    Option& option = cells[cell(fact)][fact.dimensions[*layout.best]];
    option.sum += fact.value;
    option.count += 1;
    option.admitted = option.admitted && fact.admitted.value_or(true);
    limited = limited || fact.admitted.has_value();
  }
  const double sign = greatest ? -1 : 1;
  std::map<Key, std::optional<Label>> winners;
  for (const auto& [key, options] : cells) {
    std::optional<Label>& winner = winners[key];
    for (const auto& [label, option] : options) {
      if (!option.admitted) continue;
      if (!winner || sign * option.average() < sign * options.at(*winner).average()) {
        winner = label;
      }
    }
  }
  const Label none = facts.labels.of("none");
  std::set<Key> told;
  std::vector<Fact> kept;
  for (Fact& fact : facts.all) {
    const Key key = cell(fact);
    const std::optional<Label> winner = winners.at(key);
    if (!winner && told.insert(key).second) {
      fact.dimensions[*layout.best] = none;
      fact.value = std::numeric_limits<double>::quiet_NaN();
      kept.push_back(std::move(fact));
    } else if (winner == std::optional{fact.dimensions[*layout.best]}) {
      kept.push_back(std::move(fact));
    }
  }
  facts.all = std::move(kept);
  return limited;
}

}  // namespace papilio
