#include "sim/app/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/networks/network_file.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

std::string usage_of(const std::string& verb, const std::vector<CatalogueLine::Action>& actions) {
  std::string usage = fmt::format("{} [list | show NAME", verb);
  for (const CatalogueLine::Action& action : actions) usage += " | " + action.usage;
  return usage + "] [options]";
}

}  // namespace

CatalogueLine::CatalogueLine(const std::string& verb, const std::string& about,
                             const std::string& example, const std::vector<Action>& actions)
    : verb_{verb},
      actions_{{"list", "list", 0}, {"show", "show NAME", 1}},
      line_{usage_of(verb, actions),
            about,
            {fmt::format("papilio {} list", verb), fmt::format("papilio {} show {}", verb, example),
             fmt::format("papilio {} show {} --format json", verb, example)}} {
  actions_.insert(actions_.end(), actions.begin(), actions.end());
  line_.add_format_option("md, csv (the first table), json, latex or html");
  line_.add_positional("words", -1);
}

bool CatalogueLine::parse(const Words& words) {
  if (!line_.parse(words)) return false;
  check_format(format());
  const std::vector<std::string> given = line_.all("words");
  action_ = given.empty() ? "list" : given[0];
  const auto action = std::find_if(actions_.begin(), actions_.end(),
                                   [&](const Action& known) { return known.name == action_; });
  if (action == actions_.end()) {
    std::vector<std::string> known;
    for (const Action& each : actions_) known.push_back(each.name);
    throw ConfigError{fmt::format("papilio {}: error: unknown action '{}'{}", verb_, action_,
                                  suggestion(action_, known))};
  }
  const std::size_t expected = 1 + action->names;
  if (given.size() > expected) {
    throw ConfigError{fmt::format("papilio {}: error: unexpected '{}' after '{}'", verb_,
                                  given[expected], given[expected - 1])};
  }
  if (!given.empty() && given.size() < expected) {
    throw ConfigError{fmt::format("papilio {}: error: {} which {}? see 'papilio {} list'", verb_,
                                  action_, action->names == 1 ? "one" : "ones", verb_)};
  }
  if (!given.empty()) names_.assign(given.begin() + 1, given.end());
  return true;
}

Graph model_by_name(const ProfileLibrary& library, const std::string& name) {
  std::optional<Graph> graph = find_network(library, name);
  if (!graph) {
    throw ConfigError{fmt::format("papilio: error: unknown model '{}'{}", name,
                                  suggestion(name, network_names(library)))};
  }
  return std::move(*graph);
}

std::vector<std::string> citations(const std::vector<Provenance>& provenances,
                                   const Bibliography& bibliography) {
  std::vector<std::string> texts;
  for (const Provenance& provenance : provenances) {
    if (provenance.source.empty()) continue;  // assumed
    const std::string text =
        fmt::format("{}: {}", provenance.source, bibliography.citation(provenance.source));
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  }
  return texts;
}

Section constants_section(const std::vector<std::pair<std::string, Sourced>>& constants,
                          const Bibliography& bibliography) {
  Section section{.title = "Constants"};
  Table table{
      .columns = {
          {"constant", true}, {"value", true}, {"kind", true}, {"source", true}, {"at", true}}};
  constexpr int kDigits = 10;
  std::vector<Provenance> provenances;
  for (const auto& [key, constant] : constants) {
    const Provenance& provenance = constant.provenance;
    table.rows.push_back({key,
                          constant.value ? significant(*constant.value, kDigits) : constant.text,
                          provenance.kind, provenance.source, provenance.at});
    provenances.push_back(provenance);
  }
  section.table = std::move(table);
  section.remarks = citations(provenances, bibliography);
  return section;
}

}  // namespace papilio
