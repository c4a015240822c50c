#include "models/app/verbs/options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace po = boost::program_options;

VerbOptions::VerbOptions(CommandLine& line, std::string verb)
    : line_{line}, verb_{std::move(verb)} {}

void VerbOptions::text(const char* name, const std::string& initial, const char* value,
                       const char* about) {
  auto* option = po::value<std::string>()->value_name(value);
  // Without an initial value, help shows no empty one.
  if (initial.empty()) {
    option->default_value(initial, "");
  } else {
    option->default_value(initial);
  }
  line_.add_options()(name, option, about);
}

void VerbOptions::whole(const char* name, std::int64_t initial, const char* about) {
  line_.add_options()(name, po::value<std::int64_t>()->default_value(initial)->value_name("N"),
                      about);
}

void VerbOptions::real(const char* name, double initial, const char* shown, const char* about) {
  line_.add_options()(name, po::value<double>()->default_value(initial, shown)->value_name("X"),
                      about);
}

std::string VerbOptions::text_of(const std::string& name) const {
  return line_.get<std::string>(name);
}

std::string VerbOptions::needed(const std::string& name) const {
  std::string value = text_of(name);
  if (value.empty()) fail(fmt::format("--{} is missing", name));
  return value;
}

std::int64_t VerbOptions::whole_of(const std::string& name, std::int64_t least,
                                   std::int64_t most) const {
  const auto value = line_.get<std::int64_t>(name);
  if (value < least || value > most) {
    fail(fmt::format("--{} must be {} to {}, not {}", name, least, most, value));
  }
  return value;
}

double VerbOptions::real_of(const std::string& name, double least, double most) const {
  const auto value = line_.get<double>(name);
  if (!(value >= least && value <= most)) {
    fail(fmt::format("--{} must be {} to {}, not {}", name, least, most, value));
  }
  return value;
}

std::vector<std::string> VerbOptions::words_of(const std::string& name) const {
  std::vector<std::string> words;
  std::istringstream stream{text_of(name)};
  for (std::string word; std::getline(stream, word, ',');) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::vector<std::int64_t> VerbOptions::numbers_of(const std::string& name, std::int64_t least,
                                                  Order order) const {
  std::vector<std::int64_t> numbers;
  for (const std::string& word : words_of(name)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || number < least) {
      fail(fmt::format("--{} must be whole numbers from {}, as 1,2,4, not '{}'", name, least,
                       text_of(name)));
    }
    if (order == Order::kAscending && !numbers.empty() && number <= numbers.back()) {
      fail(fmt::format("--{} must ascend, as 1,2,4, not '{}'", name, text_of(name)));
    }
    numbers.push_back(number);
  }
  if (numbers.empty()) fail(fmt::format("--{} is empty", name));
  return numbers;
}

void VerbOptions::fail(const std::string& what) const {
  throw ConfigError{
      fmt::format("papilio {}: error: {}; see 'papilio {} --help'", verb_, what, verb_)};
}

void add_strict_option(CommandLine& line) {
  line.add_options()("strict",
                     "end with an error at a picture that cannot be read; else it is left out, "
                     "counted and named");
}

}  // namespace papilio
