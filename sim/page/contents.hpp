#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/page/thin.hpp"

namespace papilio {

/// Of the files that people read and of manifests; those above are refused rather than shown in
/// part.
inline constexpr std::size_t kMostPageFileBytes = std::size_t{64} << 20U;

/// A file of CSV as texts.
/// @throws ConfigError if it cannot be read, is empty, or a row has another number of cells
PageTable read_page_table(const std::filesystem::path& file);

/// What a page is made of, as it is gathered of a folder.
class PageContents {
 public:
  explicit PageContents(std::filesystem::path folder);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  /// The table NAME.csv as it stands in the folder, up to 8000 rows; none if there is no such file.
  void add(const std::string& name);
  /// A file that people read. One that is longer than 1 MiB is cut there.
  void add_text(const std::string& key, const std::string& name);
  /// A file that is one JSON object.
  /// @param problem what the error says where it is none: "is no manifest of …; …"
  /// @throws ConfigError if it is none
  void add_object(const std::string& key, const std::string& name, std::string_view problem);

  void set(const std::string& key, nlohmann::ordered_json value);
  void set_table(const std::string& name, PageTable table);
  /// What the page says of how it was made.
  void note(std::string text);

  nlohmann::ordered_json take();

 private:
  std::filesystem::path folder_;
  nlohmann::ordered_json contents_;
  std::vector<std::string> notes_;
};

}  // namespace papilio
