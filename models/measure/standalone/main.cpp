// papilio-measure: the layer tables of 'papilio profile' from a machine that has PyTorch and no
// other library. It takes the networks of the zoo, times no codecs, and writes its files without
// yaml-cpp; what is measured, and how, is the same code.

#include <ATen/ATen.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/measure/layer_times.hpp"
#include "models/measure/machine.hpp"
#include "models/measure/power_draw.hpp"
#include "models/tensor/runtime.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/base/machine/energy_meter.hpp"
#include "sim/base/machine/processor.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;

constexpr double kPowerSeconds = 3;  // as 'papilio profile' has it

constexpr const char* kHelp =
    "Usage: papilio-measure --model NAME,... [options]\n"
    "\n"
    "Measures what each layer of networks takes on this machine, one picture at a time, and\n"
    "writes the tables that Papilio's scenarios take their latencies from:\n"
    "DIR/layers/DEVICE/MODEL.yaml, and DIR/devices/DEVICE.yaml where there is none. Copy DIR to\n"
    "where Papilio is, and give it to papilio with --profiles.\n"
    "\n"
    "  --model NAME,...     networks of the zoo, or all\n"
    "  --name DEVICE        what to call this machine (default: cpu-N-threads, cuda-N, "
    "cuda-N-fp16)\n"
    "  --device NAME        cpu, cuda or cuda:N (default: cpu)\n"
    "  --dtype TYPE         that layers are computed in: fp32 or, on a GPU, fp16 (default: fp32)\n"
    "  --threads N          of one operation; 0: as many as cores (default: 1)\n"
    "  --batch N,...        pictures a pass; layers are measured for 1 (default: 1)\n"
    "  --precision X        repeats until the medians' 95 % intervals are that narrow (default: "
    "0.02)\n"
    "  --limit X            seconds a network, after which it stops repeating (default: 60)\n"
    "  --force              write tables whose layers and whole passes disagree too\n"
    "  --power-w W          power while it computes (default: measured, where there is a meter)\n"
    "  -o, --output DIR     folder of profiles (default: profiles)\n"
    "\n"
    "Example: papilio-measure --model resnet50 --device cuda --dtype fp16 --name my-gpu-fp16\n";

[[noreturn]] void fail(const std::string& what) {
  throw ConfigError{"papilio-measure: error: " + what + "; see 'papilio-measure --help'"};
}

/// The command line: options with a value each, but for --force.
class Options {
 public:
  /// @throws ConfigError for an unknown option, or one without its value
  explicit Options(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::string name = words[i] == "-o" ? "--output" : words[i];
      const std::size_t equals = name.find('=');
      std::string value;
      if (equals != std::string::npos) {
        value = name.substr(equals + 1);
        name.erase(equals);
      }
      const auto option = name.starts_with("--") ? values_.find(name.substr(2)) : values_.end();
      if (option == values_.end()) fail("unknown option '" + words[i] + "'");
      if (option->first == "force" && equals == std::string::npos) {
        value = "yes";
      } else if (equals == std::string::npos) {
        if (++i == words.size()) fail(name + " needs a value");
        value = words[i];
      }
      option->second = value;
    }
  }

  [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
  /// @throws ConfigError if it is no number in least..most
  [[nodiscard]] double number(const std::string& name, double least, double most) const {
    const std::string& value = text(name);
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() ||
        !(number >= least && number <= most)) {
      fail("--" + name + " must be a number from " + std::to_string(least) + " to " +
           std::to_string(most) + ", not '" + value + "'");
    }
    return number;
  }
  [[nodiscard]] std::vector<std::string> words(const std::string& name) const {
    std::vector<std::string> words{""};
    for (const char c : text(name)) {
      if (c == ',') {
        words.emplace_back();
      } else {
        words.back() += c;
      }
    }
    return words;
  }

 private:
  std::map<std::string, std::string> values_{
      {"batch", "1"},  {"device", "cpu"},     {"dtype", "fp32"}, {"force", ""},
      {"limit", "60"}, {"model", ""},         {"name", ""},      {"output", "profiles"},
      {"power-w", ""}, {"precision", "0.02"}, {"threads", "1"}};
};

