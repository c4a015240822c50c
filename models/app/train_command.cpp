#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/app/command.hpp"
#include "models/app/models.hpp"
#include "models/dataset/dataset.hpp"
#include "models/tensor/runtime.hpp"
#include "models/train/first_phase.hpp"
#include "models/train/phase_report.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/cli/interrupts.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/version.hpp"
#include "sim/document/json_text.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

constexpr const char* kSettings = "settings.json";

CommandLine described() {
  CommandLine line{
      "train --model NAME --data NAME [options]",
      "Trains butterfly units into a network, end to end: the first phase of the butterfly "
      "paper's\n"
      "Algorithm 1. First the network without a unit, as the baseline; then, at each cut, one "
      "network\n"
      "for each number of channels D_r, or only as many as it takes to stay within the budget\n"
      "(--search). Stopped, or killed, it goes on where it was when started again with the same "
      "-o.",
      {"papilio train --model resnet20-cifar10 --data synthetic --after RB3 --channels 1,2,4 "
       "--epochs 1",
       "papilio train --model resnet20-cifar10 --weights resnet20.th --data cifar10-jpeg "
       "--channels "
       "1,2,4,8,16 --seeds 1,2,3 -o results/figure7",
       "papilio train --model resnet50 --weights resnet50.pth --data ~/pictures --after RB1,RB8 "
       "--search --budget 0.02"}};
  const auto text = [&](const char* name, const char* value, const char* about) {
    line.add_options()(name, po::value<std::string>()->default_value("")->value_name(value), about);
  };
  const auto list = [&](const char* name, const char* initial, const char* value,
                        const char* about) {
    line.add_options()(name, po::value<std::string>()->default_value(initial)->value_name(value),
                       about);
  };
  const auto whole = [&](const char* name, std::int64_t initial, const char* about) {
    line.add_options()(name, po::value<std::int64_t>()->default_value(initial)->value_name("N"),
                       about);
  };
  const auto real = [&](const char* name, double initial, const char* shown, const char* about) {
    line.add_options()(name, po::value<double>()->default_value(initial, shown)->value_name("X"),
                       about);
  };
  text("model", "NAME", "network of the zoo ('papilio models list')");
  text("weights", "FILE",
       "where training begins: a PyTorch file or a folder of .npy (default: random weights)");
  text("data", "NAME", "dataset ('papilio datasets') or its folder");
  text("input", "CxHxW", "size of the network's input (default: its own)");
  list("after", "blocks", "CUT,...", "cuts: names, or all blocks");
  list("channels", "1,2,4,8,16", "N,...", "channels of the units, D_r");
  list("seeds", "1", "N,...", "a training each: order, crops, and the units' first weights");
  whole("bits", 8, "of one crossing feature, 1 to 16");
  whole("stride", 1, "of the units in height and width; above 1 as BottleNet");
  line.add_options()("search", "at each cut, stop at the fewest channels within the budget");
  real("budget", 0.02, "0.02", "share of right answers that a unit may lose");
  whole("epochs", 3, "of each training");
  whole("batch", 128, "pictures a step");
  real("learning-rate", 0.01, "0.01", "the first");
  list("schedule", "cosine", "NAME", "how the learning rate falls: cosine or step");
  real("momentum", 0.9, "0.9", "");
  real("weight-decay", 1e-4, "0.0001", "");
  whole("patience", 0, "epochs without a lower loss before a training ends; 0: never");
  whole("train-pictures", 0, "use that many, spread over the dataset; 0: all");
  whole("test-pictures", 0, "likewise");
  whole("jobs", 1, "networks trained side by side");
  whole("threads", 1, "of each; with --jobs, as many as the processor has cores");
  list("device", "cpu", "NAME", "cpu, cuda or cuda:N");
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of the results (default: results/train-MODEL)");
  list("format", "md", "FORMAT", "of what is printed: md, csv, json or latex");
  line.add_options()("quiet,q", "print nothing but errors");
  return line;
}

