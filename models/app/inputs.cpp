#include "models/app/inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "models/app/models.hpp"
#include "models/dataset/bytes.hpp"
#include "models/dataset/image.hpp"
#include "models/import/opaque_layer.hpp"
#include "models/networks/torch_cache.hpp"
#include "models/weights/checksum.hpp"
#include "models/weights/file.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/cli/streams.hpp"
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
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> file(std::size_t index) const override {
    return read_bytes(files_.at(index));
  }

 private:
  std::vector<std::string> files_;
};

/// Tells which codecs of --codecs go where.
class CodecChoice {
 public:
  CodecChoice(const VerbOptions& options, int bits, const std::vector<Cut>& cuts,
              const Dataset* pictures)
      : options_{options},
        bits_{bits},
        files_{pictures != nullptr && pictures->size() > 0 && pictures->file(0).has_value()} {
    for (const Cut& cut : cuts) {
      (cut.of_inputs ? pictures_cross_ : features_cross_) = true;
      if (cut.of_inputs && cut.shape.channels() != 3) {
        options.fail(
            fmt::format("the network takes {} channels, not the three colours of pictures; "
                        "leave 'input' out of --after",
                        cut.shape.channels()));
      }
    }
    if (cuts.empty()) pictures_cross_ = features_cross_ = true;
  }

  CrossingCodecs choose() {
    add(make_codec("raw"));
    add(make_picture_codec("raw"));
    for (const std::string& word : options_.words_of("codecs")) {
      if (word == "all") {
        add_all();
      } else {
        add_named(word);
      }
    }
    return std::move(chosen_);
  }

 private:
  void add(std::shared_ptr<const Codec> codec) { add_once(chosen_.features, std::move(codec)); }
  void add(std::shared_ptr<const PictureCodec> codec) {
    add_once(chosen_.pictures, std::move(codec));
  }

  template <class C>
  static void add_once(std::vector<std::shared_ptr<const C>>& codecs,
                       std::shared_ptr<const C> codec) {
    const bool known = std::any_of(codecs.begin(), codecs.end(), [&](const auto& other) {
      return other->traits().name == codec->traits().name;
    });
    if (!known) codecs.push_back(std::move(codec));
  }

  void add_all() {
    for (const CodecTraits& traits : codec_list()) {
      if (traits.max_bits >= bits_) add(make_codec(traits.name));
    }
    for (const PictureCodecTraits& traits : picture_codec_list()) {
      if (files_ || !traits.sends_file) add(make_picture_codec(traits.name));
    }
  }

  void add_named(const std::string& name) {
    const std::string family = name.substr(0, name.find(':'));
    const std::vector<std::string> of_pictures = picture_codec_names();
    const bool for_pictures =
        std::find(of_pictures.begin(), of_pictures.end(), family) != of_pictures.end();
    std::vector<std::string> known;
    for (const CodecTraits& traits : codec_list()) {
      known.push_back(traits.name.substr(0, traits.name.find(':')));
    }
    const bool for_features = std::find(known.begin(), known.end(), family) != known.end();
    if (!for_pictures && !for_features) {
      known.insert(known.end(), of_pictures.begin(), of_pictures.end());
      options_.fail(fmt::format("--codecs: unknown codec '{}'{}", name, suggestion(family, known)));
    }
    if (!(for_pictures && pictures_cross_) && !(for_features && features_cross_)) {
      options_.fail(for_pictures
                        ? fmt::format("--codecs: '{}' encodes pictures, which cross at the "
                                      "input alone; add 'input' to --after, or leave it out",
                                      name)
                        : fmt::format("--codecs: '{}' encodes features, and at the input "
                                      "pictures cross; take one of {}, or add a cut to --after",
                                      name, fmt::join(of_pictures, ", ")));
    }
    try {
      if (for_pictures && pictures_cross_) add_picture_codec(name);
      // What stands behind a picture's quality no feature codec has.
      const bool pictures_only = for_pictures && std::count(name.begin(), name.end(), ':') > 1;
      if (for_features && features_cross_ && !(pictures_only && pictures_cross_)) {
        add_feature_codec(name);
      }
    } catch (const ConfigError& error) {
      options_.fail(fmt::format("--codecs: {}", error.what()));
    }
  }

  void add_picture_codec(const std::string& name) {
    std::shared_ptr<const PictureCodec> codec = make_picture_codec(name);
    if (codec->traits().sends_file && !files_) {
      throw ConfigError{
          fmt::format("'{}' sends pictures' own files, and these pictures are none; "
                      "give a folder of pictures, or leave it out",
                      name)};
    }
    add(std::move(codec));
  }

  void add_feature_codec(const std::string& name) {
    std::shared_ptr<const Codec> codec = make_codec(name);
    if (bits_ > codec->traits().max_bits) {
      throw ConfigError{fmt::format("the codec '{}' takes at most {} bits, not {}", name,
                                    codec->traits().max_bits, bits_)};
    }
    add(std::move(codec));
  }

  const VerbOptions& options_;
  int bits_;
  bool files_;
  bool pictures_cross_{false};
  bool features_cross_{false};
  CrossingCodecs chosen_;
};

}  // namespace