struct Request {
  std::vector<Graph> graphs;
  TensorRuntime runtime;
  std::string device;  ///< what it is called
  std::string dtype;
  MeasureSpec spec;
  bool force{false};  ///< write what disagrees with itself too
  std::vector<std::int64_t> batches;
  std::optional<double> power_w;
  fs::path profiles;
};

Request request_of(const Options& options) {
  Request request;
  if (options.text("model").empty()) fail("--model is missing");
  const std::vector<std::string> names =
      options.text("model") == "all" ? zoo_names() : options.words("model");
  for (const std::string& name : names) {
    std::optional<Graph> graph = find_model(name);
    if (!graph) {
      std::string known;
      for (const std::string& one : zoo_names()) {
        if (!known.empty()) known += ", ";
        known += one;
      }
      fail("there is no network '" + name + "'; one of: " + known);
    }
    const bool computes = graph->opaque_layers().empty();
    if (!computes && options.text("model") == "all") continue;
    if (!computes) fail("'" + name + "' has an opaque layer, which nothing computes");
    request.graphs.push_back(*std::move(graph));
  }
  constexpr double kMostThreads = 1024;
  request.runtime = start_tensor_runtime(
      options.text("device"), static_cast<int>(options.number("threads", 0, kMostThreads)));
  request.dtype = options.text("dtype");
  if (request.dtype != "fp32" && request.dtype != "fp16") {
    fail("unknown --dtype '" + request.dtype + "'; one of: fp32, fp16");
  }
  const bool half = request.dtype == "fp16";
  const c10::Device device = request.runtime.device;
  if (half && device.is_cpu()) {
    fail("--dtype fp16 needs a GPU; add --device cuda, or leave --dtype out");
  }
  request.device = options.text("name");
  if (request.device.empty()) {
    const int threads = request.runtime.threads;
    request.device =
        device.is_cpu() ? "cpu-" + std::to_string(threads) + (threads == 1 ? "-thread" : "-threads")
                        : "cuda-" + std::to_string(device.has_index() ? device.index() : 0) +
                              (half ? "-fp16" : "");
  }
  const std::string tame = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (request.device.find_first_not_of(tame) != std::string::npos || request.device[0] == '.') {
    fail("--name '" + request.device + "': expected lower-case letters, digits, and . _ -");
  }
  for (const std::string& word : options.words("batch")) {
    std::int64_t pictures = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), pictures);
    if (error != std::errc{} || end != word.data() + word.size() ||
        pictures < (request.batches.empty() ? 1 : request.batches.back() + 1)) {
      fail("--batch must be whole numbers that ascend, as 1,2,4, not '" + options.text("batch") +
           "'");
    }
    request.batches.push_back(pictures);
  }
  request.spec.precision = options.number("precision", 1e-4, 1);
  request.spec.limit_s = options.number("limit", 0.1, 1e6);
  if (!options.text("power-w").empty()) request.power_w = options.number("power-w", 1e-6, 1e6);
  request.profiles = options.text("output");
  request.force = !options.text("force").empty();
  return request;
}

/// The shortest text that reads back to the same number.
std::string text_of(double number) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), number).ptr;
  return {std::begin(text), end};
}

/// A text as YAML reads it back, whatever is in it.
std::string yaml_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + '"';
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &utc)};
}

/// What is measured of one network.
struct Measured {
  LayerTimes times;
  std::optional<PowerDraw> draw;  ///< by a meter
  std::vector<Estimate> batches;
};

std::string threads_text(const Request& request) {
  return std::to_string(request.runtime.threads) +
         (request.runtime.threads == 1 ? " thread" : " threads");
}

std::string interval_of(const Estimate& estimate) {
  return estimate.half_width ? ", interval_s: " + text_of(*estimate.half_width) : "";
}

/// The file that `describe_layer_profile` of sim/profiles reads.
/// The condition of the CPU's frequency; nothing where the system does not tell it.
std::string frequency_line() {
  const std::optional<double> hz = cpu_frequency_hz();
  return hz ? "\n  frequency_hz: " + text_of(*hz) : "";
}

