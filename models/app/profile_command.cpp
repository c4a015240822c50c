#include <ATen/ATen.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "models/app/codec_profile.hpp"
#include "models/app/command.hpp"
#include "models/app/inputs.hpp"
#include "models/app/models.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/measure/layer_times.hpp"
#include "models/measure/machine.hpp"
#include "models/measure/peaks.hpp"
#include "models/measure/power_draw.hpp"
#include "models/tensor/runtime.hpp"
#include "models/weights/state_dict.hpp"
#include "models/zoo/zoo.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/document/document.hpp"
#include "sim/base/error.hpp"
#include "sim/base/machine/energy_meter.hpp"
#include "sim/base/machine/processor.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/profiles/device.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

/// Key in profiles/sources.yaml of what this verb writes.
constexpr const char* kSource = "papilio-profile";

constexpr const char* kStated = "stated";
constexpr double kPowerSeconds = 3;  // GPUs' counters move ten times a second

constexpr std::size_t kCodecPasses = 10;

struct ProfileRequest {
  std::vector<Graph> graphs;
  std::string device_name;
  MeasureSpec measurement;
  std::vector<std::int64_t> batches;
  std::optional<double> power_w;
  std::string weights;  ///< a file; empty: random ones
  CrossingCodecs codecs;
  std::vector<std::vector<Cut>> cuts;       ///< of each graph, where codecs are measured
  std::string dtype{"fp32"};                ///< that layers are computed in
  bool packed{false};                       ///< whether in the orders of oneDNN's kernels
  int bits{8};                              ///< of the codecs' levels
  std::shared_ptr<const Dataset> pictures;  ///< of the codecs; none: a random one
  std::shared_ptr<LeftOut> left_out;        ///< none: a picture that cannot be read is an error
};

/// What is to be measured of codecs.
void ask_of_codecs(const VerbOptions& options, const std::vector<std::string>& files,
                   ProfileRequest& request) {
  const std::string data = options.text_of("data");
  request.weights = options.text_of("weights");
  if (options.text_of("codecs").empty()) {
    if (!request.weights.empty() || !data.empty() || !files.empty()) {
      options.fail("weights and pictures are for codecs alone; name some with --codecs");
    }
    return;
  }
  if (!request.weights.empty() && request.graphs.size() > 1) {
    options.fail("--weights is a file of one network; name one with --model");
  }
  if (request.graphs.size() == 1) request.weights = weights_source(options);
  if (!data.empty() && !files.empty()) options.fail("expected pictures or --data, not both");
  request.bits = static_cast<int>(options.whole_of("bits", 1, 16));
  std::vector<Cut> all;
  for (const Graph& graph : request.graphs) {
    require_pictures(graph, "profile --codecs");
    request.cuts.push_back(cuts_of(options, "profile", graph));
    all.insert(all.end(), request.cuts.back().begin(), request.cuts.back().end());
  }
  if (!files.empty()) request.pictures = named_pictures(files);
  if (!data.empty()) {
    const auto limit = static_cast<std::size_t>(options.whole_of("pictures", 1, 1'000'000));
    request.pictures = spread_subset(open_dataset(data, Split::kTest), limit);
  }
  request.left_out = left_out_of(options);
  request.codecs = codecs_of(options, request.bits, all, request.pictures.get());
}

/// The number format that layers are computed in.
std::string dtype_of(const VerbOptions& options, c10::Device device) {
  std::string dtype = options.text_of("dtype");
  if (dtype != "fp32" && dtype != "fp16") {
    options.fail(fmt::format("unknown --dtype '{}'{}", dtype, suggestion(dtype, {"fp32", "fp16"})));
  }
  if (dtype == "fp16" && device.is_cpu()) {
    options.fail(
        "--dtype fp16 needs a GPU, for LibTorch has no convolutions of halves on a CPU; add "
        "--device cuda, or leave --dtype out");
  }
  return dtype;
}

std::string threads_text(const TensorRuntime& runtime) {
  return fmt::format("{} thread{}", runtime.threads, runtime.threads == 1 ? "" : "s");
}

