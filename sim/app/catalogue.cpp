#include "sim/app/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

std::string usage_of(const std::string& verb,
                     const std::vector<std::pair<std::string, std::string>>& actions) {
  std::string usage = fmt::format("{} [list | show NAME", verb);
  for (const auto& [action, text] : actions) usage += " | " + text;
  return usage + "] [options]";
}

}  // namespace

CatalogueLine::CatalogueLine(const std::string& verb, const std::string& about,
                             const std::string& example,
                             const std::vector<std::pair<std::string, std::string>>& actions)
    : verb_{verb},
      actions_{"list", "show"},
      line_{usage_of(verb, actions),
            about,
            {fmt::format("papilio {} list", verb), fmt::format("papilio {} show {}", verb, example),
             fmt::format("papilio {} show {} --format json", verb, example)}} {
  for (const auto& [action, usage] : actions) actions_.push_back(action);
  line_.add_options()("format", po::value<std::string>()->default_value("md")->value_name("FORMAT"),
                      "md, csv (the first table), json or latex");
  line_.add_positional("words", -1);
}

bool CatalogueLine::parse(const Words& words) {
  if (!line_.parse(words)) return false;
  check_format(format());
  const std::vector<std::string> given = line_.all("words");
  action_ = given.empty() ? "list" : given[0];
  if (std::find(actions_.begin(), actions_.end(), action_) == actions_.end()) {
    throw ConfigError{fmt::format("papilio {}: error: unknown action '{}'{}", verb_, action_,
                                  suggestion(action_, actions_))};
  }
  const std::size_t expected = action_ == "list" ? 1 : 2;
  if (given.size() > expected) {
    throw ConfigError{fmt::format("papilio {}: error: unexpected '{}' after '{}'", verb_,
                                  given[expected], given[expected - 1])};
  }
  if (action_ != "list" && given.size() < expected) {
    throw ConfigError{fmt::format("papilio {}: error: {} which one? see 'papilio {} list'", verb_,
                                  action_, verb_)};
  }
  if (given.size() == 2) name_ = given[1];
  return true;
}

void add_profiles_option(CommandLine& line) {
  line.add_options()("profiles", po::value<std::vector<std::string>>()->value_name("DIR"),
                     "folder of your own profiles, searched before the shipped ones; may be given "
                     "again");
}

ProfileLibrary library_of(const CommandLine& line) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& folder : line.all("profiles")) folders.emplace_back(folder);
  folders.push_back(shipped_profiles());
  return ProfileLibrary{std::move(folders)};
}

std::vector<std::string> citations(const std::vector<Provenance>& provenances,
                                   const Bibliography& bibliography) {
  std::vector<std::string> texts;
  for (const Provenance& provenance : provenances) {
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
      .columns = {{"constant"}, {"value", true}, {"kind", true}, {"source", true}, {"at", true}}};
  std::vector<Provenance> provenances;
  for (const auto& [key, constant] : constants) {
    const Provenance& provenance = constant.provenance;
    table.rows.push_back({key, constant.value ? fmt::to_string(*constant.value) : constant.text,
                          provenance.kind, provenance.source, provenance.at});
    provenances.push_back(provenance);
  }
  section.table = std::move(table);
  section.remarks = citations(provenances, bibliography);
  return section;
}

}  // namespace papilio