std::string layer_table(const Graph& graph, const Request& request, const Measured& measured) {
  const std::optional<double> power_w =
      measured.draw ? std::optional{measured.draw->busy_w} : request.power_w;
  const LayerTimes& times = measured.times;
  std::string note =
      "One picture at a time, random weights, batch norms folded into convolutions; medians.";
  if (power_w) {
    note += " Energies are the latencies at " + text_of(*power_w) + " W, which was " +
            (measured.draw ? "measured over whole passes." : "stated, not measured.");
  }
  std::string text = "# Made by 'papilio-measure'; do not edit.\n";
  text += "device: " + yaml_text(request.device) + "\nmodel: " + yaml_text(graph.name()) +
          "\nprecision: " + request.dtype +
          "\nprovenance: {kind: measured, source: papilio-profile, at: \"'papilio-measure'\"}\n" +
          "note: " + yaml_text(note) + "\nconditions:\n  date: " + yaml_text(today()) +
          "\n  processor: " + yaml_text(processor_name(request.runtime.device)) + frequency_line() +
          "\n  threads: " + std::to_string(request.runtime.threads) +
          "\n  library: " + yaml_text(library_versions(request.runtime.device)) +
          "\n  passes: " + std::to_string(times.passes) +
          "\n  outliers: " + std::to_string(times.outliers) +
          "\n  whole_latency_s: " + text_of(times.whole.value) +
          "\n  whole_interval_s: " + text_of(times.whole.half_width.value_or(0)) +
          "\n  disagreement: " + text_of(times.agreement().disagreement()) + "\n";
  if (power_w) {
    text += "  power_from: " + yaml_text(measured.draw ? measured.draw->meter : "stated") +
            "\n  power_w: " + text_of(*power_w) + "\n";
  }
  if (measured.draw) text += "  idle_power_w: " + text_of(measured.draw->idle_w) + "\n";
  text += "batches:\n";
  for (std::size_t i = 0; i < measured.batches.size(); ++i) {
    text += "  - {pictures: " + std::to_string(request.batches[i]) +
            ", latency_s: " + text_of(measured.batches[i].value) +
            interval_of(measured.batches[i]) + "}\n";
  }
  text += "layers:\n";
  for (LayerId id = 0; id < times.layers.size(); ++id) {
    text += "  - {layer: " + yaml_text(graph.layer(id).name) +
            ", latency_s: " + text_of(times.layers[id].value);
    if (power_w) text += ", energy_j: " + text_of(*power_w * times.layers[id].value);
    text += interval_of(times.layers[id]) + "}\n";
  }
  return text;
}

std::string device_file(const Request& request) {
  const std::string processor = processor_name(request.runtime.device);
  const std::string source =
      ", kind: measured, source: papilio-profile, at: read from the system}\n";
  return "# Made by 'papilio-measure', which leaves it alone from now on.\ntitle: " +
         yaml_text(processor + ", " + threads_text(request)) + "\n" +
         (request.runtime.device.is_cpu() ? "cpu" : "gpu") + ": {value: " + yaml_text(processor) +
         source + "software: {value: " +
         yaml_text(library_versions(request.runtime.device) + "; " + threads_text(request) + ", " +
                   request.dtype) +
         source;
}

