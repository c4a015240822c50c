#include "models/app/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/app/models.hpp"
#include "models/dataset/image.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

class NamedPictures : public Dataset {
 public:
  explicit NamedPictures(std::vector<std::string> files) : files_{std::move(files)} {}
  [[nodiscard]] const std::string& title() const override {
    static const std::string kTitle{"the pictures given"};
    return kTitle;
  }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    static const std::vector<std::string> kNone;
    return kNone;
  }
  [[nodiscard]] std::size_t size() const override { return files_.size(); }
  [[nodiscard]] std::int64_t label(std::size_t /*index*/) const override { return -1; }
  [[nodiscard]] std::string name(std::size_t index) const override { return files_.at(index); }
  [[nodiscard]] Image load(std::size_t index) const override {
    return read_image(files_.at(index));
  }

 private:
  std::vector<std::string> files_;
};

}  // namespace

std::shared_ptr<const Dataset> named_pictures(std::vector<std::string> files) {
  return std::make_shared<NamedPictures>(std::move(files));
}

std::vector<Cut> cuts_of(const VerbOptions& options, const std::string& verb, const Graph& graph) {
  std::vector<Cut> cuts;
  for (const std::string& name : options.words_of("after")) {
    if (name == "input") {
      cuts.push_back(graph.cuts().front());
      continue;
    }
    for (Cut& cut : cuts_by_name(verb, graph, {name})) cuts.push_back(std::move(cut));
  }
  return cuts;
}

std::vector<std::shared_ptr<const Codec>> codecs_of(const VerbOptions& options, int bits) {
  std::vector<std::string> names;
  for (const std::string& word : options.words_of("codecs")) {
    if (word != "all") {
      names.push_back(word);
      continue;
    }
    for (const CodecTraits& traits : codec_list()) {
      if (traits.max_bits >= bits) names.push_back(traits.name);
    }
  }
  // Raw comes first: the others are compared with it.
  std::vector<std::shared_ptr<const Codec>> codecs{make_codec("raw")};
  for (const std::string& name : names) {
    std::shared_ptr<const Codec> codec;
    try {
      codec = make_codec(name);
    } catch (const ConfigError& error) {
      options.fail(fmt::format("--codecs: {}", error.what()));
    }
    const bool known = std::any_of(codecs.begin(), codecs.end(), [&](const auto& other) {
      return other->traits().name == codec->traits().name;
    });
    if (known) continue;
    if (bits > codec->traits().max_bits) {
      options.fail(fmt::format("the codec '{}' takes at most {} bits, not {}", name,
                               codec->traits().max_bits, bits));
    }
    codecs.push_back(std::move(codec));
  }
  return codecs;
}

Transform transform_of(const VerbOptions& options, const Graph& graph) {
  Transform transform = transform_for(graph);
  const std::string normalize = options.text_of("normalize");
  if (normalize == "caffe") {
    transform.bgr = true;
    transform.scale = 1;
    transform.mean = {123, 117, 104};
    transform.deviation = {1, 1, 1};
  } else if (normalize != "imagenet") {
    options.fail(fmt::format("unknown --normalize '{}'{}", normalize,
                             suggestion(normalize, {"imagenet", "caffe"})));
  }
  return transform;
}

}  // namespace papilio
