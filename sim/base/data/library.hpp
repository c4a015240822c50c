#pragma once

#include <filesystem>
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

/// The folder of data that do not come with Papilio (docs/models/traces.md): `$PAPILIO_DATA`, else
/// `../shared/data` beside the sources, or of an installation `papilio` of `$XDG_DATA_HOME`
/// (~/.local/share). It need not exist.
std::filesystem::path data_folder();

}  // namespace papilio