/// Writes a file whole or not at all.
void write(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  // Under a random name that is made anew, so that no link that somebody laid there is followed.
  std::string staged = path.string() + ".XXXXXX";
  const int file = ::mkstemp(staged.data());
  const mode_t mask = ::umask(0);
  ::umask(mask);
  bool written = file >= 0 && ::fchmod(file, 0666 & ~mask) == 0;
  for (std::size_t at = 0; written && at < text.size();) {
    const ssize_t count = ::write(file, text.data() + at, text.size() - at);
    written = count > 0;
    at += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  if (file >= 0) ::close(file);
  if (written) fs::rename(staged, path, error);
  if (!written || error) {
    if (file >= 0) ::unlink(staged.c_str());
    fail("cannot write " + path.string() + "; choose another --output");
  }
}

/// Refuses a folder that cannot be written, before minutes of work.
void check_writable(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path probe = folder / ".papilio-measure.part";
  if (!std::ofstream{probe}) fail("cannot write " + folder.string() + "; choose another --output");
  fs::remove(probe, error);
}

Measured measure(const Graph& graph, const Request& request, EnergyMeter* meter) {
  const c10::Device device = request.runtime.device;
  Network network{graph, device};
  network.initialize(1);
  network = network.folded();
  if (request.dtype == "fp16") network = network.converted(at::kHalf);
  const Network::Tensors inputs = random_inputs(network, 1);
  Measured measured{
      .times = measure_layers(network, inputs, request.spec, [](const MeasureProgress&) {})};
  if (meter != nullptr) {
    measured.draw = measure_power(network, inputs, *meter, kPowerSeconds, [] {});
  }
  for (const std::int64_t pictures : request.batches) {
    measured.batches.push_back(
        pictures == 1
            ? measured.times.whole
            : measure_passes(network, random_inputs(network, pictures), request.spec, [] {}));
  }
  return measured;
}

void report(const Graph& graph, const Request& request, const Measured& measured) {
  constexpr double kMicro = 1e6;
  const LayerTimes& times = measured.times;
  std::printf(
      "%s: %s%s; %zu passes, %zu of them far out; least precise layer of 1 %% or more +- %.1f "
      "%%%s\n",
      graph.name().c_str(), to_string(times.agreement()).c_str(),
      times.agreement().holds() ? "" : ": FURTHER APART THAN THEIR INTERVALS", times.passes,
      times.outliers, 100 * times.worst, times.precise ? "" : ", NOT as precise as was asked for");
  if (measured.draw) {
    std::printf("  %s: %.2f W computing, %.2f W idle\n", measured.draw->meter.c_str(),
                measured.draw->busy_w, measured.draw->idle_w);
  }
  for (std::size_t i = 0; i < measured.batches.size(); ++i) {
    if (request.batches[i] == 1) continue;
    std::printf("  %lld pictures: %.2f us, %.3f times as long as one\n",
                static_cast<long long>(request.batches[i]), measured.batches[i].value * kMicro,
                measured.batches[i].value / times.whole.value);
  }
  std::fflush(stdout);
}

void run(const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), "--help") != words.end()) {
    std::fputs(kHelp, stdout);
    return;
  }
  const Request request = request_of(Options{words});
  const fs::path device = request.profiles / "devices" / (request.device + ".yaml");
  check_writable(request.profiles);
  const std::unique_ptr<EnergyMeter> meter =
      request.power_w ? nullptr : find_energy_meter(request.runtime.device);
  std::string refused;  // why, a line each; the other tables are good
  for (const Graph& graph : request.graphs) {
    const Measured measured = measure(graph, request, meter.get());
    const std::string refusal =
        refusal_text(graph.name(), measured.times.agreement(), !request.runtime.device.is_cpu());
    if (!refusal.empty() && !request.force) {
      refused += (refused.empty() ? "" : "\n") + refusal;
      continue;
    }
    if (!fs::exists(device)) write(device, device_file(request));
    write(request.profiles / "layers" / request.device / (graph.name() + ".yaml"),
          layer_table(graph, request, measured));
    report(graph, request, measured);
  }
  if (!refused.empty()) throw ConfigError{"papilio-measure: error: " + refused};
}

}  // namespace
}  // namespace papilio

int main(int count, char** words) {
  using papilio::ExitCode;
  papilio::restart_with_fitting_kernels(words);
  try {
    papilio::run({words + 1, words + count});
    return static_cast<int>(ExitCode::kSuccess);
  } catch (const papilio::ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(ExitCode::kUserError);
  } catch (const std::exception& error) {  // of LibTorch: out of memory, a kernel that is missing
    std::fprintf(stderr, "papilio-measure: error: %s\n", error.what());
    return static_cast<int>(ExitCode::kSimulationError);
  }
}
