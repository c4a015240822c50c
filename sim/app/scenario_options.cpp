#include "sim/app/scenario_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace po = boost::program_options;

void add_scenario_options(CommandLine& line) {
  line.add_positional("file", -1);
  line.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY.PATH=VALUE"),
                     "replace a value of the file; may be given again");
  line.add_options()("profiles", po::value<std::vector<std::string>>()->value_name("DIR"),
                     "folder of your own profiles, searched first; may be given again");
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
