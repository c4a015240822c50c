#include "models/dataset/folder_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "models/dataset/bytes.hpp"
#include "models/dataset/labels_file.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// The names in a folder that `is_wanted` keeps, sorted; hidden ones are not there.
template <class Wanted>
std::vector<std::string> names_in(const fs::path& folder, Wanted is_wanted) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry{folder, failed}, end; !failed && entry != end;
       entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && is_wanted(*entry)) names.push_back(std::move(name));
  }
  if (failed) refuse_file(folder, fmt::format("cannot be listed ({})", failed.message()));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> folders_in(const fs::path& folder) {
  return names_in(folder, [](const fs::directory_entry& entry) { return entry.is_directory(); });
}

bool is_picture(const fs::directory_entry& entry) {
  std::string end = entry.path().extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return (end == ".jpg" || end == ".jpeg" || end == ".png" || end == ".webp") &&
         entry.is_regular_file();
}

std::vector<std::string> read_classes(const fs::path& path) {
  constexpr std::string_view kByteOrderMark{"\xEF\xBB\xBF"};
  constexpr std::size_t kMost = std::size_t{16} << 20U;
  std::istringstream file{read_file(path.string(), kMost)};
  std::vector<std::string> classes;
  std::set<std::string> seen;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (classes.empty() && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    // A blank line within would move every label after it.
    if (line.empty() || !seen.insert(line).second) {
      throw ConfigError{fmt::format("{}:{}: error: {}", path.string(), classes.size() + 1,
                                    line.empty() ? "a blank line instead of a class"
                                                 : fmt::format("class '{}' again", line))};
    }
    classes.push_back(std::move(line));
  }
  return classes;
}

class FolderDataset final : public Dataset {
 public:
  /// @param folder of the dataset, with the list of classes
  /// @param split  the folder of its pictures
  FolderDataset(const fs::path& folder, fs::path split, std::string title)
      : folder_{std::move(split)}, title_{std::move(title)} {
    if (!fs::is_directory(folder_))
      refuse_file(folder_, "no such folder; a dataset has train and test or val");
    const fs::path list = folder / "classes.txt";
    const bool listed = fs::exists(list);
    const fs::path train = folder / "train";
    const bool flat = folders_in(folder_).empty();
    if (listed) {
      classes_ = read_classes(list);
    } else if (fs::is_directory(train)) {
      classes_ = folders_in(train);
    } else if (!flat) {
      classes_ = folders_in(folder_);
    }
    if (flat) {
      add_flat();
    } else {
      add_classes(listed ? list : train);
    }
    if (pictures_.empty()) refuse_file(folder_, "no picture in CLASS/*.jpg, .png or .webp");
  }

  [[nodiscard]] const std::string& title() const override { return title_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] std::size_t size() const override { return pictures_.size(); }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return static_cast<std::int64_t>(pictures_.at(index).label);
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    const Picture& picture = pictures_.at(index);
    return picture.folder + picture.name;
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    return read_image(folder_ / name(index));
  }
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> file(std::size_t index) const override {
    return read_bytes(folder_ / name(index));
  }

 private:
  struct Picture {
    std::size_t label;
    std::string folder;  // with its slash, or none
    std::string name;
  };

  /// Pictures in folders of their classes.
  /// @param known says which classes there are
  void add_classes(const fs::path& known) {
    const std::set<std::string> names{classes_.begin(), classes_.end()};
    for (const std::string& name : folders_in(folder_)) {
      if (names.count(name) > 0) continue;
      refuse_file(folder_ / name, fmt::format("class '{}' is not in {}{}", name, known.string(),
                                              suggestion(name, classes_)));
    }
    for (std::size_t label = 0; label < classes_.size(); ++label) {
      const fs::path of_class = folder_ / classes_[label];
      if (!fs::is_directory(of_class)) continue;
      for (std::string& name : names_in(of_class, is_picture)) {
        pictures_.push_back({label, classes_[label] + "/", std::move(name)});
      }
    }
  }

  /// Pictures without class folders, beside a file of labels.
  void add_flat() {
    const std::vector<std::string> names = names_in(folder_, is_picture);
    if (names.empty()) return;
    const std::optional<fs::path> file = find_labels_file(folder_);
    if (!file) {
      refuse_file(
          folder_,
          "pictures without class folders, and no labels: expected labels.txt, FOLDER.txt, "
          "LOC_val_solution.csv or ILSVRC2012_validation_ground_truth.txt in it or beside it");
    }
    PictureLabels labels = read_labels(*file, names, classes_);
    classes_ = std::move(labels.classes);
    for (std::size_t i = 0; i < names.size(); ++i) {
      pictures_.push_back({static_cast<std::size_t>(labels.of_pictures[i]), "", names[i]});
    }
  }

  fs::path folder_;  // of the split
  std::string title_;
  std::vector<std::string> classes_;
  std::vector<Picture> pictures_;
};

/// The folder of a split. Tests are in "test"; or in "val", where there is no "test" or one without
/// labels, as ImageNet's.
fs::path folder_of(const fs::path& folder, Split split) {
  if (split == Split::kTrain) return folder / "train";
  fs::path test = folder / "test";
  const fs::path val = folder / "val";
  if (!fs::is_directory(val)) return test;
  const bool labelled =
      fs::is_directory(test) && (!folders_in(test).empty() || find_labels_file(test));
  return labelled ? test : val;
}

}  // namespace

std::unique_ptr<const Dataset> open_folder(const fs::path& folder, Split split,
                                           const std::string& title) {
  return std::make_unique<FolderDataset>(folder, folder_of(folder, split), title);
}

std::unique_ptr<const Dataset> open_flat_folder(const fs::path& folder, const std::string& title) {
  return std::make_unique<FolderDataset>(folder, folder, title);
}

}  // namespace papilio
