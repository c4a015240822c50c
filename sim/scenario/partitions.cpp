#include "sim/scenario/partitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

Tier tier_by_name(const std::string& name) {
  if (name == "mobile") return Tier::kMobile;
  return name == "edge" ? Tier::kEdge : Tier::kCloud;
}

/// Whether a network's input crosses as the mobile has it: a picture with the 8 bits of its colours
/// at least, or whole numbers, which always cross in the bits that they need.
bool keeps_input(const Graph& graph, std::int64_t bits) {
  constexpr std::int64_t kBitsOfColour = 8;
  if (takes_pictures(graph)) return bits >= kBitsOfColour;
  const std::vector<LayerId> inputs = graph.inputs();
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](LayerId id) { return std::get<InputOp>(graph.layer(id).op).below > 0; });
}

class Resolver {
 public:
  Resolver(const PartitionContext& context, Checker& checker)
      : context_{context},
        graph_{context.graph},
        published_{context.published},
        names_published_{context.names_published},
        checker_{checker} {}

  void resolve(const StrategySpec& strategy, const std::string& path, std::size_t item) {
    path_ = path;
    item_ = item;
    const std::size_t before = partitions_.size();
    const std::size_t left_out_before = left_out_.size();
    if (strategy.strategy == "plan") {
      checker_.error(path_ + ".strategy",
                     "a plan's strategies come in where a file is read, and not with an axis of a "
                     "study; name the plan in the base's strategies, or in 'set'");
    } else if (strategy.strategy == "mobile-only") {
      add({.strategy = strategy.strategy});
    } else if (strategy.strategy == "cloud-only") {
      add({.strategy = strategy.strategy,
           .bits = strategy.bits,
           .codec = strategy.codec,
           .own_input = keeps_input(graph_, strategy.bits)});
    } else if (strategy.strategy == "path") {
      add_path(strategy);
    } else {
      for (const Cut& cut : cuts_of(strategy)) {
        Partition partition{.strategy = strategy.strategy,
                            .cut = cut,
                            .bits = strategy.bits,
                            .codec = strategy.codec};
        if (strategy.strategy == "three-way" && !place_edge(strategy, partition)) continue;
        add_units(strategy, std::move(partition));
      }
    }
    if (partitions_.size() == before && left_out_.size() > left_out_before) {
      checker_.error(path_ + ".channels",
                     fmt::format("no unit at any of these cuts was measured with an accuracy of "
                                 "{}; widen the limit, or give numbers",
                                 context_.limit_of_smallest.text()));
    }
  }

  ResolvedPartitions take() { return {std::move(partitions_), std::move(left_out_)}; }

 private:
  void add(Partition partition) {
    const std::string route = partition.route();
    std::vector<std::pair<std::string, Tier>> hops;  // two names of one cut are one
    if (partition.cut) hops.emplace_back(partition.cut->name, partition.to);
    for (const Hop& hop : partition.then) hops.emplace_back(hop.after.name, hop.to);
    if (!seen_
             .insert(
                 {partition.strategy, hops, partition.channels, partition.bits, partition.codec})
             .second) {
      checker_.error(path_, fmt::format("{}{}{} comes twice; remove one", partition.strategy,
                                        route.empty() ? "" : " after ", route));
      return;
    }
    partition.item = item_;
    partitions_.push_back(std::move(partition));
  }

  [[nodiscard]] std::string without_edge(const StrategySpec& strategy) const {
    return fmt::format("{} {}", strategy.strategy, context_.without_edge);
  }

  /// Adds the partition with each of the strategy's units, or without one.
  void add_units(const StrategySpec& strategy, Partition partition) {
    if (strategy.strategy != "butterfly" && strategy.channels.empty()) {
      add(std::move(partition));
      return;
    }
    for (const std::int64_t channels : channels_of(strategy, *partition.cut)) {
      partition.channels = channels;
      add(partition);
    }
  }

