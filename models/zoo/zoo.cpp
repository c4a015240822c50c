#include "models/zoo/zoo.hpp"

#include "models/zoo/resnet.hpp"

namespace papilio {

const std::vector<ZooEntry>& zoo_entries() {
  static const std::vector<ZooEntry> kEntries{
      {"resnet50", "torchvision.models.resnet50 (stride on the 3x3 convolution, 1,000 classes)",
       resnet50},
      {"resnet50-paper",
       "arXiv 1902.00147, Fig. 4 (stride on the first 1x1 convolution, 100 classes)",
       resnet50_paper},
  };
  return kEntries;
}

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const ZooEntry& entry : zoo_entries()) names.push_back(entry.name);
  return names;
}

std::optional<Graph> find_model(std::string_view name) {
  for (const ZooEntry& entry : zoo_entries()) {
    if (entry.name == name) return entry.build();
  }
  return std::nullopt;
}

}  // namespace papilio
