#include "models/zoo/zoo.hpp"

#include "models/zoo/compact.hpp"
#include "models/zoo/plain.hpp"
#include "models/zoo/resnet.hpp"

namespace papilio {

const std::vector<ZooEntry>& zoo_entries() {
  static const std::vector<ZooEntry> kEntries{
      {"resnet18", "torchvision.models.resnet18", resnet18},
      {"resnet34", "torchvision.models.resnet34", resnet34},
      {"resnet50", "torchvision.models.resnet50 (stride on the 3x3 convolution, 1,000 classes)",
       resnet50},
      {"resnet101", "torchvision.models.resnet101", resnet101},
      {"resnet50-paper",
       "arXiv 1902.00147, Fig. 4 (stride on the first 1x1 convolution, 100 classes)",
       resnet50_paper},
      {"resnet50-narrow", "as resnet50-paper, base width 16, 64x64 inputs, 101 classes",
       resnet50_narrow},
      {"resnet20-cifar10", "He et al. 2016, section 4.2, option A; layer names of Y. Idelbayev",
       resnet20_cifar10},
      {"resnet56-cifar10", "as resnet20-cifar10, 9 blocks a stage", resnet56_cifar10},
      {"vgg16", "torchvision.models.vgg16", vgg16},
      {"alexnet", "torchvision.models.alexnet", alexnet},
      {"alexnet-2012", "Krizhevsky et al. 2012, section 3.5; layer names of Caffe", alexnet_2012},
      {"overfeat", "Sermanet et al. 2013, Table 1, the fast model", overfeat},
      {"squeezenet1_0", "torchvision.models.squeezenet1_0", squeezenet1_0},
      {"mobilenet_v2", "torchvision.models.mobilenet_v2", mobilenet_v2},
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
