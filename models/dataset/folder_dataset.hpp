#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// The pictures of `folder/train/CLASS/` or `folder/test/CLASS/` (`val`, where there is no labelled
/// `test`), by class and name; or of a folder without class folders, by name, whose labels
/// `find_labels_file` finds. Labels are lines of `folder/classes.txt` from 0 if there is one, else
/// places among the sorted names of `folder/train/`, else of the folder's own classes. Files that
/// do not end in .jpg, .jpeg, .png or .webp are passed over.
/// @throws ConfigError if there is no picture, or a class that has no label
std::unique_ptr<const Dataset> open_folder(const std::filesystem::path& folder, Split split,
                                           const std::string& title);

/// The pictures of a folder itself: of its class folders, or those that a file labels.
std::unique_ptr<const Dataset> open_flat_folder(const std::filesystem::path& folder,
                                                const std::string& title);

}  // namespace papilio
