#include "sim/base/cli/profiles_option.hpp"

#include <utility>

namespace papilio {
namespace po = boost::program_options;

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

}  // namespace papilio
