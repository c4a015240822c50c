#include "sim/app/dimension_options.hpp"

#include <fmt/format.h>

#include <boost/algorithm/string/split.hpp>

#include "sim/base/error.hpp"

namespace papilio {
namespace po = boost::program_options;

std::vector<std::string> words_of(const CommandLine& line, const std::string& option) {
  std::vector<std::string> words;
  if (!line.has(option)) return words;
  boost::split(words, line.get<std::string>(option), [](char c) { return c == ','; });
  std::erase(words, "");
  return words;
}

void add_choices(CommandLine& line) {
  line.add_options()("where", po::value<std::vector<std::string>>()->value_name("NAME=VALUE,..."),
                     "keep these values of a dimension; may be given again");
  line.add_options()("over", po::value<std::string>()->value_name("NAME,..."),
                     "dimensions that may be averaged over");
}

std::vector<std::pair<std::string, std::vector<std::string>>> choices_of(const CommandLine& line,
                                                                         const std::string& verb) {
  std::vector<std::pair<std::string, std::vector<std::string>>> choices;
  for (const std::string& text : line.all("where")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw ConfigError{
          fmt::format("papilio {0}: error: --where '{1}': expected NAME=VALUE,…; see 'papilio {0} "
                      "--help'",
                      verb, text)};
    }
    std::vector<std::string> values;
    const std::string listed = text.substr(equals + 1);
    boost::split(values, listed, [](char c) { return c == ','; });
    choices.emplace_back(text.substr(0, equals), values);
  }
  return choices;
}

}  // namespace papilio
