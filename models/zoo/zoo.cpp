#include "models/zoo/zoo.hpp"

#include <charconv>
#include <stdexcept>

#include "models/zoo/compact.hpp"
#include "models/zoo/convnext.hpp"
#include "models/zoo/detectors.hpp"
#include "models/zoo/generators.hpp"
#include "models/zoo/mobilevit.hpp"
#include "models/zoo/plain.hpp"
#include "models/zoo/resnet.hpp"
#include "models/zoo/sequences.hpp"
#include "models/zoo/transformers.hpp"

namespace papilio {
namespace {

/// A network that reads sequences.
ZooEntry reads(std::string name, std::string source, SequenceReader reader) {
  auto usual = [name, reader] { return reader.build(name, {.tokens = reader.usual}); };
  return {std::move(name), std::move(source), std::move(usual), std::move(reader)};
}

/// A whole number that is all of a text.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

/// @param text behind the "@"
/// @throws std::invalid_argument if it is no length
Sequence sequence_of(std::string_view text) {
  const std::size_t plus = text.find('+');
  const std::optional<std::int64_t> tokens = whole_number(text.substr(0, plus));
  const std::optional<std::int64_t> cached =
      plus == std::string_view::npos ? std::nullopt : whole_number(text.substr(plus + 1));
  if (!tokens || *tokens < 1 || cached.value_or(0) < 0 ||
      (plus != std::string_view::npos && !cached)) {
    throw std::invalid_argument{
        "a length is a number of tokens, or two with what is kept of earlier runs behind, as in "
        "gpt2@256 and gpt2@1+255, not '" +
        std::string{text} + "'"};
  }
  return {*tokens, cached};
}

/// @throws std::invalid_argument if the network does not read so much
Graph of_length(const ZooEntry& entry, const Sequence& sequence) {
  const auto fail = [&](const std::string& why) {
    throw std::invalid_argument{"'" + entry.name + "' " + why};
  };
  if (!entry.sequences) fail("reads no sequence; remove the length behind '@'");
  const SequenceReader& reader = *entry.sequences;
  if (sequence.cached && !reader.generates) {
    fail("generates nothing; remove what is behind '+'");
  }
  const bool fits = sequence.tokens <= reader.most &&
                    sequence.cached.value_or(0) <= reader.most - sequence.tokens;
  if (!fits) fail("reads at most " + std::to_string(reader.most) + " tokens");
  const bool usual = sequence.tokens == reader.usual && !sequence.cached;
  return reader.build(usual ? entry.name : name_of(entry.name, sequence), sequence);
}

}  // namespace

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
      {"mobilevit-like", "like Mehta and Rastegari 2022, MobileViT-S", mobilevit_like},
      reads("bert-base",
            "Devlin et al. 2019, uncased, 128 word pieces; all tables and layers but the pooler",
            bert_base()),
      reads("gpt2",
            "Radford et al. 2019, the smallest, 128 pieces; its output layer has the table's "
            "weights",
            gpt2()),
      reads("senna-like", "like Collobert et al. 2011, the window approach, 32 words",
            senna_like()),
      {"acoustic-dnn", "Hinton et al. 2012: 429 numbers, five layers of 2,048, 1,955 states",
       acoustic_dnn},
      reads("deep-speech-like", "like Hannun et al. 2014, 100 steps", deep_speech_like()),
      {"pix2pix-unet", "Isola et al. 2017, unet_256 of its authors' PyTorch code", pix2pix_unet},
      {"chair-generator-like", "like Dosovitskiy et al. 2015, for 128x128 pictures",
       chair_generator_like},
      {"faster-rcnn-vgg16", "Ren et al. 2015, of 600x1000, 300 regions; its end is opaque",
       faster_rcnn_vgg16},
  };
  return kEntries;
}

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const ZooEntry& entry : zoo_entries()) names.push_back(entry.name);
  return names;
}

std::string name_of(const std::string& model, const Sequence& sequence) {
  std::string name{model};
  name.append("@").append(std::to_string(sequence.tokens));
  if (sequence.cached) name.append("+").append(std::to_string(*sequence.cached));
  return name;
}

const ZooEntry* find_entry(std::string_view name) {
  for (const ZooEntry& entry : zoo_entries()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::optional<Graph> find_model(std::string_view name) {
  const std::size_t at = name.find('@');
  const ZooEntry* entry = find_entry(name.substr(0, at));
  if (entry == nullptr) return std::nullopt;
  if (at == std::string_view::npos) return entry->build();
  return of_length(*entry, sequence_of(name.substr(at + 1)));
}

}  // namespace papilio
