#include "sim/study/design/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::array<const char*, 4> kNamedKinds{"devices", "radios", "models", "published"};
constexpr const char* kLayers = "layers";
constexpr const char* kBeside = "beside";
constexpr std::array<const char*, 3> kDataKinds{kBeside, "traces", "measurements"};

std::string contents(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// Of a file, its contents' hash; of a folder, that of its files.
std::string hash_text(const fs::path& path) {
  if (!fs::is_directory(path)) return to_text(hash_of(contents(path)));
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator{path}) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Digest digest;
  for (const fs::path& file : files) {
    digest.add(file.filename().string()).add(contents(file));
  }
  return to_text(digest.hash());
}

}  // namespace

SourceHasher::SourceHasher(std::vector<fs::path> folders, fs::path beside)
    : library_{std::move(folders)}, beside_{std::move(beside)} {}

fs::path SourceHasher::find(const std::string& kind, const std::string& name) const {
  const fs::path relative{name};
  if (relative.empty() || relative.is_absolute()) return fs::is_regular_file(name) ? relative : "";
  std::vector<fs::path> places;
  if (kind == kBeside) {
    places.push_back(beside_);
  } else if (std::find(kDataKinds.begin(), kDataKinds.end(), kind) != kDataKinds.end()) {
    for (const fs::path& folder : library_.folders()) places.push_back(folder / kind);
    places.push_back(data_folder() / kind);
  } else {
    return library_.find(kind, name);
  }
  std::error_code ignored;
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place / relative, ignored)) return place / relative;
  }
  return {};
}

const std::string& SourceHasher::of(const std::string& kind, const std::string& name) {
  const auto [it, is_new] = known_.try_emplace({kind, name});
  if (is_new) {
    if (const fs::path file = find(kind, name); !file.empty()) it->second = hash_text(file);
  }
  return it->second;
}

Hash SourceHasher::hash(const std::set<std::string>& texts) {
  Digest digest;
  const auto add = [&](const std::string& kind, const std::string& name) {
    const std::string& content = of(kind, name);
    if (!content.empty()) digest.add(kind).add(name).add(content);
  };
  for (const std::string& text : texts) {
    for (const char* kind : kNamedKinds) add(kind, text);
    for (const char* kind : kDataKinds) add(kind, text);
  }
  // A layer table is named by a device and a network that stand anywhere in the scenario.
  for (const std::string& device : texts) {
    if (of("devices", device).empty()) continue;
    for (const std::string& model : texts) add(kLayers, fmt::format("{}/{}", device, model));
  }
  return digest.hash();
}

}  // namespace papilio