[[noreturn]] void fail(const std::string& what) {
  throw ConfigError{fmt::format("papilio train: error: {}; see 'papilio train --help'", what)};
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, ',');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::vector<std::int64_t> whole_numbers(const std::string& option, const std::string& text) {
  std::vector<std::int64_t> numbers;
  for (const std::string& part : split(text)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc{} || end != part.data() + part.size() || number < 1) {
      fail(fmt::format("--{} must be whole numbers from 1, as 1,2,4, not '{}'", option, text));
    }
    if (!numbers.empty() && number <= numbers.back()) {
      fail(fmt::format("--{} must ascend, as 1,2,4, not '{}'", option, text));
    }
    numbers.push_back(number);
  }
  if (numbers.empty()) fail(fmt::format("--{} is empty", option));
  return numbers;
}

std::int64_t whole_between(const CommandLine& line, const std::string& option, std::int64_t least,
                           std::int64_t most) {
  const auto value = line.get<std::int64_t>(option);
  if (value < least || value > most) {
    fail(fmt::format("--{} must be {} to {}, not {}", option, least, most, value));
  }
  return value;
}

double real_between(const CommandLine& line, const std::string& option, double least, double most) {
  const auto value = line.get<double>(option);
  if (!(value >= least && value <= most)) {
    fail(fmt::format("--{} must be {} to {}, not {}", option, least, most, value));
  }
  return value;
}

