#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "models/app/command.hpp"
#include "models/app/inputs.hpp"
#include "models/app/manifest.hpp"
#include "models/app/models.hpp"
#include "models/app/split_networks.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/dataset/dataset.hpp"
#include "models/infer/collect.hpp"
#include "models/infer/picture_run.hpp"
#include "models/tensor/runtime.hpp"
#include "models/train/evaluation.hpp"
#include "models/train/first_phase.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// Whether a network gives a number for each class.
bool classifies(const Graph& graph) {
  return is_flat(graph.layers().back().shape);
}

/// What a command asks for, checked.
struct InferRequest {
  FirstPhaseSpec networks;  ///< the plain network and how units are put into it
  std::vector<Cut> cuts;
  std::vector<std::int64_t> channels;
  fs::path units;
  CrossingCodecs codecs;
  std::shared_ptr<const Dataset> pictures;
  std::shared_ptr<LeftOut> left_out;  ///< none: a picture that cannot be read is an error
  Network::Opaque opaque;             ///< computes the network's opaque layer
  Transform transform;
  fs::path features;
  bool labelled{false};
};

InferRequest infer_request(const VerbOptions& options, const std::vector<std::string>& files) {
  InferRequest request;
  const std::string data = options.text_of("data");
  if (files.empty() == data.empty()) options.fail("expected pictures, or a dataset with --data");
  std::optional<std::int64_t> classes;
  if (files.empty()) {
    const auto limit = static_cast<std::size_t>(options.whole_of("pictures", 0, 1'000'000'000));
    request.pictures = spread_subset(open_dataset(data, Split::kTest), limit);
    request.labelled = true;
    classes = static_cast<std::int64_t>(request.pictures->classes().size());
  } else {
    request.pictures = named_pictures(files);
  }
  request.left_out = left_out_of(options);
  request.networks.graph =
      model_by_name(library_of(options.line()), "infer", options.needed("model"),
                    options.text_of("input"), classes);
  require_pictures(request.networks.graph, "infer");
  if (request.labelled && !classifies(request.networks.graph)) {
    options.fail(fmt::format(
        "'{}' gives {}, not a number for each class; name pictures instead of "
        "--data",
        request.networks.graph.name(), text(request.networks.graph.layers().back().shape)));
  }
  request.networks.source = weights_source(options);
  if (!request.networks.source.empty()) {
    request.networks.weights = read_state_dict(request.networks.source);
  }
  request.networks.bits = static_cast<int>(options.whole_of("bits", 1, 16));
  const Graph& graph = request.networks.graph;
  request.cuts = cuts_of(options, "infer", graph);
  request.channels = options.numbers_of("channels", 0);
  request.units = options.text_of("units");
  if (request.units.empty() && request.channels.back() > 0) {
    options.fail("--channels names units; say with --units where 'papilio train' put them");
  }
  request.codecs = codecs_of(options, request.networks.bits, request.cuts, request.pictures.get());
  request.transform = transform_of(options, graph);
  request.features = options.text_of("save-features");
  return request;
}

/// The plain network, or one with a trained unit, ready to run.
SplitNetwork split_network(const InferRequest& request, const Cut& cut, std::int64_t channels,
                           std::uint64_t seed) {
  const SplitNetworks networks{request.networks, request.units, request.opaque};
  return ready(network_at(networks, cut, channels, seed), cut, request.networks.bits);
}

/// Runs all pictures through one split network.
class Measurement {
 public:
  Measurement(const InferRequest& request, Loader& loader, Progress& progress, std::size_t total)
      : request_{request}, loader_{loader}, progress_{progress}, total_{total} {}

  /// @param cut      where something crosses
  /// @param channels of the unit there
  void run(const SplitNetwork& split, const Cut& cut, std::int64_t channels) {
    first_ = results_.size();
    if (cut.of_inputs) {
      send_pictures(split);
    } else {
      send_features(split, cut, channels);
    }
  }

  [[nodiscard]] const std::vector<CodecResults>& results() const { return results_; }

 private:
  void send_pictures(const SplitNetwork& split) {
    for (const auto& codec : request_.codecs.pictures) {
      results_.push_back({.cut = kInputCut,
                          .codec = codec->traits().name,
                          .lossless = codec->traits().lossless,
                          .raw_bytes = split.cut.shape.bytes(8)});
    }
    const PictureRun run{split, request_.transform};
    const Dataset& pictures = *request_.pictures;
    bool warm = false;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      PhonePicture picture;
      try {
        picture = phone_picture(pictures, i, request_.transform);
      } catch (const ConfigError& error) {
        if (!request_.left_out) throw;
        request_.left_out->note(pictures, i, error.what());
        continue;
      }
      if (!std::exchange(warm, true)) {  // sets itself up
        static_cast<void>(run.run(picture, request_.codecs.pictures));
      }
      note(pictures.name(i), run.run(picture, request_.codecs.pictures), kInputCut);
      if (!request_.features.empty()) {
        save_features(split, run.input_of(picture.pixels), kInputCut, 0, pictures.name(i));
      }
    }
  }

  void send_features(const SplitNetwork& split, const Cut& cut, std::int64_t channels) {
    for (const auto& codec : request_.codecs.features) {
      results_.push_back({.cut = cut.name,
                          .channels = channels,
                          .bits = split.bits,
                          .codec = codec->traits().name,
                          .lossless = codec->traits().lossless,
                          .raw_bytes = cut.shape.bytes(8)});
    }
    loader_.start({.batch_size = 1});
    bool warm = false;
    for (Batch batch = loader_.next(); batch.size() > 0; batch = loader_.next()) {
      const at::Tensor image = images_of(batch, split.network);
      // What runs for the first time sets itself up, which is no part of a picture's time.
      if (!std::exchange(warm, true)) {
        static_cast<void>(run_split(split, image, request_.codecs.features));
      }
      const std::string name = request_.pictures->name(batch.indices[0]);
      note(name, run_split(split, image, request_.codecs.features), cut.name);
      if (!request_.features.empty()) save_features(split, image, cut.name, channels, name);
    }
  }

  /// Keeps what one picture came to with each codec.
  void note(const std::string& name, std::vector<Crossed> crossed, const std::string& cut) {
    for (std::size_t c = 0; c < crossed.size(); ++c) {
      CodecResults& result = results_[first_ + c];
      result.images.push_back(name);
      result.predictions.push_back(crossed[c].logits.flatten(1).argmax(1).item<std::int64_t>());
      crossed[c].logits.reset();
      result.crossed.push_back(std::move(crossed[c]));
    }
    if (interrupted()) throw Interrupted{};
    ++done_;
    progress_.update(static_cast<double>(done_) / static_cast<double>(total_),
                     fmt::format("{} of {} pictures, {}", done_, total_, cut));
  }

  void save_features(const SplitNetwork& split, const at::Tensor& image, const std::string& cut,
                     std::int64_t channels, const std::string& name) const {
    const at::Tensor features = features_at(split, image).to(at::kCPU).contiguous();
    const float* data = features.data_ptr<float>();
    std::string file = fmt::format("{}-d{}-{}.npy", cut, channels, name);
    std::replace(file.begin(), file.end(), '/', '_');
    OutputFolder folder{request_.features};
    folder.add(file, npy_file({features.sizes().vec(), {data, data + features.numel()}}));
    folder.commit();
  }

  const InferRequest& request_;
  Loader& loader_;
  Progress& progress_;
  std::size_t total_;
  std::size_t done_{0};
  std::size_t first_{0};  // of the results of the run that is on
  std::vector<CodecResults> results_;
};

/// The likeliest classes of pictures given by name.
Section top_classes(const Network& network, Loader& loader, const Dataset& pictures,
                    std::int64_t count) {
  Table table{.columns = {{"picture", true}, {"rank"}, {"class"}, {"share, %"}}};
  loader.start({.batch_size = 1});
  const bool softmax = std::holds_alternative<SoftmaxOp>(network.graph().layers().back().op);
  for (Batch batch = loader.next(); batch.size() > 0; batch = loader.next()) {
    at::Tensor shares = network.forward(images_of(batch, network)).to(at::kCPU);
    if (!softmax) shares = at::softmax(shares, 1);
    const auto [values, classes] = at::topk(shares, std::min(count, shares.size(1)), 1);
    for (std::int64_t i = 0; i < values.size(1); ++i) {
      table.rows.push_back({pictures.name(batch.indices[0]), i + 1,
                            classes[0][i].item<std::int64_t>(),
                            decimals(values[0][i].item<float>() * 100, 2)});
    }
  }
  return {.title = "Likeliest classes", .table = std::move(table)};
}

/// What a network gives that does not classify, such as a detector's boxes: its first rows.
Section first_rows(const Network& network, Loader& loader, const Dataset& pictures,
                   std::int64_t count) {
  Table table{.columns = {{"picture", true}, {"row"}, {"numbers", false, Table::Type::kText}}};
  loader.start({.batch_size = 1});
  for (Batch batch = loader.next(); batch.size() > 0; batch = loader.next()) {
    at::Tensor rows = network.forward(images_of(batch, network)).to(at::kCPU);
    rows = rows.reshape({-1, rows.size(-1)}).contiguous();
    for (std::int64_t i = 0; i < std::min(count, rows.size(0)); ++i) {
      constexpr std::int64_t kMostNumbers = 8;
      const float* numbers = rows[i].data_ptr<float>();
      const std::int64_t shown = std::min(kMostNumbers, rows.size(1));
      table.rows.push_back({pictures.name(batch.indices[0]), i + 1,
                            fmt::format("{:.4g}{}", fmt::join(numbers, numbers + shown, ", "),
                                        shown < rows.size(1) ? ", …" : "")});
    }
  }
  return {.title = "Output", .table = std::move(table)};
}

/// `accuracy.csv`: the whole network first, then each cut, unit and codec.
Table accuracy_rows(const std::vector<CodecResults>& results, const Evaluation& whole,
                    std::uint64_t seed) {
  Table table{.columns = {{"cut", true},
                          {"channels"},
                          {"bits"},
                          {"codec", true},
                          {"seed"},
                          {"images"},
                          {"accuracy"}}};
  const auto add = [&](const std::string& cut, std::int64_t channels, int bits,
                       const std::string& codec, double accuracy) {
    table.rows.push_back({cut, channels, bits, codec, seed, whole.labels.size(), accuracy});
  };
  constexpr int kFloatBits = 32;  // nothing is quantised
  add("", 0, kFloatBits, "raw", whole.accuracy());
  for (const CodecResults& result : results) {
    add(result.cut, result.channels, result.bits, result.codec,
        Evaluation{result.predictions, whole.labels}.accuracy());
  }
  return table;
}

nlohmann::ordered_json infer_settings(const VerbOptions& options, const InferRequest& request) {
  return {{"model", request.networks.graph.name()}, {"weights", request.networks.source},
          {"units", request.units.string()},        {"data", options.text_of("data")},
          {"pictures", request.pictures->size()},   {"normalize", options.text_of("normalize")},
          {"after", options.text_of("after")},      {"channels", request.channels},
          {"bits", request.networks.bits}};
}

}  // namespace

