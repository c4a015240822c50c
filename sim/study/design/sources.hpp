#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/data/library.hpp"
#include "sim/base/yaml/node.hpp"
#include "sim/study/store/digest.hpp"

namespace papilio {

/// Hashes the contents of the files that a scenario names: what a point's numbers follow from, but
/// for the scenario itself. A text counts as a name where a file of that name exists among the
/// profiles, beside the scenario, or in the data folder; so a changed layer table is a changed
/// point, and an unrelated one is not.
class SourceHasher {
 public:
  /// @param folders of profiles, in order of precedence
  /// @param beside  the scenario's folder
  SourceHasher(std::vector<std::filesystem::path> folders, std::filesystem::path beside);

  Hash hash(const std::set<std::string>& texts);

 private:
  using Key = std::pair<std::string, std::string>;  // a kind, and a name
  /// The hash of the contents, as text; empty where there is no such file.
  const std::string& of(const std::string& kind, const std::string& name);
  [[nodiscard]] std::filesystem::path find(const std::string& kind, const std::string& name) const;

  ProfileLibrary library_;
  std::filesystem::path beside_;
  std::map<Key, std::string> known_;
};

}  // namespace papilio
