#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace papilio {

/// Where PyTorch keeps the weights that it downloads: `hub/checkpoints` of `$TORCH_HOME`, else of
/// `$XDG_CACHE_HOME/torch`, else of `~/.cache/torch`. It need not exist.
std::filesystem::path torch_checkpoints();

/// The files of weights (`*.pth`) in a folder, by name; none where there is no folder.
std::vector<std::filesystem::path> torch_weights(const std::filesystem::path& folder);

}  // namespace papilio
