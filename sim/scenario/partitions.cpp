#include "sim/scenario/partitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "sim/base/suggest.hpp"

namespace papilio {
namespace {

class Resolver {
 public:
  Resolver(const PartitionContext& context, Checker& checker)
      : graph_{context.graph},
        published_{context.published},
        names_published_{context.names_published},
        checker_{checker} {}

  void resolve(const StrategySpec& strategy, const std::string& path, std::size_t item) {
    path_ = path;
    item_ = item;
    if (strategy.strategy == "mobile-only") {
      add({.strategy = strategy.strategy});
    } else if (strategy.strategy == "cloud-only") {
      add({.strategy = strategy.strategy, .bits = strategy.bits});
    } else {
      for (const Cut& cut : cuts_of(strategy)) {
        Partition partition{.strategy = strategy.strategy, .cut = cut, .bits = strategy.bits};
        if (strategy.strategy != "butterfly" && strategy.channels.empty()) {
          add(partition);
          continue;
        }
        for (const std::int64_t channels : channels_of(strategy, cut)) {
          partition.channels = channels;
          add(partition);
        }
      }
    }
  }

  std::vector<Partition> take() { return std::move(partitions_); }

 private:
  void add(Partition partition) {
    const std::string cut = partition.cut ? partition.cut->name : "";
    // Three-way partitions may differ in their second cut, which is not known here.
    if (partition.strategy != "three-way" &&
        !seen_.insert({partition.strategy, cut, partition.channels, partition.bits}).second) {
      checker_.error(path_, fmt::format("{}{}{} comes twice; remove one", partition.strategy,
                                        cut.empty() ? "" : " after ", cut));
      return;
    }
    partition.item = item_;
    partitions_.push_back(std::move(partition));
  }

  std::vector<Cut> cuts_of(const StrategySpec& strategy) {
    std::vector<Cut> cuts;
    for (std::size_t i = 0; i < strategy.after.size(); ++i) {
      const std::string& name = strategy.after[i];
      if (name == "blocks" || name == "all") {
        const std::vector<Cut> many = name == "all" ? graph_.cuts() : graph_.block_cuts();
        // The cut after the input is cloud-only, a strategy of its own.
        std::copy_if(many.begin(), many.end(), std::back_inserter(cuts),
                     [](const Cut& cut) { return cut.after != 0; });
      } else if (const std::optional<Cut> cut = graph_.find_cut(name); !cut) {
        checker_.item_error(
            path_ + ".after", i,
            fmt::format("'{}' has no cut '{}'{}", graph_.name(), name, cut_suggestion(name)));
      } else if (cut->after == 0) {
        checker_.item_error(path_ + ".after", i,
                            "the cut after the input is the strategy 'cloud-only'");
      } else {
        cuts.push_back(*cut);
      }
    }
    return cuts;
  }

  [[nodiscard]] std::string cut_suggestion(const std::string& name) const {
    std::vector<std::string> names;
    for (const Cut& cut : graph_.cuts()) names.push_back(cut.name);
    const std::string nearest = nearest_name(name, names);
    if (!nearest.empty()) return fmt::format("; did you mean '{}'?", nearest);
    return fmt::format("; see 'papilio models show {}'", graph_.name());
  }

  std::vector<std::int64_t> channels_of(const StrategySpec& strategy, const Cut& cut) {
    std::vector<std::int64_t> channels;
    for (std::size_t i = 0; i < strategy.channels.size(); ++i) {
      const std::optional<std::int64_t> number = channel_count(strategy.channels[i], cut, i);
      if (!number) continue;
      if (*number > cut.shape.channels) {
        checker_.item_error(path_ + ".channels", i,
                            fmt::format("must be >= 1 and <= {} at the cut '{}', got {}",
                                        cut.shape.channels, cut.name, *number));
        continue;
      }
      channels.push_back(*number);
    }
    return channels;
  }

  std::optional<std::int64_t> channel_count(const std::string& text, const Cut& cut,
                                            std::size_t item) {
    if (text != "paper") {
      std::int64_t number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      return number;
    }
    if (published_ == nullptr && names_published_) return std::nullopt;  // told already
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

  const Graph& graph_;
  const PublishedTables* published_;
  bool names_published_;
  Checker& checker_;
  std::string path_;
  std::size_t item_{0};
  std::vector<Partition> partitions_;
  std::set<std::tuple<std::string, std::string, std::optional<std::int64_t>,
                      std::optional<std::int64_t>>>
      seen_;
};

}  // namespace

std::vector<Partition> resolve_partitions(const std::vector<StrategySpec>& strategies,
                                          const std::string& path, const PartitionContext& context,
                                          Checker& checker) {
  Resolver resolver{context, checker};
  for (std::size_t i = 0; i < strategies.size(); ++i) {
    resolver.resolve(strategies[i], fmt::format("{}.{}", path, i), i);
  }
  return resolver.take();
}

}  // namespace papilio
