#include "models/app/split_networks.hpp"

#include "models/weights/state_dict.hpp"

namespace papilio {

PreparedNetwork network_at(const SplitNetworks& networks, const Cut& cut, std::int64_t channels,
                           std::uint64_t seed) {
  Point point{.seed = seed};
  FirstPhaseSpec spec = networks.spec;
  if (channels > 0) {
    point.cut = cut;
    point.channels = channels;
    spec.weights.clear();
  }
  PreparedNetwork prepared = prepare(spec, point);
  prepared.network.set_opaque(networks.opaque);
  if (channels > 0) {
    const std::filesystem::path file = networks.units / "units" / (point.key() + ".pt");
    prepared.network.load(read_state_dict(file), file.string());
  }
  return prepared;
}

SplitNetwork ready(const PreparedNetwork& prepared, const Cut& cut, int bits) {
  return {prepared.network.folded().packed(), prepared.quantized ? prepared.quantized->cut : cut,
          bits};
}

}  // namespace papilio