std::shared_ptr<const Dataset> named_pictures(std::vector<std::string> files) {
  for (const std::string& file : files) {
    std::error_code failed;
    if (!std::filesystem::exists(file, failed)) {
      throw ConfigError{fmt::format("{}: error: there is no such picture; check the path", file)};
    }
  }
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

CrossingCodecs codecs_of(const VerbOptions& options, int bits, const std::vector<Cut>& cuts,
                         const Dataset* pictures) {
  return CodecChoice{options, bits, cuts, pictures}.choose();
}

Transform transform_of(const VerbOptions& options, const Graph& graph) {
  Transform transform = transform_for(graph);
  const std::string normalize = options.text_of("normalize");
  if (normalize == "caffe") {
    transform.bgr = true;
    transform.scale = 1;
    transform.mean = {123, 117, 104};
    transform.deviation = {1, 1, 1};
  } else if (normalize == "none") {
    transform.mean = {0, 0, 0};
    transform.deviation = {1, 1, 1};
  } else if (normalize != "imagenet") {
    options.fail(fmt::format("unknown --normalize '{}'{}", normalize,
                             suggestion(normalize, {"imagenet", "caffe", "none"})));
  }
  return transform;
}

namespace {

/// A file that lies beside that of an imported network; empty: there is none.
std::string file_beside(const VerbOptions& options, const std::string& model,
                        const char* extension) {
  if (find_model(model)) return {};
  std::filesystem::path file = library_of(options.line()).find("models", model);
  if (file.empty()) return {};
  file.replace_extension(extension);
  return std::filesystem::is_regular_file(file) ? file.string() : std::string{};
}

/// The file that torchvision downloaded, which must be the one that its name says.
std::string downloaded_weights(const std::string& model) {
  std::string file = torch_weights_of(model, torch_checkpoints()).string();
  const std::string expected = hash_in_name(file);
  if (expected.empty()) return file;
  const std::string found = sha256_of_file(file);
  if (!found.starts_with(expected)) {
    throw ConfigError{fmt::format(
        "{}: error: is damaged: its SHA-256 begins with {}, not with {} as its name says; remove "
        "it, and download it again",
        file, found.substr(0, expected.size()), expected)};
  }
  return file;
}

}  // namespace

std::string weights_source(const VerbOptions& options) {
  std::string given = options.text_of("weights");
  if (given == "random") return {};
  if (given == "auto") return downloaded_weights(options.needed("model"));
  const std::string model = options.text_of("model");
  return given.empty() && !model.empty() ? file_beside(options, model, ".pt") : given;
}

OpaqueSource opaque_of(const VerbOptions& options, const Graph& graph, const TensorRuntime& runtime,
                       const std::function<bool()>& stop) {
  if (graph.opaque_layers().empty()) return {};
  return {computed_by_file(file_beside(options, graph.name(), ".opaque"), graph,
                           {.threads = runtime.threads, .stop_requested = stop}),
          file_beside(options, graph.name(), ".pt")};
}

void require_computable(const Graph& graph, const Network::Opaque& opaque,
                        const std::string& verb) {
  if (graph.opaque_layers().empty() || opaque) return;
  const Layer& layer = graph.layer(graph.opaque_layers().front());
  throw ConfigError{fmt::format(
      "papilio {}: error: the layer '{}' of '{}' is opaque ({}) and has no program; those that are "
      "imported from TorchScript have one, in NAME.opaque beside NAME.yaml, those from ONNX or by "
      "hand none. 'papilio predict' and 'run' take it as it is",
      verb, layer.name, graph.name(), std::get<OpaqueOp>(layer.op).what)};
}

void tell_left_over(const std::string& file, const Graph& graph,
                    const std::vector<std::string>& names) {
  if (names.empty()) return;
  constexpr std::size_t kMostNamed = 3;
  std::string first;
  for (std::size_t i = 0; i < std::min(kMostNamed, names.size()); ++i) {
    first += (i == 0 ? "" : ", ") + shown_name(names[i]);
  }
  tell(fmt::format("{}: {} tensor{} without a place in '{}' {} left out: {}{}\n", file,
                   names.size(), names.size() == 1 ? "" : "s", graph.name(),
                   names.size() == 1 ? "is" : "are", first,
                   names.size() > kMostNamed ? ", ..." : ""));
}

std::shared_ptr<LeftOut> left_out_of(const VerbOptions& options) {
  return options.line().has("strict") ? nullptr : std::make_shared<LeftOut>();
}

void tell_left_out(const LeftOut* left_out) {
  if (left_out == nullptr || left_out->count() == 0) return;
  constexpr std::size_t kMostNamed = 10;
  constexpr std::string_view kError = ": error: ";
  const std::vector<std::string> errors = left_out->errors();
  for (std::size_t i = 0; i < std::min(kMostNamed, errors.size()); ++i) {
    std::string text = errors[i];
    if (const std::size_t at = text.find(kError); at != std::string::npos) {
      text.replace(at, kError.size(), ": warning: left out: ");
    }
    tell(text + "\n");
  }
  if (errors.size() > kMostNamed) {
    tell(fmt::format("and {} more pictures were left out\n", errors.size() - kMostNamed));
  }
}

std::string left_out_text(const LeftOut* left_out) {
  const std::size_t count = left_out == nullptr ? 0 : left_out->count();
  if (count == 0) return "";
  return fmt::format("{} picture{} could not be read and {} left out (the first: {}).", count,
                     count == 1 ? "" : "s", count == 1 ? "was" : "were",
                     left_out->errors().front());
}

nlohmann::ordered_json left_out_json(const LeftOut* left_out) {
  nlohmann::ordered_json errors = nlohmann::ordered_json::array();
  if (left_out == nullptr) return errors;
  for (const std::string& error : left_out->errors()) errors.push_back(error);
  return errors;
}

}  // namespace papilio
