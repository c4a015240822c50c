#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace papilio {

/// Finds data files by kind and name in a list of folders, each laid out as `profiles/` is:
/// `devices/NAME.yaml`, `radios/NAME.yaml`, `layers/DEVICE/MODEL.yaml`, `models/NAME.yaml`,
/// `published/NAME/…`, and `measurements/…` and `traces/…`, whose files scenarios name by their
/// paths. The first folder that has the name wins, so a user's folder comes before the shipped one.
class ProfileLibrary {
 public:
  /// @param folders in order of precedence
  /// @throws ConfigError if a folder does not exist or holds none of the subfolders above
  explicit ProfileLibrary(std::vector<std::filesystem::path> folders);

  /// What is wrong with a folder of profiles, or an empty string.
  static std::string problem_with(const std::filesystem::path& folder);

  /// The names of one kind ("devices", "radios", "layers", "models", "published"), sorted, each
  /// once.
  [[nodiscard]] std::vector<std::string> names(std::string_view kind) const;

  /// The file (for "published": the folder) of one name, or an empty path.
  [[nodiscard]] std::filesystem::path find(std::string_view kind, std::string_view name) const;

  /// As `find`.
  /// @throws ConfigError naming the nearest known name
  [[nodiscard]] std::filesystem::path path_by_name(std::string_view kind,
                                                   std::string_view name) const;

  /// The one of `folders()` in which `find` finds a name, or an empty path.
  [[nodiscard]] std::filesystem::path folder_of(std::string_view kind, std::string_view name) const;

  [[nodiscard]] const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  std::vector<std::filesystem::path> folders_;
};

/// The profiles that come with Papilio.
std::filesystem::path shipped_profiles();

/// Where `new`, `predict`, `import` and `profile` write what they make, relative to the working
/// folder.
constexpr const char* kOwnProfiles = "results/profiles";

/// The whole path of `kOwnProfiles` in the working folder; empty where that is no folder of
/// profiles.
std::filesystem::path working_profiles();

/// The folders in which every program looks for profiles: those that somebody named, the shipped
/// one, and at last the working folder's, so that no folder which merely lies there changes what a
/// name of the shipped ones means. None stands there twice: a later one that is an earlier one by
/// another path is left out.
std::vector<std::filesystem::path> profile_folders(std::vector<std::filesystem::path> named);

/// Those of `profile_folders` that must be named so that the same is found from any working folder:
/// the named ones, and where the working folder's is among them and has something that one of the
/// texts means, all, in their order.
/// @param folders of `profile_folders`
/// @param named   how many of them somebody named
/// @param texts   whatever may be a name of a thing in them
std::vector<std::filesystem::path> lasting_folders(std::vector<std::filesystem::path> folders,
                                                   std::size_t named,
                                                   const std::set<std::string>& texts);

/// What the texts mean that lies in the working folder's profiles and in the shipped ones too, of
/// which the shipped one is taken: a sentence for each, in a fixed order, with the remedy.
std::vector<std::string> shadowed_profiles(const std::vector<std::filesystem::path>& folders,
                                           const std::set<std::string>& texts);

/// The folder of data that do not come with Papilio (docs/models/traces.md): `$PAPILIO_DATA`, else
/// `../shared/data` beside the sources, or of an installation `papilio` of `$XDG_DATA_HOME`
/// (~/.local/share). It need not exist.
std::filesystem::path data_folder();

}  // namespace papilio
