#include "models/dataset/dataset.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "models/dataset/cifar_dataset.hpp"
#include "models/dataset/folder_dataset.hpp"
#include "models/dataset/labels_file.hpp"
#include "models/dataset/synthetic_dataset.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSynthetic = "synthetic";

/// A dataset that the data folder may have.
struct Known {
  const char* name;
  const char* folder;  // below the data folder
  const char* title;
  const char* summary;
};
constexpr std::array<Known, 2> kKnown{
    {{"cifar10-jpeg", "images/cifar10_jpeg", "CIFAR-10, JPEG q75",
      "10 classes, 32x32, re-encoded as JPEG of quality 75, 10,000 + 2,000; compare with no "
      "figure of the originals; cite Krizhevsky 2009"},
     {"caltech101", "images/caltech101", "Caltech-101",
      "101 classes of photographs, median 300x240, 4,000 + 1,974, not balanced; CC BY 4.0 as "
      "CaltechDATA lists it; cite Fei-Fei, Fergus and Perona 2004"}}};

std::unique_ptr<const Dataset> open_known(const Known& known, Split split) {
  const fs::path folder = data_folder() / known.folder;
  if (!fs::is_directory(folder)) {
    throw ConfigError{fmt::format(
        "dataset '{}' is not there: no folder {}; set PAPILIO_DATA to the folder that has {}",
        known.name, folder.string(), known.folder)};
  }
  return open_folder(folder, split, known.title);
}

}  // namespace

std::vector<DatasetEntry> dataset_list() {
  std::vector<DatasetEntry> list{
      {.name = kSynthetic,
       .summary = "10 classes of shapes and textures, 32x32, drawn from a seed, 2,000 + 500; free",
       .present = true}};
  list.reserve(1 + kKnown.size());
  for (const Known& known : kKnown) {
    list.push_back({.name = known.name,
                    .summary = known.summary,
                    .present = fs::is_directory(data_folder() / known.folder)});
  }
  return list;
}

std::unique_ptr<const Dataset> open_dataset(const std::string& name, Split split) {
  if (name == kSynthetic) return make_synthetic(split);
  for (const Known& known : kKnown) {
    if (name == known.name) return open_known(known, split);
  }
  const fs::path folder{name};
  if (fs::is_directory(folder)) {
    if (has_cifar_files(folder)) return open_cifar(folder, split);
    // "pictures/" has an empty last name.
    const fs::path last =
        folder.has_filename() ? folder.filename() : folder.parent_path().filename();
    if (fs::is_directory(folder / "train") || fs::is_directory(folder / "test") ||
        fs::is_directory(folder / "val")) {
      return open_folder(folder, split, last.string());
    }
    if (split == Split::kTest && find_labels_file(folder)) {
      return open_flat_folder(folder, last.string());
    }
    throw ConfigError{
        fmt::format("{}: error: no dataset; expected train/CLASS/ and test/CLASS/ (or val/) with "
                    "pictures, pictures "
                    "beside a file of labels, or CIFAR-10's binary files (data_batch_1.bin, ..., "
                    "test_batch.bin)",
                    name)};
  }
  std::vector<std::string> names;
  for (const DatasetEntry& entry : dataset_list()) names.push_back(entry.name);
  throw ConfigError{fmt::format("unknown dataset '{}', and no folder of that name{}", name,
                                suggestion(name, names))};
}

}  // namespace papilio