void infer_command(const Words& words) {
  CommandLine line = infer_line();
  VerbOptions options{line, "infer"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  const auto started = std::chrono::system_clock::now();
  InferRequest request = infer_request(options, line.all("picture"));
  const auto seed = static_cast<std::uint64_t>(options.whole_of("seed", 1, 1'000'000));
  const TensorRuntime runtime = start_tensor_runtime(
      options.text_of("device"), static_cast<int>(options.whole_of("threads", 0, 1024)));
  request.opaque = opaque_of(options, request.networks.graph, runtime).compute;
  require_computable(request.networks.graph, request.opaque, "infer");
  const fs::path path = line.has("output")
                            ? fs::path{line.get<std::string>("output")}
                            : fs::path{"results"} / ("infer-" + request.networks.graph.name());
  OutputFolder folder{path};
  FirstPhaseSpec networks = request.networks;
  networks.device = runtime.device;

  // Every network is made, and every file read, before the first picture.
  struct Configuration {
    SplitNetwork split;
    Cut cut;
    std::int64_t channels;
  };
  std::vector<Configuration> configurations;
  PreparedNetwork whole_network = prepare(networks, Point{.seed = seed});
  whole_network.network.set_opaque(request.opaque);
  const Network plain = whole_network.network.folded().packed();
  for (const Cut& cut : request.cuts) {
    for (const std::int64_t channels : request.channels) {
      if (channels > cut.unit_channels || (channels > 0 && cut.of_inputs)) continue;
      configurations.push_back({split_network(request, cut, channels, seed), cut, channels});
    }
  }

  catch_interrupts();
  const bool quiet = line.has("quiet");
  if (!quiet) tell_left_over(networks.source, networks.graph, whole_network.left_over);
  constexpr std::size_t kKept = std::size_t{2} << 30U;  // bytes of pictures
  Loader loader{request.pictures, request.transform, 1, kKept, request.left_out};
  Progress progress{1, "", quiet};
  const std::size_t total =
      request.pictures->size() * std::max<std::size_t>(configurations.size(), 1);
  Document report{
      .title = fmt::format("{}, {}", request.networks.graph.name(), request.pictures->title()),
      .paragraphs = {
          fmt::format("{}; LibTorch {}, threads: {}; batch norms folded.",
                      request.networks.source.empty() ? "Random weights" : "Trained weights",
                      torch_version(), runtime.threads)}};
  if (!request.labelled) {
    const auto tell = classifies(plain.graph()) ? top_classes : first_rows;
    report.sections.push_back(
        tell(plain, loader, *request.pictures, options.whole_of("top", 1, 1000)));
  }
  constexpr std::size_t kBatch = 64;
  Evaluation whole = evaluate(plain, std::nullopt, loader, kBatch, [&](std::size_t done) {
    if (interrupted()) throw Interrupted{};
    if (configurations.empty()) {
      progress.update(static_cast<double>(done) / static_cast<double>(total),
                      fmt::format("{} of {} pictures", done, total));
    }
  });
  if (const std::string text = left_out_text(request.left_out.get()); !text.empty()) {
    report.paragraphs.push_back(text);
  }
  if (request.labelled) {
    report.sections.push_back(
        {.title = "The whole network",
         .table = Table{.columns = {{"pictures"}, {"right, %"}, {"mean of the classes, %"}},
                        .rows = {{whole.labels.size(), decimals(whole.accuracy() * 100, 2),
                                  decimals(whole.mean_class_accuracy() * 100, 2)}}}});
  }
  Measurement measurement{request, loader, progress, total};
  for (const Configuration& at : configurations) {
    measurement.run(at.split, at.cut, at.channels);
  }
  const std::vector<CodecResults>& results = measurement.results();
  if (!results.empty()) {
    report.sections.push_back(
        {.title = "Cut in two",
         .table =
             bytes_table(results, request.labelled ? whole.labels : std::vector<std::int64_t>{}),
         .remarks = {
             "body: mean bytes of the codec's output; frame: bytes around it (codec, shape, range, "
             "checksum).",
             "of raw unit: against the same features, raw; of raw tensor: against the cut's whole "
             "tensor, raw at 8 bits.",
             "input: the picture of the network's size, or its file, by a picture codec, without a "
             "frame; the other cuts: features, by a feature codec.",
             "Times: median a picture, one at a time, on this machine: the layers before the cut, "
             "quantiser and encoder, decoder (of pictures with normalisation), the layers "
             "behind."}});
    folder.add("payloads.csv", to_csv(payload_table(results)));
    if (request.labelled) folder.add("accuracy.csv", to_csv(accuracy_rows(results, whole, seed)));
    folder.add("tables.md", to_markdown(report));
    folder.add("tables.tex", to_latex(report));
    nlohmann::ordered_json manifest =
        manifest_of("infer", words, infer_settings(options, request), runtime, started);
    manifest["pictures_left_out"] = left_out_json(request.left_out.get());
    folder.add("manifest.json", json_text(manifest));
    folder.commit();
  }
  progress.clear();
  tell_left_out(request.left_out.get());
  if (quiet) return;
  if (format == "csv" && !results.empty()) {
    say(to_csv(payload_table(results)));
  } else {
    print(report, format, line.is_wide());
  }
  if (!results.empty() && Terminal::of(STDERR_FILENO).present) {
    tell(fmt::format("\nWrote {}.\n", folder.path().string()));
  }
}

}  // namespace papilio