  void add_path(const StrategySpec& strategy) {
    std::vector<Hop> hops;
    Tier at = Tier::kMobile;
    for (std::size_t i = 0; i < strategy.hops.size(); ++i) {
      const HopSpec& hop = strategy.hops[i];
      const std::string path = fmt::format("{}.hops.{}", path_, i);
      if (hop.after.empty() || hop.to.empty()) return;  // already reported
      const std::optional<Cut> cut = graph_.find_cut(hop.after);
      const Tier to = tier_by_name(hop.to);
      if (!cut) {
        checker_.error(path + ".after", fmt::format("'{}' has no cut '{}'{}", graph_.name(),
                                                    hop.after, cut_suggestion(hop.after)));
        return;
      }
      if (cut->of_inputs && strategy.hops.size() == 1 && to == Tier::kCloud) {
        checker_.error(path + ".after",
                       "the cut after the input alone is the strategy 'cloud-only'; name a later "
                       "cut, or add hops");
        return;
      }
      if (!hops.empty() && !precedes(graph_, hops.back().after, *cut)) {
        checker_.error(path + ".after",
                       fmt::format("must come after the cut '{}'", hops.back().after.name));
        return;
      }
      if (to == at) {
        checker_.error(path + ".to", fmt::format("the request is at the {} already; name another "
                                                 "place, or remove the hop",
                                                 hop.to));
        return;
      }
      if (to == Tier::kEdge && context_.without_edge != nullptr) {
        checker_.error(path + ".to", without_edge(strategy));
        return;
      }
      hops.push_back({*cut, to});
      at = to;
    }
    if (hops.empty()) return;  // already reported
    if (hops.size() > 1 && !is_without_measurements(strategy)) return;
    Partition partition{.strategy = strategy.strategy,
                        .cut = hops.front().after,
                        .to = hops.front().to,
                        .then = {hops.begin() + 1, hops.end()},
                        .bits = strategy.bits,
                        .codec = strategy.codec};
    add_units(strategy, std::move(partition));
  }

  /// Measurements are of one tensor that crosses: what several cost nobody measured.
  bool is_without_measurements(const StrategySpec& strategy) {
    const auto smallest = std::find(strategy.channels.begin(), strategy.channels.end(), "smallest");
    if (smallest != strategy.channels.end()) {
      checker_.item_error(path_ + ".channels",
                          static_cast<std::size_t>(smallest - strategy.channels.begin()),
                          "'smallest' goes by accuracies, which are of one crossing; give numbers "
                          "for a path of several hops");
      return false;
    }
    if (strategy.codec != kRawCodec) {
      checker_.error(path_ + ".codec",
                     fmt::format("payloads of '{}' are of one crossing; a path of several hops "
                                 "takes '{}'",
                                 strategy.codec, kRawCodec));
      return false;
    }
    return true;
  }

  /// Finds where the edge stops.
  bool place_edge(const StrategySpec& strategy, Partition& partition) {
    if (strategy.edge_after.empty()) return false;  // already reported
    if (context_.without_edge != nullptr) {
      checker_.error(path_, without_edge(strategy));
      return false;
    }
    partition.to = Tier::kEdge;
    partition.edge_after = strategy.edge_after;
    if (strategy.edge_after == "output") return true;
    const std::optional<Cut> edge_cut = graph_.find_cut(strategy.edge_after);
    if (!edge_cut) {
      checker_.error(path_ + ".edge_after",
                     fmt::format("'{}' has no cut '{}'{}", graph_.name(), strategy.edge_after,
                                 cut_suggestion(strategy.edge_after)));
      return false;
    }
    if (!precedes(graph_, *partition.cut, *edge_cut)) {
      checker_.error(path_ + ".edge_after",
                     fmt::format("must come after the cut '{}'", partition.cut->name));
      return false;
    }
    partition.then = {{*edge_cut, Tier::kCloud}};
    return true;
  }

