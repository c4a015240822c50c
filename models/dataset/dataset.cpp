#include "models/dataset/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/dataset/synthetic.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/data/library.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;

/// A dataset of the data folder.
struct Known {
  const char* name;
  const char* folder;  ///< below the data folder
  const char* title;
  const char* summary;
};
constexpr std::array<Known, 2> kKnown{
    {{"cifar10-jpeg", "images/cifar10_jpeg", "CIFAR-10, JPEG q75",
      "10 classes, 32x32; 10,000 and 2,000 pictures of CIFAR-10, re-encoded as JPEG of quality 75 "
      "(cite Krizhevsky 2009)"},
     {"caltech101", "images/caltech101", "Caltech-101",
      "101 classes, not balanced; 4,000 and 1,974 photographs (CC BY 4.0; cite Fei-Fei, Fergus and "
      "Perona 2004)"}}};

const char* folder_of(Split split) {
  return split == Split::kTrain ? "train" : "test";
}

/// Names in a folder, sorted.
std::vector<std::string> names_in(const fs::path& folder, bool folders) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    if (entry.is_directory() == folders) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// `train/CLASS/PICTURE` and `test/CLASS/PICTURE`.
class FolderDataset : public Dataset {
 public:
  FolderDataset(const fs::path& folder, Split split, std::string title)
      : root_{folder / folder_of(split)}, title_{std::move(title)} {
    const std::vector<std::string> folders = names_in(root_, /*folders=*/true);
    read_classes(folder, folders);
    for (const std::string& name : folders) {
      const auto it = std::find(classes_.begin(), classes_.end(), name);
      if (it == classes_.end()) {
        throw ConfigError{fmt::format("{}: error: the class '{}' is not in {}; add it there",
                                      root_.string(), name, (folder / "classes.txt").string())};
      }
      const auto label = static_cast<std::int64_t>(it - classes_.begin());
      for (const std::string& file : names_in(root_ / name, /*folders=*/false)) {
        if (is_picture(file)) pictures_.push_back({label, name + "/" + file});
      }
    }
    if (pictures_.empty()) {
      throw ConfigError{
          fmt::format("{}: error: holds no pictures; expected {}/CLASS/PICTURE.jpg (or .png)",
                      folder.string(), folder_of(split))};
    }
  }

  [[nodiscard]] const std::string& title() const override { return title_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] std::size_t size() const override { return pictures_.size(); }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return pictures_.at(index).label;
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return pictures_.at(index).name;
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    return read_image(root_ / pictures_.at(index).name);
  }

 private:
  struct Picture {
    std::int64_t label;
    std::string name;
  };

  static bool is_picture(const std::string& file) {
    std::string extension = fs::path{file}.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
  }

  void read_classes(const fs::path& folder, const std::vector<std::string>& folders) {
    std::ifstream file{folder / "classes.txt"};
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) classes_.push_back(line);
    }
    if (classes_.empty()) classes_ = folders;
  }

  fs::path root_;
  std::string title_;
  std::vector<std::string> classes_;
  std::vector<Picture> pictures_;
};

