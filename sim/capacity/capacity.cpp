#include "sim/capacity/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/scenario/fleet_scenario.hpp"

namespace papilio {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw ConfigError{"papilio capacity: error: " + why};
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    parts.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  parts.push_back(path.substr(begin));
  return parts;
}

std::optional<std::size_t> index_of(const std::string& part) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
  return index;
}

/// A part of a path taken, of a document and of the schema that describes it; null where it does
/// not.
struct PathStep {
  const Node* node;
  const nlohmann::json* schema;
};

/// What a schema says of a key, be it in one of several variants; null: nothing.
const nlohmann::json* property_of(const nlohmann::json* schema, const std::string& key) {
  if (schema == nullptr) return nullptr;
  if (const auto found = schema->find("properties"); found != schema->end()) {
    const auto property = found->find(key);
    if (property != found->end()) return &*property;
  }
  if (const auto variants = schema->find("oneOf"); variants != schema->end()) {
    for (const nlohmann::json& variant : *variants) {
      if (const nlohmann::json* property = property_of(&variant, key)) return property;
    }
  }
  return nullptr;
}

/// What a path leads to, where a document has it.
/// @throws ConfigError naming what stands there instead
PathStep step_into(const std::string& key, const PathStep& from, const std::string& part) {
  if (from.node->kind == Node::Kind::kSequence) {
    const std::optional<std::size_t> index = index_of(part);
    if (!index || *index >= from.node->items.size()) {
      refuse(fmt::format("--for {}: '{}' stands in a list of {}, whose items are numbered from 0",
                         key, part, from.node->items.size()));
    }
    const bool has = from.schema != nullptr && from.schema->contains("items");
    return {&from.node->items[*index], has ? &(*from.schema)["items"] : nullptr};
  }
  const Node::Entry* entry = from.node->find(part);
  if (entry == nullptr) {
    std::vector<std::string> known;
    known.reserve(from.node->entries.size());
    for (const Node::Entry& one : from.node->entries) known.push_back(one.key);
    refuse(
        fmt::format("--for {}: there is no '{}'{}; 'papilio run' writes every key of a fleet to "
                    "scenario.effective.yaml",
                    key, part, suggestion(part, known)));
  }
  return {&entry->value, property_of(from.schema, part)};
}

/// What a description says of a number.
/// @throws ConfigError if an end that was asked for is none of its values
AxisRange range_of(const nlohmann::json* schema, const CapacityQuestion& question) {
  AxisRange range{.least = -std::numeric_limits<double>::infinity(),
                  .most = std::numeric_limits<double>::infinity()};
  if (schema == nullptr) return range;
  range.whole = schema->value("type", "") == "integer";
  range.least = schema->value("minimum", range.least);
  range.most = schema->value("maximum", range.most);
  const double above = schema->value("exclusiveMinimum", range.least);
  const bool excluded = schema->contains("exclusiveMinimum");
  for (const std::optional<double>& end : {question.from, question.to}) {
    if (!end) continue;
    if (!std::isfinite(*end) || *end < range.least || *end > range.most ||
        (excluded && *end <= above)) {
      refuse(fmt::format("{} is {} {} to {}, where --from or --to says {}", question.key,
                         excluded ? "above" : "from", above, range.most, *end));
    }
  }
  return range;
}

/// How far a trial is from keeping all conditions: of the one that is farthest.
Strain strain_of(const CapacityQuestion& question, const CapacityTrial& trial) {
  Strain strain{.value = -std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < question.conditions.size(); ++i) {
    const Strain one = question.conditions[i].strain(trial.measured[i]);
    if (std::isnan(one.value)) return one;
    if (one.value > strain.value) strain = one;
  }
  return strain;
}

/// How long the fleet's requests arrive, unless that is what is searched for.
std::optional<FleetSpan> span_of(const Node& root, const std::string& key) {
  const auto number = [&](const char* name) -> std::optional<double> {
    const Node::Entry* entry = root.find(name);
    return entry == nullptr ? std::nullopt : entry->value.number();
  };
  const std::optional<double> duration_s = number("duration_s");
  if (!duration_s || key == "duration_s" || key == "warm_up_s") return std::nullopt;
  return FleetSpan{.duration_s = *duration_s, .warm_up_s = number("warm_up_s").value_or(0)};
}

bool asks_about(const CapacityQuestion& question, const std::string& strategy) {
  return question.strategies.empty() ||
         std::find(question.strategies.begin(), question.strategies.end(), strategy) !=
             question.strategies.end();
}

std::string text_in(const Table& rows, const Table::Row& row, const char* column) {
  const std::optional<std::size_t> place = place_of(rows, column);
  PAPILIO_CHECK(place.has_value());
  return row[*place].text();
}