/// What a machine is called that nobody named. Its tables of halves must not replace others.
std::string usual_name(const TensorRuntime& runtime, const std::string& dtype) {
  if (runtime.device.is_cpu()) {
    return fmt::format("cpu-{}-thread{}", runtime.threads, runtime.threads == 1 ? "" : "s");
  }
  return fmt::format("cuda-{}{}", runtime.device.has_index() ? int{runtime.device.index()} : 0,
                     dtype == "fp16" ? "-fp16" : "");
}

ProfileRequest profile_request(const VerbOptions& options, const CommandLine& line,
                               const TensorRuntime& runtime) {
  ProfileRequest request;
  const ProfileLibrary library = library_of(line);
  const std::string wanted = options.needed("model");
  std::vector<std::string> names = wanted == "all" ? zoo_names() : options.words_of("model");
  for (const std::string& name : names) {
    request.graphs.push_back(
        model_by_name(library, "profile", name, options.text_of("input"), std::nullopt));
  }
  if (wanted == "all") {  // of the zoo, whose opaque layers nothing computes
    std::erase_if(request.graphs,
                  [](const Graph& graph) { return !graph.opaque_layers().empty(); });
  }
  request.dtype = dtype_of(options, runtime.device);
  request.packed = line.has("packed");
  request.device_name = options.text_of("name");
  if (request.device_name.empty()) request.device_name = usual_name(runtime, request.dtype);
  const bool tame = std::all_of(request.device_name.begin(), request.device_name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (!tame || request.device_name.front() == '.') {
    options.fail(fmt::format("--name '{}': expected lower-case letters, digits, and . _ -",
                             request.device_name));
  }
  request.batches = options.numbers_of("batch", 1);
  request.measurement.precision = options.real_of("precision", 1e-4, 1);
  request.measurement.limit_s = options.real_of("limit", 0.1, 1e6);
  request.measurement.pause_s = options.real_of("pause", 0, 60);
  if (line.has("power-w")) request.power_w = options.real_of("power-w", 1e-6, 1e6);
  return request;
}

/// The network as it is measured. For layers any weights will do.
Network network_of(const Graph& graph, const ProfileRequest& request, c10::Device device,
                   const OpaqueSource& opaque, bool quiet) {
  Network network{graph, device};
  network.set_opaque(opaque.compute);
  // How long an opaque layer takes hangs on the numbers, and those on the weights.
  const std::string& source = request.weights.empty() ? opaque.weights : request.weights;
  if (source.empty()) {
    network.initialize(1);
  } else {
    const std::vector<std::string> left_over = network.load(read_state_dict(source), source);
    if (!quiet) tell_left_over(source, graph, left_over);
  }
  Network folded = network.folded();
  if (request.packed) return folded.packed();
  return request.dtype == "fp16" ? folded.converted(at::kHalf) : folded;
}

/// The power by which energies follow from latencies.
struct Power {
  std::string from;
  double watts{0};
  std::optional<double> idle_w;
};

LayerProfile profile_of(const Graph& graph, const ProfileRequest& request, const LayerTimes& times,
                        const std::optional<Power>& power, const TensorRuntime& runtime) {
  LayerProfile profile{.device = request.device_name,
                       .model = graph.name(),
                       .precision = request.dtype,
                       .provenance = {"measured", kSource, "'papilio profile'"}};
  profile.note = fmt::format(
      "One picture at a time, {} weights, batch norms folded into convolutions{}; medians.",
      request.weights.empty() && graph.opaque_layers().empty() ? "random" : "trained",
      request.packed ? ", weights and pictures in the orders that oneDNN's kernels read" : "");
  if (!graph.opaque_layers().empty()) {
    profile.note += fmt::format(
        " '{}' is opaque: computed by the archive's program in a process of its own, with the way "
        "there and back, on random input.",
        graph.layer(graph.opaque_layers().front()).name);
  }
  if (request.measurement.pause_s > 0) {
    profile.note += fmt::format(" A pause of {} s before each pass.", request.measurement.pause_s);
  }
  if (power) {
    profile.note +=
        fmt::format(" Energies are the latencies at {} W, which was {}.", power->watts,
                    power->from == kStated ? "stated, not measured" : "measured over whole passes");
  }
  profile.conditions =
      LayerProfile::Conditions{.date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))),
                               .processor = processor_name(runtime.device),
                               .frequency_hz = cpu_frequency_hz(),
                               .threads = runtime.threads,
                               .library = library_versions(runtime.device),
                               .passes = static_cast<std::int64_t>(times.passes),
                               .outliers = static_cast<std::int64_t>(times.outliers),
                               .whole_latency_s = times.whole.value,
                               .whole_interval_s = times.whole.half_width.value_or(0),
                               .disagreement = times.agreement().disagreement()};
  if (power) {
    profile.conditions->power_from = power->from;
    profile.conditions->power_w = power->watts;
    profile.conditions->idle_power_w = power->idle_w;
  }
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    LayerProfile::Row row{.layer = graph.layer(id).name,
                          .latency_s = times.layers[id].value,
                          .interval_s = times.layers[id].half_width};
    if (power) row.energy_j = power->watts * row.latency_s;
    profile.rows.push_back(std::move(row));
  }
  return profile;
}