  std::vector<Cut> cuts_of(const StrategySpec& strategy) {
    std::vector<Cut> cuts;
    for (std::size_t i = 0; i < strategy.after.size(); ++i) {
      const std::string& name = strategy.after[i];
      if (name == "blocks" || name == "all") {
        const std::vector<Cut> many = name == "all" ? graph_.cuts() : graph_.block_cuts();
        const std::size_t before = cuts.size();
        // The cut after the input is cloud-only, a strategy of its own. An edge computes something.
        const std::optional<Cut> edge_cut = graph_.find_cut(strategy.edge_after);
        std::copy_if(many.begin(), many.end(), std::back_inserter(cuts), [&](const Cut& cut) {
          return !cut.of_inputs && (!edge_cut || precedes(graph_, cut, *edge_cut));
        });
        if (cuts.size() == before) {
          checker_.item_error(
              path_ + ".after", i,
              name == "blocks"
                  ? fmt::format("'{}' has no blocks to cut after; name layers, or write 'all'",
                                graph_.name())
                  : fmt::format("'{}' has no place where one tensor crosses; remove the strategy",
                                graph_.name()));
        }
      } else if (const std::optional<Cut> cut = graph_.find_cut(name); !cut) {
        checker_.item_error(path_ + ".after", i,
                            fmt::format("'{}' has no cut '{}'{}", graph_.name(), name,
                                        cut_suggestion(name, strategy.strategy == "butterfly")));
      } else if (cut->of_inputs) {
        checker_.item_error(path_ + ".after", i,
                            strategy.strategy == "three-way"
                                ? "three-way has layers on the mobile; name a later cut"
                                : "the cut after the input is the strategy 'cloud-only'");
      } else {
        cuts.push_back(*cut);
      }
    }
    return cuts;
  }

  [[nodiscard]] std::string cut_suggestion(const std::string& name, bool for_unit = false) const {
    if (!for_unit && graph_.find_layer(name) && graph_.find_cut(name + "+")) {
      return fmt::format(": several tensors cross there; write '{}+' to send them all", name);
    }
    std::vector<std::string> names;
    for (const Cut& cut : graph_.cuts()) names.push_back(cut.name);
    const std::string nearest = nearest_name(name, names);
    if (!nearest.empty()) return fmt::format("; did you mean '{}'?", nearest);
    return fmt::format("; see 'papilio models show {}'", graph_.name());
  }

  std::vector<std::int64_t> channels_of(const StrategySpec& strategy, const Cut& cut) {
    std::vector<std::int64_t> channels;
    for (std::size_t i = 0; i < strategy.channels.size(); ++i) {
      const std::optional<std::int64_t> number = channel_count(strategy, cut, i);
      if (!number) continue;
      if (cut.unit_channels == 0) {
        checker_.item_error(path_ + ".channels", i,
                            fmt::format("no butterfly unit fits at the cut '{}', where {} crosses, "
                                        "no picture with its channels first",
                                        cut.name, text(cut.shape)));
        continue;
      }
      if (*number > cut.unit_channels) {
        checker_.item_error(path_ + ".channels", i,
                            fmt::format("must be >= 1 and <= {} at the cut '{}', got {}",
                                        cut.unit_channels, cut.name, *number));
        continue;
      }
      channels.push_back(*number);
    }
    return channels;
  }

  std::optional<std::int64_t> channel_count(const StrategySpec& strategy, const Cut& cut,
                                            std::size_t item) {
    const std::string& text = strategy.channels[item];
    if (text == "smallest") return smallest_channels(strategy, cut, item);
    if (text != "paper") {
      std::int64_t number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      return number;
    }
    if (published_ == nullptr && names_published_) return std::nullopt;  // already reported
    if (published_ == nullptr) {
      checker_.item_error(path_ + ".channels", item,
                          "'paper' needs the key 'published'; set it, or give a number");
      return std::nullopt;
    }
    const std::optional<std::int64_t> chosen = published_->chosen_channels(cut.name);
    if (!chosen) {
      checker_.item_error(
          path_ + ".channels", item,
          fmt::format("the published tables have no channels for the cut '{}'; give a number",
                      cut.name));
    }
    return chosen;
  }