/// What a column of the rows holds, each text once.
std::vector<std::string> texts_in(const Table& rows, const char* column) {
  std::vector<std::string> texts;
  for (const Table::Row& row : rows.rows) {
    std::string text = text_in(rows, row, column);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

void check_known(const char* option, const std::string& wanted,
                 const std::vector<std::string>& known) {
  if (wanted.empty() || std::find(known.begin(), known.end(), wanted) != known.end()) return;
  refuse(
      fmt::format("--{}: the results have no '{}'{}", option, wanted, suggestion(wanted, known)));
}

/// The row of a strategy that is judged: of the group and window that were asked for, or its first,
/// which is of all.
const Table::Row& row_of(const CapacityQuestion& question, const Table& rows,
                         const std::string& strategy) {
  for (const Table::Row& row : rows.rows) {
    if (text_in(rows, row, "strategy") != strategy) continue;
    if (!question.mobiles.empty() && text_in(rows, row, "mobiles") != question.mobiles) continue;
    if (!question.window.empty() && text_in(rows, row, "window") != question.window) continue;
    return row;
  }
  refuse(fmt::format("the results have no row of {} with mobiles '{}' and window '{}'", strategy,
                     question.mobiles, question.window));
}

}  // namespace

CapacityAxis capacity_axis(const CapacityQuestion& question, const std::string& effective) {
  const Node root = parse_yaml(effective, "the fleet with every default");
  const nlohmann::json schema = nlohmann::json::parse(fleet_schema());
  PathStep at{&root, &schema};
  for (const std::string& part : parts_of(question.key)) at = step_into(question.key, at, part);
  const std::optional<double> value = at.node->number();
  if (!value) refuse(fmt::format("--for {}: what stands there is no number", question.key));
  CapacityAxis axis{.range = range_of(at.schema, question), .start = *value};
  AxisRange& range = axis.range;
  range.precision = question.precision;
  if (*value == 0 && !(question.from && question.to)) {
    refuse(fmt::format("{} is 0 there, of which no search can start; give --from and --to",
                       question.key));
  }
  // Nobody asked for a fleet a million times as large.
  constexpr double kFarthest = 1024;
  const double most = std::min(range.most, *value * kFarthest);
  const double least =
      range.whole ? std::max(range.least, 1.0) : std::max(range.least, *value / kFarthest);
  range.open_most = !question.to && most < range.most;
  range.open_least = !question.from && !range.whole && least > range.least;
  range.most = question.to.value_or(std::max(most, question.from.value_or(most)));
  range.least = question.from.value_or(std::min(least, range.most));
  if (range.whole) {
    range.least = std::ceil(range.least);
    range.most = std::floor(range.most);
  }
  if (range.least > range.most) {
    refuse(fmt::format("there is no value of {} from --from {} to --to {}", question.key,
                       question.from.value_or(range.least), question.to.value_or(range.most)));
  }
  axis.start = std::clamp(*value, range.least, range.most);
  axis.span = span_of(root, question.key);
  return axis;
}

CapacityAnswer capacity_of(const CapacityQuestion& question, const CapacityAxis& axis,
                           const FleetRun& run, const TrialWatch& watch) {
  PAPILIO_CHECK(!question.conditions.empty());
  const Table first = run(axis.start, "");
  for (const Condition& condition : question.conditions) condition.check(first);
  const std::vector<std::string> strategies = texts_in(first, "strategy");
  for (const std::string& wanted : question.strategies) {
    check_known("strategy", wanted, strategies);
  }
  check_known("mobiles", question.mobiles, texts_in(first, "mobiles"));
  check_known("window", question.window, texts_in(first, "window"));
  CapacityAnswer answer{.axis = axis, .strategies = {}, .runs = 1};
  for (const std::string& strategy : strategies) {
    if (!asks_about(question, strategy)) continue;
    StrategyCapacity found{.strategy = strategy};
    const auto judge = [&](double value) {
      const bool is_first = value == axis.start;
      const Table played = is_first ? Table{} : run(value, strategy);
      if (!is_first) ++answer.runs;
      const Table& rows = is_first ? first : played;
      const Table::Row& row = row_of(question, rows, strategy);
      CapacityTrial trial{.verdict = Verdict::kKeeps};
      for (const Condition& condition : question.conditions) {
        trial.measured.push_back(condition.judge(rows, row));
        trial.verdict = std::max(trial.verdict, trial.measured.back().verdict);
      }
      const CapacityTrial& kept = found.trials.emplace(value, std::move(trial)).first->second;
      if (watch) watch(strategy, value, kept);
      return kept.verdict;
    };
    Verdicts verdicts;
    found.edge = find_edge(judge, axis.start, axis.range, verdicts, [&](double value) {
      return strain_of(question, found.trials.at(value));
    });
    answer.strategies.push_back(std::move(found));
  }
  return answer;
}

}  // namespace papilio
