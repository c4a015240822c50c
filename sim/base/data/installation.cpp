#include "sim/base/data/installation.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace papilio {
namespace fs = std::filesystem;
namespace {

bool holds_profiles(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "profiles", ignored);
}

/// The file that holds this code: a library, such as a module of Python's, or the program. Of the
/// program dladdr knows the name alone that it was called by.
fs::path own_file() {
  Dl_info info{};
  std::error_code ignored;
  if (::dladdr(reinterpret_cast<const void*>(&own_file), &info) != 0) {
    const fs::path object{info.dli_fname};
    if (object.extension() == ".so") return fs::canonical(object, ignored);
  }
  return fs::read_symlink("/proc/self/exe", ignored);
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  static_cast<void>(rest);
  return end == folder.end();
}

fs::path share_of_prefix(const fs::path& own) {
  fs::path folder = own;
  while (folder.has_relative_path()) {
    folder = folder.parent_path();
    if (fs::path share = folder / "share/papilio"; holds_profiles(share)) return share;
  }
  return {};
}

fs::path share_of_system() {
  const char* set = std::getenv("XDG_DATA_DIRS");
  const std::string_view folders =
      set == nullptr || *set == '\0' ? "/usr/local/share:/usr/share" : set;
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    fs::path share = fs::path{folders.substr(begin, end - begin)} / "papilio";
    if (share.is_absolute() && holds_profiles(share)) return share;
    begin = end + 1;
  }
  return {};
}

fs::path find_shipped_folder() {
  fs::path sources{PAPILIO_SOURCE_DIR};
  const fs::path own = own_file();
  std::error_code ignored;
  const fs::path build = fs::weakly_canonical(PAPILIO_BINARY_DIR, ignored);
  fs::path share = share_of_prefix(own);
  // A program in its build folder, unless it was installed into a folder there.
  if (lies_in(own, build) && !lies_in(share, build)) return sources;
  if (!share.empty()) return share;
  if (holds_profiles(sources)) return sources;
  share = share_of_system();
  return share.empty() ? sources : share;
}

fs::path& named_folder() {
  static fs::path folder;
  return folder;
}

}  // namespace

const fs::path& shipped_folder() {
  static const fs::path kFound = find_shipped_folder();
  const fs::path& named = named_folder();
  return named.empty() ? kFound : named;
}

void use_shipped_folder(const fs::path& folder) {
  named_folder() = folder;
}

bool is_installed() {
  return shipped_folder() != fs::path{PAPILIO_SOURCE_DIR};
}

fs::path shipped_module(const std::string& file) {
  if (!is_installed()) return fs::path{PAPILIO_BINARY_DIR} / file;
  return shipped_folder().parent_path().parent_path() / "lib/papilio" / file;
}

fs::path own_or_shipped(const fs::path& file) {
  std::error_code ignored;
  if (file.is_absolute() || file.empty() || fs::exists(file, ignored)) return file;
  fs::path shipped = shipped_folder() / file;
  return fs::is_regular_file(shipped, ignored) ? shipped : file;
}

}  // namespace papilio
