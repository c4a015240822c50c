#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/app/command.hpp"
#include "models/app/inputs.hpp"
#include "models/app/manifest.hpp"
#include "models/app/models.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/dataset/dataset.hpp"
#include "models/tensor/runtime.hpp"
#include "models/train/first_phase.hpp"
#include "models/train/phase_report.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSettings = "settings.json";

std::shared_ptr<const Dataset> pictures(const VerbOptions& options, Split which,
                                        const std::string& limit) {
  const auto count = static_cast<std::size_t>(options.whole_of(limit, 0, 1'000'000'000));
  return spread_subset(open_dataset(options.needed("data"), which), count);
}

TrainingSpec training_of(const VerbOptions& options) {
  TrainingSpec training;
  training.epochs = options.whole_of("epochs", 1, 100'000);
  training.batch_size = static_cast<std::size_t>(options.whole_of("batch", 2, 65'536));
  training.learning_rate = options.real_of("learning-rate", 1e-9, 100);
  training.momentum = options.real_of("momentum", 0, 0.9999);
  training.weight_decay = options.real_of("weight-decay", 0, 1);
  training.patience = options.whole_of("patience", 0, 100'000);
  training.checkpoint_interval_s = options.real_of("checkpoint-interval", 0, 1e9);
  const std::string optimizer = options.text_of("optimizer");
  if (optimizer != "adam" && optimizer != "sgd") {
    options.fail(fmt::format("unknown --optimizer '{}'{}", optimizer,
                             suggestion(optimizer, {"adam", "sgd"})));
  }
  training.optimizer = optimizer == "sgd" ? Optimizer::kSgd : Optimizer::kAdam;
  const std::string schedule = options.text_of("schedule");
  if (schedule != "cosine" && schedule != "step") {
    options.fail(fmt::format("unknown --schedule '{}'{}", schedule,
                             suggestion(schedule, {"cosine", "step"})));
  }
  training.schedule = schedule == "step" ? Schedule::kStep : Schedule::kCosine;
  return training;
}

FirstPhaseSpec spec_of(const VerbOptions& options, bool search, std::int64_t classes) {
  const std::string model = options.needed("model");
  const std::string input = options.text_of("input");
  const ProfileLibrary library = library_of(options.line());
  const Graph own = model_by_name(library, "train", model, input, std::nullopt);
  require_pictures(own, "train");
  if (!own.opaque_layers().empty()) {
    options.fail(fmt::format(
        "'{}' has an opaque layer, '{}', through which no training goes; train the model in "
        "PyTorch and import it again",
        model, own.layer(own.opaque_layers().front()).name));
  }
  FirstPhaseSpec spec{.graph = model_by_name(library, "train", model, input, classes)};
  spec.new_classifier = own.layers().back().shape.channels() != classes;
  spec.source = weights_source(options);
  if (!spec.source.empty()) spec.weights = read_state_dict(spec.source);
  const std::vector<std::string> cuts = options.words_of("after");
  if (cuts != std::vector<std::string>{"none"}) spec.cuts = cuts_by_name("train", spec.graph, cuts);
  spec.channels = options.numbers_of("channels", 1);
  spec.stride = options.whole_of("stride", 1, 64);
  spec.bits = static_cast<int>(options.whole_of("bits", 1, 16));
  for (const std::int64_t seed : options.numbers_of("seeds", 1))
    spec.seeds.push_back(static_cast<std::uint64_t>(seed));
  const double budget = options.real_of("budget", 0, 1);
  if (search) spec.search_budget = budget;
  spec.training = training_of(options);
  spec.jobs = static_cast<int>(options.whole_of("jobs", 1, 1024));
  spec.threads = static_cast<int>(options.whole_of("threads", 1, 1024));
  return spec;
}

/// What the results follow from, so that a folder is not continued with other settings.
nlohmann::ordered_json train_settings(const FirstPhaseSpec& spec, const VerbOptions& options,
                                      const Dataset& train_set, const Dataset& test_set) {
  const TrainingSpec& training = spec.training;
  nlohmann::ordered_json settings{{"model", spec.graph.name()},
                                  {"input", options.text_of("input")},
                                  {"weights", spec.source},
                                  {"data", options.text_of("data")},
                                  {"train_pictures", train_set.size()},
                                  {"test_pictures", test_set.size()},
                                  {"bits", spec.bits},
                                  {"stride", spec.stride},
                                  {"epochs", training.epochs},
                                  {"batch", training.batch_size},
                                  {"optimizer", options.text_of("optimizer")},
                                  {"learning_rate", training.learning_rate},
                                  {"schedule", options.text_of("schedule")},
                                  {"momentum", training.momentum},
                                  {"weight_decay", training.weight_decay},
                                  {"patience", training.patience},
                                  {"threads", spec.threads}};
  // Left out where it is the usual one, so that folders of before there was a choice go on.
  if (const std::string normalize = options.text_of("normalize"); normalize != "imagenet") {
    settings["normalize"] = normalize;
  }
  return settings;
}

/// Writes the settings, or checks that those of an earlier start are the same.
void claim_folder(const fs::path& path, const nlohmann::ordered_json& settings) {
  const fs::path file = path / kSettings;
  if (!fs::exists(file)) {
    OutputFolder folder{path};
    folder.add(kSettings, json_text(settings));
    folder.commit();
    return;
  }
  std::ifstream stream{file};
  const auto earlier = nlohmann::ordered_json::parse(stream, nullptr, /*allow_exceptions=*/false);
  for (const auto& [key, value] : settings.items()) {
    const auto before = earlier.is_object() ? earlier.value(key, nlohmann::ordered_json{})
                                            : nlohmann::ordered_json{};
    if (before != value) {
      throw ConfigError{
          fmt::format("{}: error: the folder's trainings had {} = {}, not {}; choose "
                      "another folder with -o DIR, or the same settings",
                      file.string(), key, before.dump(), value.dump())};
    }
  }
}

}  // namespace

void train_command(const Words& words) {
  CommandLine line = train_line();
  VerbOptions options{line, "train"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  const auto started = std::chrono::system_clock::now();
  static_cast<void>(options.needed("model"));
  const std::shared_ptr<const Dataset> train_set =
      pictures(options, Split::kTrain, "train-pictures");
  const std::shared_ptr<const Dataset> test_set = pictures(options, Split::kTest, "test-pictures");
  FirstPhaseSpec spec =
      spec_of(options, line.has("search"), static_cast<std::int64_t>(train_set->classes().size()));
  const Transform transform = transform_of(options, spec.graph);
  const double budget = options.real_of("budget", 0, 1);
  const TensorRuntime runtime = start_tensor_runtime(options.text_of("device"), spec.threads);
  spec.device = runtime.device;
  spec.left_out = left_out_of(options);
  // Before hours of work, so that what cannot be shows at once.
  const std::vector<std::string> left_over = prepare(spec, {.seed = 1}).left_over;
  for (const Cut& cut : spec.cuts) {
    if (cut.unit_channels == 0) {
      throw ConfigError{fmt::format(
          "papilio train: error: no butterfly unit fits at the cut '{}', where {} crosses",
          cut.name, text(cut.shape))};
    }
    static_cast<void>(prepare(spec, {cut, std::min(spec.channels.front(), cut.unit_channels), 1}));
  }
  const fs::path path = line.has("output") ? fs::path{line.get<std::string>("output")}
                                           : fs::path{"results"} / ("train-" + spec.graph.name());
  const nlohmann::ordered_json settings = train_settings(spec, options, *train_set, *test_set);
  catch_interrupts();  // before anything is written, which somebody may wait for to stop it
  OutputFolder folder{path};
  claim_folder(path, settings);

  const bool quiet = line.has("quiet");
  if (!quiet) tell_left_over(spec.source, spec.graph, left_over);
  Progress progress{1, "", quiet};
  const auto show = [&](const PhaseProgress& at) {
    // Between two networks there is no more to tell.
    progress.update(at.share,
                    fmt::format("{}/{} networks, {:.0f} pictures/s{}{}", at.done, at.total,
                                at.images_per_s, at.text.empty() ? "" : ", ", at.text));
  };
  std::vector<PointResult> results;
  try {
    results = run_first_phase(spec, train_set, test_set, transform, path, show, interrupted);
  } catch (const Interrupted&) {
    throw Interrupted{fmt::format(
        "what was trained is in {}; start the same command again to go on", path.string())};
  }

  Document report = phase_report(spec, results, train_set->title(), budget);
  if (const std::string text = left_out_text(spec.left_out.get()); !text.empty()) {
    report.paragraphs.push_back(text);
  }
  const Table accuracies = accuracy_table(spec, results);
  nlohmann::ordered_json manifest = manifest_of("train", words, settings, runtime, started);
  manifest["jobs"] = spec.jobs;
  double elapsed_s = 0;
  for (const PointResult& result : results) elapsed_s += result.elapsed_s;
  manifest["networks"] = results.size();
  manifest["training_and_test_s"] = elapsed_s;
  manifest["pictures_left_out"] = left_out_json(spec.left_out.get());
  folder.add("accuracy.csv", to_csv(accuracies));
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add("manifest.json", json_text(manifest));
  folder.commit();
  progress.clear();
  tell_left_out(spec.left_out.get());
  if (quiet) return;
  if (format == "csv") {
    say(to_csv(accuracies));
  } else {
    print(report, format, line.is_wide());
  }
  if (Terminal::of(STDERR_FILENO).present)
    tell(fmt::format("\nWrote {}.\n", folder.path().string()));
}

}  // namespace papilio