/// The binary version of CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html): a label and the
/// red, green and blue planes of a 32×32 picture, after each other.
class CifarDataset : public Dataset {
 public:
  CifarDataset(const fs::path& folder, Split split) : split_{split} {
    std::vector<std::string> files{"test_batch.bin"};
    if (split == Split::kTrain) {
      files.clear();
      for (int i = 1; i <= 5; ++i) files.push_back(fmt::format("data_batch_{}.bin", i));
    }
    for (const std::string& name : files) {
      std::ifstream file{folder / name, std::ios::binary};
      // The smaller sets that people cut out have fewer files.
      if (!file && split == Split::kTrain && !records_.empty()) break;
      const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{file}, {}};
      if (bytes.empty() || bytes.size() % kRecord != 0) {
        throw ConfigError{
            fmt::format("{}: error: holds {} bytes, which is not a number of CIFAR-10 "
                        "records of {}; load the binary version anew",
                        (folder / name).string(), bytes.size(), kRecord)};
      }
      records_.insert(records_.end(), bytes.begin(), bytes.end());
    }
    for (std::size_t i = 0; i < size(); ++i) {
      if (records_[i * kRecord] >= classes().size()) {
        throw ConfigError{
            fmt::format("{}: error: record {} has the label {}; load the binary "
                        "version anew",
                        folder.string(), i, records_[i * kRecord])};
      }
    }
  }

  [[nodiscard]] const std::string& title() const override {
    static const std::string kTitle{"CIFAR-10"};
    return kTitle;
  }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    static const std::vector<std::string> kNames{
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
    return kNames;
  }
  [[nodiscard]] std::size_t size() const override { return records_.size() / kRecord; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return records_.at(index * kRecord);
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return fmt::format("{}/{:05}", folder_of(split_), index);
  }
  [[nodiscard]] Image load(std::size_t index) const override {
    Image image{kSide, kSide, {}};
    image.rgb.reserve(3 * kPlane);
    const std::size_t first = index * kRecord + 1;
    for (std::size_t i = 0; i < kPlane; ++i) {
      for (std::size_t c = 0; c < 3; ++c) image.rgb.push_back(records_.at(first + c * kPlane + i));
    }
    return image;
  }

 private:
  static constexpr std::int64_t kSide = 32;
  static constexpr std::size_t kPlane = kSide * kSide;
  static constexpr std::size_t kRecord = 1 + 3 * kPlane;

  Split split_;
  std::vector<std::uint8_t> records_;
};

/// Every picture whose position is a multiple of a step, which need not be whole.
class SubsetDataset : public Dataset {
 public:
  SubsetDataset(std::unique_ptr<const Dataset> whole, std::size_t count)
      : whole_{std::move(whole)}, count_{count} {}

  [[nodiscard]] const std::string& title() const override { return whole_->title(); }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    return whole_->classes();
  }
  [[nodiscard]] std::size_t size() const override { return count_; }
  [[nodiscard]] std::int64_t label(std::size_t index) const override {
    return whole_->label(at(index));
  }
  [[nodiscard]] std::string name(std::size_t index) const override {
    return whole_->name(at(index));
  }
  [[nodiscard]] Image load(std::size_t index) const override { return whole_->load(at(index)); }

 private:
  [[nodiscard]] std::size_t at(std::size_t index) const { return index * whole_->size() / count_; }

  std::unique_ptr<const Dataset> whole_;
  std::size_t count_;
};

}  // namespace

std::shared_ptr<const Dataset> spread_subset(std::unique_ptr<const Dataset> dataset,
                                             std::size_t count) {
  if (count == 0 || count >= dataset->size()) return dataset;
  return std::make_shared<SubsetDataset>(std::move(dataset), count);
}

std::vector<DatasetEntry> dataset_list() {
  std::vector<DatasetEntry> entries{
      {"synthetic", "10 classes, 32x32; 2,000 and 500 drawn pictures, made as they are needed",
       true}};
  for (const Known& known : kKnown) {
    entries.push_back(
        {known.name, known.summary, fs::exists(data_folder() / known.folder / "train")});
  }
  return entries;
}

std::unique_ptr<const Dataset> open_dataset(const std::string& name, Split split) {
  if (name == "synthetic") return synthetic_dataset(split);
  for (const Known& known : kKnown) {
    if (name != known.name) continue;
    const fs::path folder = data_folder() / known.folder;
    if (!fs::exists(folder / folder_of(split))) {
      throw ConfigError{
          fmt::format("papilio: error: the dataset '{}' is not in {}; name the folder "
                      "that has it with PAPILIO_DATA",
                      name, folder.string())};
    }
    return std::make_unique<FolderDataset>(folder, split, known.title);
  }
  const fs::path folder{name};
  if (fs::exists(folder / folder_of(split))) {
    return std::make_unique<FolderDataset>(folder, split, folder.filename().string());
  }
  if (fs::exists(folder / "test_batch.bin")) {
    return std::make_unique<CifarDataset>(folder, split);
  }
  std::vector<std::string> names;
  for (const DatasetEntry& entry : dataset_list()) names.push_back(entry.name);
  if (fs::exists(folder)) {
    throw ConfigError{fmt::format(
        "{}: error: is no dataset: it has neither {}/CLASS/PICTURE nor CIFAR-10's test_batch.bin",
        name, folder_of(split))};
  }
  throw ConfigError{fmt::format("papilio: error: there is no dataset or folder '{}'{}", name,
                                suggestion(name, names))};
}

}  // namespace papilio
