#include "models/app/live_setup.hpp"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "models/app/inputs.hpp"
#include "models/app/models.hpp"
#include "models/app/split_networks.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/profiles_option.hpp"
#include "sim/base/cli/streams.hpp"

namespace papilio {
namespace {

/// The parts at every cut: the plain network, which all cuts share, or one with a unit each.
std::vector<LiveSplit> splits_of(const VerbOptions& options, const std::string& verb,
                                 const SplitNetworks& networks, const std::vector<Cut>& cuts,
                                 const PreparedNetwork& plain, const Network& whole,
                                 std::uint64_t seed, const Transform& transform) {
  const int bits = networks.spec.bits;
  std::string plain_digest;
  std::string left_out;
  std::vector<LiveSplit> splits;
  for (const Cut& cut : cuts) {
    for (const std::int64_t channels : options.numbers_of("channels", 0)) {
      if (channels == 0 || cut.of_inputs) {
        if (plain_digest.empty()) plain_digest = network_digest(plain.network);
        splits.push_back(live_split(plain_digest, {whole, cut, bits}, cut, 0, transform));
        if (cut.of_inputs) break;  // pictures have no units
        continue;
      }
      if (channels > cut.unit_channels) {
        left_out +=
            fmt::format("{}{} channels behind '{}', which has {} at most",
                        left_out.empty() ? "" : ", ", channels, cut.name, cut.unit_channels);
        continue;
      }
      const PreparedNetwork unit = network_at(networks, cut, channels, seed);
      splits.push_back(live_split(network_digest(unit.network), ready(unit, cut, bits), cut,
                                  channels, transform));
    }
  }
  if (!left_out.empty()) tell(fmt::format("papilio {}: left out: {}\n", verb, left_out));
  return splits;
}

}  // namespace

LivePictures live_pictures(const VerbOptions& options, const std::vector<std::string>& files) {
  const std::string data = options.text_of("data");
  if (files.empty() == data.empty()) options.fail("expected pictures, or a dataset with --data");
  if (!files.empty()) return {named_pictures(files), false};
  const auto limit = static_cast<std::size_t>(options.whole_of("pictures", 0, 1'000'000'000));
  return {spread_subset(open_dataset(data, Split::kTest), limit), true};
}

LiveSetup live_setup(const VerbOptions& options, LiveSide side,
                     std::optional<std::int64_t> classes) {
  const std::string verb = side == LiveSide::kServer ? "serve" : "offload";
  SplitNetworks networks;
  networks.spec.graph = model_by_name(library_of(options.line()), verb, options.needed("model"),
                                      options.text_of("input"), classes);
  const Graph& graph = networks.spec.graph;
  require_pictures(graph, verb);
  networks.spec.source = weights_source(options);
  if (!networks.spec.source.empty()) networks.spec.weights = read_state_dict(networks.spec.source);
  networks.spec.bits = static_cast<int>(options.whole_of("bits", 1, 16));
  networks.units = options.text_of("units");
  if (networks.units.empty() && options.numbers_of("channels", 0).back() > 0) {
    options.fail("--channels names units; say with --units where 'papilio train' put them");
  }
  const bool cuts_wanted = options.text_of("after") != "none";
  const std::vector<Cut> cuts = cuts_wanted ? cuts_of(options, verb, graph) : std::vector<Cut>{};
  for (const Cut& cut : cuts) {
    if (cut.of_inputs && cut.shape.channels() != 3) {
      options.fail(
          fmt::format("the network takes {} channels, not the three colours of pictures; "
                      "leave 'input' out of --after",
                      cut.shape.channels()));
    }
  }
  const Transform transform = transform_of(options, graph);
  const auto seed = static_cast<std::uint64_t>(options.whole_of("seed", 1, 1'000'000));
  const TensorRuntime runtime = start_tensor_runtime(
      options.text_of("device"), static_cast<int>(options.whole_of("threads", 0, 1024)));
  const std::function<bool()> stop =
      side == LiveSide::kServer ? std::function<bool()>{} : interrupted;
  networks.opaque = opaque_of(options, graph, runtime, stop).compute;
  require_computable(graph, networks.opaque, verb);
  networks.spec.device = runtime.device;
  const PreparedNetwork plain = network_at(networks, {}, 0, seed);
  tell_left_over(networks.spec.source, graph, plain.left_over);
  Network whole = plain.network.folded().packed();
  std::vector<LiveSplit> splits =
      splits_of(options, verb, networks, cuts, plain, whole, seed, transform);
  return {.graph = graph,
          .weights = networks.spec.source,
          .transform = transform,
          .splits = std::move(splits),
          .whole = std::move(whole),
          .runtime = runtime};
}

LiveKeys live_keys(const VerbOptions& options, LiveSide side) {
  return read_keys(side, {.certificate = options.text_of("cert"),
                          .key = options.text_of("key"),
                          .authority = options.text_of("ca"),
                          .token = options.text_of("token-file")});
}

}  // namespace papilio