Device device_of(const ProfileRequest& request, const TensorRuntime& runtime) {
  const Provenance here{"measured", kSource, "read from the system"};
  const std::string processor = processor_name(runtime.device);
  const std::string threads = threads_text(runtime);
  Device device;
  device.name = request.device_name;
  device.title = processor + ", " + threads;
  device.constants.emplace_back(runtime.device.is_cpu() ? "cpu" : "gpu",
                                Sourced{.text = processor, .provenance = here});
  device.constants.emplace_back(
      "software", Sourced{.text = fmt::format("{}; {}, {}", library_versions(runtime.device),
                                              threads, request.dtype),
                          .provenance = here});
  const bool half = request.dtype == "fp16";
  const Peaks peaks = measure_peaks(runtime.device, half ? at::kHalf : at::kFloat);
  const auto add_measured = [&](const char* key, double value, const char* what) {
    device.constants.emplace_back(
        key, Sourced{.value = value, .provenance = {"measured", kSource, what}});
  };
  add_measured("memory_byte_per_s", peaks.byte_per_s, "copies of 256 MiB, the fastest");
  add_measured(half ? "peak_fp16_flop_per_s" : "peak_fp32_flop_per_s", peaks.flop_per_s,
               "products of square matrices, the fastest");
  return device;
}

/// Writes the table, and the device where there is none.
void write(const fs::path& profiles, LayerProfile profile, const ProfileRequest& request,
           const TensorRuntime& runtime) {
  const std::string made = "# Made by 'papilio profile'";
  const fs::path file = profiles / "devices" / (request.device_name + ".yaml");
  if (!fs::exists(file)) {
    Device device = device_of(request, runtime);
    OutputFolder devices{file.parent_path()};
    devices.add(file.filename().string(), made + ", which leaves it alone from now on.\n" +
                                              write_fields([&](FieldVisitor& visitor) {
                                                describe_device_file(visitor, device);
                                              }));
    devices.commit();
  }
  OutputFolder layers{profiles / "layers" / profile.device};
  layers.add(profile.model + ".yaml",
             made + "; do not edit.\n" + write_fields([&](FieldVisitor& visitor) {
               describe_layer_profile(visitor, profile);
             }));
  layers.commit();
}

/// The pictures whose features are coded, by names that tell what their bytes are worth.
std::vector<NamedImage> images_for(const ProfileRequest& request, const VerbOptions& options,
                                   const Network& network) {
  std::vector<NamedImage> images;
  if (request.pictures) {
    images = load_images(*request.pictures, transform_of(options, network.graph()), network,
                         request.left_out.get());
  } else {
    images.push_back(random_image(network));
  }
  if (request.weights.empty()) {
    for (NamedImage& one : images) one.name += " (random weights)";
  }
  return images;
}

