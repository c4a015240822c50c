#include "models/networks/torch_cache.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;

/// The folder that a variable of the environment names; empty: it is not set.
fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path{} : fs::path{value};
}

/// What torchvision calls a training of a network in the file's name, where that is not the
/// network's own name.
bool is_training_of(const std::string& name, const std::string& model) {
  constexpr std::array<std::array<std::string_view, 2>, 4> kTrainings{
      {{"alexnet", "alexnet-owt"},
       {"mnasnet1_0", "mnasnet1.0_top1_73.512"},
       {"efficientnet_b0", "efficientnet_b0_rwightman"},
       {"fcn_resnet50", "fcn_resnet50_coco"}}};
  return std::any_of(kTrainings.begin(), kTrainings.end(), [&](const auto& training) {
    return training[0] == model && training[1] == name;
  });
}

/// How torchvision gets its weights of a network; empty: it has none of that name.
std::string command_for(const std::string& model) {
  constexpr std::array<std::string_view, 17> kModels{
      "alexnet",    "convnext_tiny", "densenet121",        "efficientnet_b0", "googlenet",
      "mnasnet1_0", "mobilenet_v2",  "mobilenet_v3_small", "resnet101",       "resnet18",
      "resnet34",   "resnet50",      "resnext50_32x4d",    "squeezenet1_0",   "vgg16",
      "vit_b_16",   "fcn_resnet50"};
  if (std::find(kModels.begin(), kModels.end(), model) == kModels.end()) return {};
  return fmt::format(
      "; torchvision downloads them with: python3 -c \"import torchvision.models as m; "
      "m.{}{}(weights='DEFAULT')\"",
      model == "fcn_resnet50" ? "segmentation." : "", model);
}

}  // namespace

fs::path torch_checkpoints() {
  fs::path home = from_environment("TORCH_HOME");
  if (home.empty()) {
    fs::path cache = from_environment("XDG_CACHE_HOME");
    if (cache.empty()) cache = from_environment("HOME") / ".cache";
    home = cache / "torch";
  }
  return home / "hub" / "checkpoints";
}

std::vector<fs::path> torch_weights(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
    if (entry.path().extension() == ".pth" && entry.is_regular_file(error)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string hash_in_name(const fs::path& file) {
  constexpr std::size_t kFewestDigits = 8;
  const std::string stem = file.stem().string();
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string::npos) return {};
  std::string digits = stem.substr(dash + 1);
  const bool hexadecimal = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hexadecimal && digits.size() >= kFewestDigits ? digits : std::string{};
}

fs::path torch_weights_of(const std::string& model, const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::path& file : torch_weights(folder)) {
    const std::string stem = file.stem().string();
    const std::string hash = hash_in_name(file);
    const std::string name = hash.empty() ? stem : stem.substr(0, stem.size() - hash.size() - 1);
    if (name == model || is_training_of(name, model)) found.push_back(file);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw ConfigError{fmt::format(
        "papilio: error: no weights of '{}' in {}, where PyTorch keeps what it downloads (it looks "
        "at TORCH_HOME and XDG_CACHE_HOME){}; or name a file with --weights FILE",
        model, folder.string(), command_for(model))};
  }
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const fs::path& file : found) names.push_back(file.string());
  throw ConfigError{fmt::format(
      "papilio: error: several trainings of '{}' are there, and nothing says which you mean: {}; "
      "name one with --weights FILE",
      model, fmt::join(names, ", "))};
}

}  // namespace papilio
