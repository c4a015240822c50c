#include "sim/base/data/library.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <utility>

#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// What a folder of profiles may hold. Measurements and traces are found by their paths, the others
/// by name.
constexpr std::array<std::string_view, 7> kKinds{"devices",   "radios",       "layers", "models",
                                                 "published", "measurements", "traces"};

std::string_view singular(std::string_view kind) {
  if (kind == "devices") return "device";
  if (kind == "radios") return "radio";
  if (kind == "layers") return "layer profile";
  if (kind == "models") return "model";
  return "published set";
}

void add_yaml_names(const fs::path& folder, const std::string& prefix,
                    std::set<std::string>& names) {
  if (!fs::is_directory(folder)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".yaml") names.insert(prefix + entry.path().stem().string());
  }
}

/// The names of one kind in one folder of profiles.
std::set<std::string> names_in(const fs::path& root, std::string_view kind) {
  std::set<std::string> names;
  const fs::path folder = root / kind;
  if (kind == "devices" || kind == "radios" || kind == "models") {
    add_yaml_names(folder, "", names);
  } else if (fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
      if (!entry.is_directory()) continue;
      const std::string name = entry.path().filename().string();
      if (kind == "published") {
        names.insert(name);
      } else {
        add_yaml_names(entry.path(), name + "/", names);
      }
    }
  }
  return names;
}

}  // namespace

ProfileLibrary::ProfileLibrary(std::vector<fs::path> folders) : folders_{std::move(folders)} {
  for (const fs::path& folder : folders_) {
    if (const std::string problem = problem_with(folder); !problem.empty()) {
      throw ConfigError{fmt::format("{}: error: {}", folder.string(), problem)};
    }
  }
}

std::string ProfileLibrary::problem_with(const fs::path& folder) {
  if (!fs::is_directory(folder)) return "not a folder of profiles; check the path";
  if (std::none_of(kKinds.begin(), kKinds.end(),
                   [&](std::string_view kind) { return fs::is_directory(folder / kind); })) {
    return fmt::format("holds no profiles; expected a subfolder, one of: {}",
                       fmt::join(kKinds, ", "));
  }
  return {};
}

std::vector<std::string> ProfileLibrary::names(std::string_view kind) const {
  std::set<std::string> names;
  for (const fs::path& folder : folders_) names.merge(names_in(folder, kind));
  return {names.begin(), names.end()};
}

fs::path ProfileLibrary::folder_of(std::string_view kind, std::string_view name) const {
  // Names come from files too. They are looked up among those that exist, never made into paths.
  const auto it = std::find_if(folders_.begin(), folders_.end(), [&](const fs::path& folder) {
    return names_in(folder, kind).contains(std::string{name});
  });
  return it == folders_.end() ? fs::path{} : *it;
}

fs::path ProfileLibrary::find(std::string_view kind, std::string_view name) const {
  const fs::path folder = folder_of(kind, name);
  if (folder.empty()) return {};
  return folder / kind / (kind == "published" ? std::string{name} : fmt::format("{}.yaml", name));
}

fs::path ProfileLibrary::path_by_name(std::string_view kind, std::string_view name) const {
  fs::path path = find(kind, name);
  if (path.empty()) {
    throw ConfigError{fmt::format("papilio: error: unknown {} '{}'{}", singular(kind), name,
                                  suggestion(name, names(kind)))};
  }
  return path;
}

fs::path shipped_profiles() {
  return shipped_folder() / "profiles";
}

fs::path data_folder() {
  const char* own = std::getenv("PAPILIO_DATA");
  if (own != nullptr && *own != '\0') return own;
  if (!is_installed()) return (shipped_folder() / "../shared/data").lexically_normal();
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data != '\0') return fs::path{data} / "papilio";
  const char* home = std::getenv("HOME");
  return fs::path{home == nullptr ? "/" : home} / ".local/share/papilio";
}

}  // namespace papilio
