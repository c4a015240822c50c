#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace papilio {

/// Whether a folder holds what `papilio train` wrote: accuracy.csv beside settings.json.
bool is_training_folder(const std::filesystem::path& folder);

/// What a page shows of it: accuracies, its tables, settings and manifest as they stand there, and
/// of points/*.json what each epoch did, thinned where there are many epochs.
/// @throws ConfigError if a file cannot be read, or a point's is no result of a training
nlohmann::ordered_json training_page_data(const std::filesystem::path& folder);

}  // namespace papilio