std::shared_ptr<const Dataset> pictures(const CommandLine& line, Split which,
                                        const std::string& limit) {
  const auto count = static_cast<std::size_t>(whole_between(line, limit, 0, 1'000'000'000));
  return spread_subset(open_dataset(line.get<std::string>("data"), which), count);
}

TrainingSpec training_of(const CommandLine& line) {
  TrainingSpec training;
  training.epochs = whole_between(line, "epochs", 1, 100'000);
  training.batch_size = static_cast<std::size_t>(whole_between(line, "batch", 2, 65'536));
  training.learning_rate = real_between(line, "learning-rate", 1e-9, 100);
  training.momentum = real_between(line, "momentum", 0, 0.9999);
  training.weight_decay = real_between(line, "weight-decay", 0, 1);
  training.patience = whole_between(line, "patience", 0, 100'000);
  const auto schedule = line.get<std::string>("schedule");
  if (schedule != "cosine" && schedule != "step") {
    fail(fmt::format("unknown --schedule '{}'{}", schedule,
                     suggestion(schedule, {"cosine", "step"})));
  }
  training.schedule = schedule == "step" ? Schedule::kStep : Schedule::kCosine;
  return training;
}

FirstPhaseSpec spec_of(const CommandLine& line, std::int64_t classes) {
  const auto model = line.get<std::string>("model");
  const auto input = line.get<std::string>("input");
  const Graph own = model_by_name("train", model, input, std::nullopt);
  FirstPhaseSpec spec{.graph = model_by_name("train", model, input, classes)};
  spec.new_classifier = own.layers().back().shape.channels != classes;
  spec.source = line.get<std::string>("weights");
  if (!spec.source.empty()) spec.weights = read_state_dict(spec.source);
  spec.cuts = cuts_by_name("train", spec.graph, split(line.get<std::string>("after")));
  spec.channels = whole_numbers("channels", line.get<std::string>("channels"));
  spec.stride = whole_between(line, "stride", 1, 64);
  spec.bits = static_cast<int>(whole_between(line, "bits", 1, 16));
  for (const std::int64_t seed : whole_numbers("seeds", line.get<std::string>("seeds")))
    spec.seeds.push_back(static_cast<std::uint64_t>(seed));
  if (line.has("search")) spec.search_budget = real_between(line, "budget", 0, 1);
  spec.training = training_of(line);
  spec.jobs = static_cast<int>(whole_between(line, "jobs", 1, 1024));
  spec.threads = static_cast<int>(whole_between(line, "threads", 1, 1024));
  return spec;
}

/// What the results follow from, so that a folder is not continued with other settings.
nlohmann::ordered_json settings_of(const FirstPhaseSpec& spec, const CommandLine& line,
                                   const Dataset& train_set, const Dataset& test_set) {
  const TrainingSpec& training = spec.training;
  return {{"model", spec.graph.name()},
          {"input", line.get<std::string>("input")},
          {"weights", spec.source},
          {"data", line.get<std::string>("data")},
          {"train_pictures", train_set.size()},
          {"test_pictures", test_set.size()},
          {"bits", spec.bits},
          {"stride", spec.stride},
          {"epochs", training.epochs},
          {"batch", training.batch_size},
          {"learning_rate", training.learning_rate},
          {"schedule", line.get<std::string>("schedule")},
          {"momentum", training.momentum},
          {"weight_decay", training.weight_decay},
          {"patience", training.patience},
          {"threads", spec.threads}};
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

std::string utc(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

void train_command(const Words& words) {
  CommandLine line = described();
  if (!line.parse(words)) return;
  for (const char* needed : {"model", "data"}) {
    if (line.get<std::string>(needed).empty()) fail(fmt::format("--{} is missing", needed));
  }
  const auto format = line.get<std::string>("format");
  check_format(format);
  const auto started = std::chrono::system_clock::now();
  const std::shared_ptr<const Dataset> train_set = pictures(line, Split::kTrain, "train-pictures");
  const std::shared_ptr<const Dataset> test_set = pictures(line, Split::kTest, "test-pictures");
  FirstPhaseSpec spec = spec_of(line, static_cast<std::int64_t>(train_set->classes().size()));
  const double budget = real_between(line, "budget", 0, 1);
  const TensorRuntime runtime = start_tensor_runtime(line.get<std::string>("device"), spec.threads);
  spec.device = runtime.device;
  for (const Cut& cut : spec.cuts) {  // before hours of work, so that what cannot be shows at once
    static_cast<void>(prepare(spec, {cut, std::min(spec.channels.front(), cut.shape.channels), 1}));
  }
  const fs::path path = line.has("output") ? fs::path{line.get<std::string>("output")}
                                           : fs::path{"results"} / ("train-" + spec.graph.name());
  const nlohmann::ordered_json settings = settings_of(spec, line, *train_set, *test_set);
  OutputFolder folder{path};
  claim_folder(path, settings);

  catch_interrupts();
  const bool quiet = line.has("quiet");
  Progress progress{1, "", quiet};
  const auto show = [&](const PhaseProgress& at) {
    progress.update(at.share, fmt::format("{}/{} networks, {:.0f} pictures/s, {}", at.done,
                                          at.total, at.images_per_s, at.text));
  };
  std::vector<PointResult> results;
  try {
    results = run_first_phase(spec, train_set, test_set, transform_for(spec.graph), path, show,
                              interrupted);
  } catch (const Interrupted&) {
    throw Interrupted{fmt::format(
        "what was trained is in {}; start the same command again to go on", path.string())};
  }

  const Document report = phase_report(spec, results, train_set->title(), budget);
  const Table accuracies = accuracy_table(spec, results);
  nlohmann::ordered_json libraries;
  for (const auto& [name, version] : tensor_library_versions()) libraries[name] = version;
  std::vector<std::string> command{"papilio", "train"};
  command.insert(command.end(), words.begin(), words.end());
  double trained_s = 0;
  for (const PointResult& result : results) trained_s += result.elapsed_s;
  folder.add("accuracy.csv", to_csv(accuracies));
  folder.add("tables.md", to_markdown(report));
  folder.add("tables.tex", to_latex(report));
  folder.add("manifest.json", json_text({{"papilio", program_version()},
                                         {"git_revision", git_revision()},
                                         {"command", command},
                                         {"settings", settings},
                                         {"jobs", spec.jobs},
                                         {"device", line.get<std::string>("device")},
                                         {"libraries", libraries},
                                         {"started", utc(started)},
                                         {"ended", utc(std::chrono::system_clock::now())},
                                         {"training_and_test_s", trained_s}}));
  folder.commit();
  if (quiet) return;
  if (format == "csv") {
    fmt::print("{}", to_csv(accuracies));
  } else {
    print(report, format);
  }
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\nWrote {}.\n", folder.path().string());
}

}  // namespace papilio
