#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "models/dataset/dataset.hpp"

namespace papilio {

/// The pictures of `folder/train/CLASS/` or `folder/test/CLASS/`, by class and name. Labels are
/// lines of `folder/classes.txt` from 0 if there is one, else places among the sorted names of
/// `folder/train/`. Files that do not end in .jpg, .jpeg or .png are passed over.
/// @throws ConfigError if there is no picture, or a class that has no label
std::unique_ptr<const Dataset> open_folder(const std::filesystem::path& folder, Split split,
                                           const std::string& title);

}  // namespace papilio
