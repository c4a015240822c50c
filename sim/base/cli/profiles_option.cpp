#include "sim/base/cli/profiles_option.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/base/cli/streams.hpp"

namespace papilio {
namespace po = boost::program_options;

void add_profiles_option(CommandLine& line) {
  line.add_options()("profiles", po::value<std::vector<std::string>>()->value_name("DIR"),
                     "folder of your own profiles, searched before the shipped ones and "
                     "results/profiles; may be given again");
}

ProfileLibrary library_of(const CommandLine& line) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& folder : line.all("profiles")) folders.emplace_back(folder);
  ProfileLibrary library{profile_folders(std::move(folders))};
  tell_shadowed(library, line.texts());
  return library;
}

void tell_shadowed(const ProfileLibrary& library, const std::set<std::string>& texts) {
  for (const std::string& one : shadowed_profiles(library.folders(), texts)) {
    tell(fmt::format("papilio: note: {}\n", one));
  }
}

}  // namespace papilio
