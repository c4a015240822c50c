#include "sim/app/scenario_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"
#include "sim/base/yaml/node.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace {

/// Every text of a file, and of the base of a study: what may be a name.
/// @throws ConfigError as `read_scenario`
std::set<std::string> texts_of(const ScenarioSource& source) {
  std::set<std::string> texts;
  const Node root = read_scenario(source);
  gather_texts(root, texts);
  const Node::Entry* base = root.find("base");
  if (base != nullptr && base->value.kind == Node::Kind::kScalar) {
    const std::filesystem::path file =
        std::filesystem::path{source.file}.parent_path() / base->value.scalar;
    if (std::filesystem::is_regular_file(file)) gather_texts(load_yaml(file.string()), texts);
  }
  return texts;
}

}  // namespace

void add_scenario_options(CommandLine& line) {
  line.add_positional("file", -1);
  line.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY.PATH=VALUE"),
                     "replace a value of the file; may be given again");
  line.add_options()("profiles", po::value<std::vector<std::string>>()->value_name("DIR"),
                     "folder of your own profiles, searched before the shipped ones and "
                     "results/profiles; may be given again");
}

ScenarioSource source_of(const CommandLine& line, const std::string& verb) {
  const std::vector<std::string> files = line.all("file");
  if (files.size() != 1) {
    throw ConfigError{
        fmt::format("papilio {}: error: expected one file, got {}; see "
                    "'papilio {} --help'",
                    verb, files.size(), verb)};
  }
  ScenarioSource source{.file = own_or_shipped(files[0]).string(), .overrides = line.all("set")};
  for (const std::string& folder : line.all("profiles")) source.profiles.emplace_back(folder);
  if (!working_profiles().empty()) {
    tell_shadowed(ProfileLibrary{profile_folders(source.profiles)}, texts_of(source));
  }
  return source;
}

void add_jobs_option(CommandLine& line) {
  line.add_options()("jobs,j", po::value<int>()->default_value(1)->value_name("N"),
                     "worker processes, 0 for one a core; the results do not depend on it");
}

int jobs_of(const CommandLine& line, const std::string& verb) {
  const int jobs = line.get<int>("jobs");
  constexpr int kMostJobs = 1024;
  if (jobs < 0 || jobs > kMostJobs) {
    throw ConfigError{fmt::format("papilio {}: error: --jobs must be 0 to {}, where 0 is all cores",
                                  verb, kMostJobs)};
  }
  if (jobs > 0) return jobs;
  return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace papilio
