#include "models/zoo/zoo.hpp"

#include "models/zoo/compact.hpp"
#include "models/zoo/convnext.hpp"
#include "models/zoo/generators.hpp"
#include "models/zoo/plain.hpp"
#include "models/zoo/resnet.hpp"
#include "models/zoo/sequences.hpp"
#include "models/zoo/transformers.hpp"

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
      {"nin", "Lin et al. 2014, for ImageNet as in Caffe's model zoo", nin},
      {"matching-net", "Vinyals et al. 2016, section 4.1.1, the embedding of Omniglot's pictures",
       matching_net},
      {"convnext_tiny", "torchvision.models.convnext_tiny", convnext_tiny},
      {"vit_b_16", "torchvision.models.vit_b_16", vit_b_16},
      {"bert-base",
       "Devlin et al. 2019, uncased, 128 word pieces; all tables and layers but the pooler",
       bert_base},
      {"gpt2",
       "Radford et al. 2019, the smallest, 128 pieces; its output layer has the table's weights",
       gpt2},
      {"senna-like", "like Collobert et al. 2011, the window approach, 32 words", senna_like},
      {"acoustic-dnn", "Hinton et al. 2012: 429 numbers, five layers of 2,048, 1,955 states",
       acoustic_dnn},
      {"deep-speech-like", "like Hannun et al. 2014, 100 steps", deep_speech_like},
      {"pix2pix-unet", "Isola et al. 2017, unet_256 of its authors' PyTorch code", pix2pix_unet},
      {"chair-generator-like", "like Dosovitskiy et al. 2015, for 128x128 pictures",
       chair_generator_like},
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
