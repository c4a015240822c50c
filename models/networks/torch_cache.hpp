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

/// The hash in a file's name, as torch.hub writes it: the hexadecimal digits between the last dash
/// and the ending, 8 at least, which the file's SHA-256 begins with; empty: there is none.
std::string hash_in_name(const std::filesystem::path& file);

/// The one file of weights in a folder that torchvision would have written for a network of this
/// name: NAME, or what torchvision calls its training, a dash and a hash.
/// @throws ConfigError if there is none, saying where it was looked for and the command that gets
/// it,
///         or if there are several, which may be trained to other ends, naming each
std::filesystem::path torch_weights_of(const std::string& model,
                                       const std::filesystem::path& folder);

}  // namespace papilio