  std::optional<std::int64_t> smallest_channels(const StrategySpec& strategy, const Cut& cut,
                                                std::size_t item) {
    const MeasuredAccuracies* accuracies = context_.accuracies;
    if (accuracies == nullptr || !context_.limit_of_smallest.floor()) {
      if (accuracies == nullptr && context_.names_accuracies)
        return std::nullopt;  // already reported
      if (smallest_refused_) return std::nullopt;
      smallest_refused_ = true;
      checker_.item_error(path_ + ".channels", item,
                          accuracies == nullptr
                              ? "'smallest' needs the key 'accuracy_from'; set it, or give a number"
                              : "'smallest' compares with the uncut network, and the file of "
                                "'accuracy_from' has no "
                                "row of it: one with an empty cut and channels 0");
      return std::nullopt;
    }
    const Crossing at{.cut = cut.name, .bits = strategy.bits, .codec = strategy.codec};
    const std::optional<std::int64_t> channels = accuracies->smallest_channels(
        at, [&](double mean) { return context_.limit_of_smallest.admits(mean); });
    if (!channels) {
      const std::optional<MeasuredAccuracies::Accuracy> best = accuracies->best_at(at);
      left_out_.push_back({at, best ? std::optional{best->mean} : std::nullopt});
    }
    return channels;
  }

  const PartitionContext& context_;
  const Graph& graph_;
  const PublishedTables* published_;
  bool names_published_;
  Checker& checker_;
  std::string path_;
  std::size_t item_{0};
  std::vector<Partition> partitions_;
  std::set<std::tuple<std::string, std::vector<std::pair<std::string, Tier>>,
                      std::optional<std::int64_t>, std::optional<std::int64_t>, std::string>>
      seen_;
  std::vector<LeftOutCut> left_out_;
  bool smallest_refused_{false};  // one error is enough for all cuts
};

}  // namespace

std::string Partition::route() const {
  if (!cut) return {};
  if (strategy == "three-way") return fmt::format("{}>{}", cut->name, edge_after);
  if (strategy != "path") return cut->name;
  std::string route = fmt::format("{}:{}", cut->name, name(to));
  for (const Hop& hop : then) route += fmt::format(">{}:{}", hop.after.name, name(hop.to));
  return route;
}

bool Partition::exact() const {
  constexpr std::int64_t kBitsOfReal = 32;
  return !bits || (codec == kRawCodec && (own_input || (!channels && *bits == kBitsOfReal)));
}

std::optional<Crossing> Partition::crossing() const {
  if (!bits) return std::nullopt;
  return Crossing{
      .cut = cut ? cut->name : "", .channels = channels.value_or(0), .bits = *bits, .codec = codec};
}

Placement Partition::placement(const Graph& graph) const {
  if (!bits) return {};
  Placement placement{.hops = {{cut.value_or(graph.cuts().front()), to}},
                      .channels = channels,
                      .bits = static_cast<int>(*bits)};
  placement.hops.insert(placement.hops.end(), then.begin(), then.end());
  return placement;
}

std::int64_t default_answer_bytes(const Graph& graph) {
  constexpr std::int64_t kPaperBits = 8;
  return output_bytes(graph.layers().back(), kPaperBits);
}

void name_partitions(std::vector<Partition>& partitions) {
  std::map<std::pair<std::string, std::string>, int> alike;  // by name and codec
  for (Partition& partition : partitions) {
    const std::string route = partition.route();
    partition.label = route.empty() ? partition.strategy : route;
    if (partition.strategy == "split") partition.label = "split " + route;
    alike[{partition.label, partition.codec}] += 1;
  }
  for (Partition& partition : partitions) {
    if (alike.at({partition.label, partition.codec}) > 1) {
      if (partition.channels) partition.label += fmt::format("/{}", *partition.channels);
      partition.label += fmt::format("/{}bit", partition.bits.value_or(0));
    }
  }
  for (Partition& partition : partitions) {
    if (partition.crossing() && partition.codec != kRawCodec) {
      partition.label += "/" + partition.codec;
    }
  }
}

ResolvedPartitions resolve_partitions(const std::vector<StrategySpec>& strategies,
                                      const std::string& path, const PartitionContext& context,
                                      Checker& checker) {
  Resolver resolver{context, checker};
  for (std::size_t i = 0; i < strategies.size(); ++i) {
    resolver.resolve(strategies[i], fmt::format("{}.{}", path, i), i);
  }
  ResolvedPartitions resolved = resolver.take();
  name_partitions(resolved.partitions);
  return resolved;
}

}  // namespace papilio