void write_payloads(const fs::path& profiles, const ProfileRequest& request, const Graph& graph,
                    const std::vector<CodecProfile>& measured) {
  OutputFolder folder{profiles / "measurements" / request.device_name / graph.name()};
  folder.add("payloads.csv", codec_file(measured));
  folder.commit();
}

TableCell micro(double seconds) {
  return decimals(seconds * 1e6, 2);
}

Section section_of(const Graph& graph, const LayerTimes& times) {
  struct Block {
    std::string name;
    double macs{0};
    double time_s{0};
  };
  std::vector<Block> blocks;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& layer = graph.layer(id);
    if (blocks.empty() || blocks.back().name != layer.block) blocks.push_back({layer.block});
    blocks.back().macs += static_cast<double>(layer.macs);
    blocks.back().time_s += times.layers[id].value;
  }
  Table table{.columns = {{"block", true}, {"MMAC"}, {"us"}, {"%"}, {"GMAC/s"}}};
  for (const Block& block : blocks) {
    table.rows.push_back({block.name, decimals(block.macs / 1e6, 2), micro(block.time_s),
                          decimals(100 * block.time_s / times.sum(), 1),
                          block.macs > 0 && block.time_s > 0
                              ? decimals(block.macs / block.time_s / 1e9, 1)
                              : none()});
  }
  const double whole = times.whole.value;
  const Agreement agreement = times.agreement();
  return {
      .title = graph.name(),
      .table = std::move(table),
      .remarks = {
          fmt::format("Whole passes take {} ± {} us; the layers add up to {} ± {} us ({:+.1f} %, "
                      "with the clock{}).",
                      micro(whole).text(), micro(times.whole.half_width.value_or(0)).text(),
                      micro(times.sum()).text(),
                      micro(agreement.by_layers.half_width.value_or(0)).text(),
                      100 * agreement.disagreement(),
                      agreement.holds() ? "" : "; FURTHER APART THAN THEIR INTERVALS"),
          fmt::format("{} passes, {} of them far out; the least precise layer of 1 % or more "
                      "is known to ± {:.1f} %{}.",
                      times.passes, times.outliers, 100 * times.worst,
                      times.precise ? "" : ", NOT as precise as was asked for")}};
}

Section batch_section(const LayerProfile& profile, const LayerTimes& times) {
  Table table{.columns = {{"pictures"}, {"us"}, {"± us"}, {"us a picture"}, {"× one picture"}}};
  for (const LayerProfile::Batch& batch : profile.batches) {
    table.rows.push_back({batch.pictures, micro(batch.latency_s),
                          micro(batch.interval_s.value_or(0)),
                          micro(batch.latency_s / static_cast<double>(batch.pictures)),
                          decimals(batch.latency_s / times.whole.value, 3)});
  }
  return {.title = profile.model + ", several pictures at once",
          .table = std::move(table),
          .remarks = {"× one picture: what a fleet's server takes as 'times' of its 'batching'."}};
}

}  // namespace

