#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace papilio {

/// The file that labels the pictures of a folder without class folders: in it or beside it,
/// `labels.txt`, `labels.csv`, `FOLDER.txt`, `FOLDER.csv` (as Caffe's `val.txt`), or ImageNet's
/// `LOC_val_solution.csv` or `ILSVRC2012_validation_ground_truth.txt`, the first that is there.
std::optional<std::filesystem::path> find_labels_file(const std::filesystem::path& folder);

/// The labels of pictures.
struct PictureLabels {
  std::vector<std::string> classes;
  std::vector<std::int64_t> of_pictures;  ///< places in `classes`
};

/// Reads a file of labels: a line a picture, its name (with or without ending) and a label; or a
/// label alone, in the order of the names. A label is the name of a class, or a number from 0.
/// Numbers of ILSVRC2012's own ground truth, from 1 and in another order than every network's
/// classes, need `map_clsloc.txt` beside them, whose lines are "n02119789 1 kit_fox".
/// @param pictures names, sorted
/// @param classes  where they are known; else they are the file's: its sorted names, or the numbers
///                 to the largest
/// @throws ConfigError naming the file and line
PictureLabels read_labels(const std::filesystem::path& file,
                          const std::vector<std::string>& pictures,
                          std::vector<std::string> classes);

}  // namespace papilio
