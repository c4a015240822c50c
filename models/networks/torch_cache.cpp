#include "models/networks/torch_cache.hpp"

#include <algorithm>
#include <cstdlib>

namespace papilio {
namespace {

namespace fs = std::filesystem;

/// The folder that a variable of the environment names; empty: it is not set.
fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path{} : fs::path{value};
}

}  // namespace

fs::path torch_checkpoints() {
  fs::path home = from_environment("TORCH_HOME");
  if (home.empty()) {
    fs::path cache = from_environment("XDG_CACHE_HOME");
    if (cache.empty()) cache = from_environment("HOME") / ".cache";
    home = cache / "torch";
  }
  return home / "hub" / "checkpoints";
}

std::vector<fs::path> torch_weights(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
    if (entry.path().extension() == ".pth" && entry.is_regular_file(error)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace papilio