void profile_command(const Words& words) {
  CommandLine line = profile_line();
  VerbOptions options{line, "profile"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  static_cast<void>(options.needed("model"));
  const TensorRuntime runtime = start_tensor_runtime(
      options.text_of("device"), static_cast<int>(options.whole_of("threads", 0, 1024)));
  ProfileRequest request = profile_request(options, line, runtime);
  ask_of_codecs(options, line.all("picture"), request);
  const fs::path profiles = line.get<std::string>("output");
  OutputFolder check{profiles};      // before minutes of work
  std::vector<OpaqueSource> opaque;  // children, which start before threads do
  for (const Graph& graph : request.graphs) {
    opaque.push_back(opaque_of(options, graph, runtime));
    require_computable(graph, opaque.back().compute, "profile");
  }

  catch_interrupts();
  const bool quiet = line.has("quiet");
  Document report{.title = fmt::format("Layer times on {}", request.device_name),
                  .paragraphs = {fmt::format("{}; LibTorch {}, {}.", processor_name(runtime.device),
                                             torch_version(), threads_text(runtime))}};
  const std::unique_ptr<EnergyMeter> meter =
      request.power_w ? nullptr : find_energy_meter(runtime.device);
  Progress progress{request.graphs.size(), "", quiet};
  std::size_t done = 0;
  std::vector<std::string> refused;  // why; the other tables are good
  const bool codecs = !request.cuts.empty();
  for (const Graph& graph : request.graphs) {
    const auto stop_if_asked = [&] {
      if (interrupted()) {
        throw Interrupted{fmt::format("the tables of {} networks are in {}", done - refused.size(),
                                      profiles.string())};
      }
    };
    const auto show = [&](const MeasureProgress& at) {
      stop_if_asked();
      const double share = std::min(1.0, at.elapsed_s / request.measurement.limit_s);
      progress.update(
          (static_cast<double>(done) + (codecs ? share / 2 : share)) /
              static_cast<double>(request.graphs.size()),
          fmt::format("{}: {} passes, ± {:.1f} %", graph.name(), at.passes, 100 * at.worst));
    };
    const Network network = network_of(graph, request, runtime.device, opaque.at(done), quiet);
    const Network::Tensors inputs = random_inputs(network, 1);
    std::vector<NamedImage> images;  // read before minutes of work
    if (codecs) images = images_for(request, options, network);
    const LayerTimes times = measure_layers(network, inputs, request.measurement, show);
    const std::string refusal =
        refusal_text(graph.name(), times.agreement(), !runtime.device.is_cpu());
    if (!refusal.empty() && !line.get<bool>("force")) {
      refused.push_back(refusal);
      ++done;
      continue;
    }
    std::optional<Power> power;
    if (request.power_w) power = Power{kStated, *request.power_w, std::nullopt};
    if (meter) {
      const PowerDraw draw = measure_power(network, inputs, *meter, kPowerSeconds, stop_if_asked);
      power = Power{draw.meter, draw.busy_w, draw.idle_w};
    }
    LayerProfile profile = profile_of(graph, request, times, power, runtime);
    for (const std::int64_t pictures : request.batches) {
      const Estimate pass = pictures == 1
                                ? times.whole
                                : measure_passes(network, random_inputs(network, pictures),
                                                 request.measurement, stop_if_asked);
      profile.batches.push_back({pictures, pass.value, pass.half_width});
    }
    write(profiles, profile, request, runtime);
    report.sections.push_back(section_of(graph, times));
    if (request.batches.size() > 1) report.sections.push_back(batch_section(profile, times));
    if (codecs) {
      MeasureSpec spec = request.measurement;
      spec.least = kCodecPasses;
      const std::vector<CodecProfile> measured = measure_codecs(
          network, request.cuts[done], request.bits, request.codecs, images,
          transform_of(options, graph), spec, [&](double share, const std::string& what) {
            stop_if_asked();
            progress.update((static_cast<double>(done) + (1 + share) / 2) /
                                static_cast<double>(request.graphs.size()),
                            fmt::format("{}: {}", graph.name(), what));
          });
      write_payloads(profiles, request, graph, measured);
      report.sections.push_back(codec_section(graph.name(), measured, request.weights.empty(),
                                              request.measurement.precision));
    }
    ++done;
  }
  progress.clear();
  tell_left_out(request.left_out.get());
  if (const std::string text = left_out_text(request.left_out.get()); !text.empty()) {
    report.paragraphs.push_back(text);
  }
  if (!quiet && !report.sections.empty()) print(report, format, line.is_wide());
  if (!refused.empty()) {
    throw ConfigError{fmt::format("papilio profile: error: {}", fmt::join(refused, "\n"))};
  }
  if (profiles == kOwnProfiles) {
    std::set<std::string> made{request.device_name};
    for (const Graph& graph : request.graphs) made.insert(graph.name());
    tell_shadowed(ProfileLibrary{profile_folders({})}, made);
  }
  if (!quiet && Terminal::of(STDERR_FILENO).present)
    tell(fmt::format("\nWrote {}.\n", profiles.string()));
}

}  // namespace papilio
