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

/// Of these, what is found by name.
constexpr std::array<std::string_view, 5> kNamedKinds{"devices", "radios", "layers", "models",
                                                      "published"};

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

/// Whether one of the texts may mean a thing of this name. A layer table is named by a device and a
/// network, which stand anywhere.
bool means(const std::set<std::string>& texts, std::string_view kind, const std::string& name) {
  if (texts.contains(name)) return true;
  const std::size_t slash = name.find('/');
  return kind == "layers" && slash != std::string::npos && texts.contains(name.substr(0, slash)) &&
         texts.contains(name.substr(slash + 1));
}

/// Whether a folder of profiles has something that one of the texts may mean.
bool has_any(const fs::path& folder, const std::set<std::string>& texts) {
  for (const std::string_view kind : kNamedKinds) {
    for (const std::string& name : names_in(folder, kind)) {
      // Tables at other lengths of a network's sequences stand for the one that is asked for.
      const bool another_length =
          kind == "layers" && texts.contains(name.substr(0, name.find('/'))) &&
          std::any_of(texts.begin(), texts.end(), [&, slash = name.find('/')](const auto& text) {
            return text.substr(0, text.find('@')) ==
                   name.substr(slash + 1, name.find('@') - slash - 1);
          });
      if (another_length || means(texts, kind, name)) return true;
    }
  }
  std::error_code error;
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    return fs::path{text}.is_relative() && !text.empty() &&
           (fs::is_regular_file(folder / "traces" / text, error) ||
            fs::is_regular_file(folder / "measurements" / text, error));
  });
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

fs::path working_profiles() {
  std::error_code error;
  const fs::path folder = fs::absolute(kOwnProfiles, error);
  if (error || !fs::is_directory(folder, error)) return {};
  return ProfileLibrary::problem_with(folder).empty() ? folder : fs::path{};
}

std::vector<fs::path> profile_folders(std::vector<fs::path> named) {
  const auto add = [&](const fs::path& folder) {
    const bool is_there = std::any_of(named.begin(), named.end(), [&](const fs::path& one) {
      std::error_code error;
      return fs::equivalent(one, folder, error);
    });
    if (!is_there) named.push_back(folder);
  };
  add(shipped_profiles());
  if (const fs::path working = working_profiles(); !working.empty()) add(working);
  return named;
}

std::vector<fs::path> lasting_folders(std::vector<fs::path> folders, std::size_t named,
                                      const std::set<std::string>& texts) {
  PAPILIO_CHECK(named <= folders.size());
  // Behind the named ones stand the shipped one, where it is not among them, and the working one.
  const bool needed = std::any_of(folders.begin() + static_cast<std::ptrdiff_t>(named),
                                  folders.end(), [&](const fs::path& folder) {
                                    return folder != shipped_profiles() && has_any(folder, texts);
                                  });
  if (!needed) folders.resize(named);
  return folders;
}

std::vector<std::string> shadowed_profiles(const std::vector<fs::path>& folders,
                                           const std::set<std::string>& texts) {
  std::vector<std::string> told;
  const fs::path working = working_profiles();
  if (working.empty()) return told;
  const ProfileLibrary library{folders};
  for (const std::string_view kind : kNamedKinds) {
    for (const std::string& name : names_in(working, kind)) {
      if (!means(texts, kind, name) || library.folder_of(kind, name) != shipped_profiles())
        continue;
      told.push_back(fmt::format(
          "the {} '{}' comes with Papilio and lies in {} too: the one that comes with Papilio is "
          "taken; rename yours, or give --profiles {}",
          singular(kind), name, kOwnProfiles, kOwnProfiles));
    }
  }
  return told;
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
