#include "sim/profiles/published.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/data/csv.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

constexpr double kMilli = 1e-3;
constexpr double kPercent = 1e-2;
constexpr std::int64_t kMostChannels = 65536;

void read_tables(const std::filesystem::path& folder, PublishedTables& tables) {
  const CsvTable table4{
      (folder / "table4.csv").string(),
      {"network", "after_block", "channels", "offload_bytes", "latency_ms", "energy_mj"}};
  for (std::size_t row = 0; row < table4.rows(); ++row) {
    tables.splits.push_back({table4.text(row, "network"), table4.text(row, "after_block"),
                             table4.count(row, "channels", kMostChannels),
                             Bytes{table4.positive(row, "offload_bytes")},
                             Seconds{table4.positive(row, "latency_ms") * kMilli},
                             Joules{table4.positive(row, "energy_mj") * kMilli}});
  }
  const CsvTable table5{(folder / "table5.csv").string(),
                        {"strategy", "network", "latency_ms", "energy_mj", "after_block",
                         "offload_bytes", "accuracy_percent"}};
  for (std::size_t row = 0; row < table5.rows(); ++row) {
    tables.strategies.push_back({table5.text(row, "strategy"), table5.text(row, "network"),
                                 Seconds{table5.positive(row, "latency_ms") * kMilli},
                                 Joules{table5.positive(row, "energy_mj") * kMilli},
                                 table5.text(row, "after_block"),
                                 Bytes{table5.number(row, "offload_bytes")},
                                 table5.number(row, "accuracy_percent") * kPercent});
  }
  if (tables.find_strategy("mobile-only", "") == nullptr) {
    throw ConfigError{fmt::format("{}: error: the table has no mobile-only row",
                                  (folder / "table5.csv").string())};
  }
  const CsvTable fig7{(folder / "fig7.csv").string(), {"after_block", "channels", "top1"}};
  for (std::size_t row = 0; row < fig7.rows(); ++row) {
    tables.accuracies.push_back({fig7.text(row, "after_block"),
                                 fig7.count(row, "channels", kMostChannels),
                                 fig7.number(row, "top1")});
  }
}

void describe_claims(FieldVisitor& visitor, PublishedTables& tables) {
  visitor.text("title", tables.title, {}, Presence::kRequired, "One line for people.");
  visitor.object("provenance", Presence::kRequired, "Where the figures are printed.",
                 [&](FieldVisitor& nested) { describe_provenance(nested, tables.source); });
  visitor.text("model", tables.model, {.identifier = true}, Presence::kRequired,
               "The network of the tables.");
  visitor.text("mobile", tables.mobile, {.identifier = true}, Presence::kRequired,
               "The mobile device.");
  visitor.text("cloud", tables.cloud, {.identifier = true}, Presence::kRequired,
               "The cloud device.");
  visitor.number("cloud_speed_ratio", tables.cloud_speed_ratio, kPositive, Presence::kRequired,
                 "Computing power of the cloud over the mobile.");
  visitor.integer("result_bytes", tables.result_bytes, kNonNegative, Presence::kRequired,
                  "Bytes of the answer, as the printed energies imply.");
  visitor.number("accepted_accuracy", tables.accepted_accuracy, {.min = 0, .max = 1},
                 Presence::kRequired, "Least top-1 fraction that a unit may have.");
  std::vector<PublishedTables::Speedup>& speedups = tables.speedups;
  visitor.object_list("speedups_over_cloud_only",
                      {.resize = [&](std::size_t n) { speedups.resize(n); },
                       .size = [&] { return speedups.size(); },
                       .describe =
                           [&](std::size_t i, FieldVisitor& item) {
                             item.text("network", speedups[i].network, {}, Presence::kRequired,
                                       "Radio.");
                             item.number("latency", speedups[i].latency, kPositive,
                                         Presence::kRequired, "Ratio of the latencies.");
                             item.number("energy", speedups[i].energy, kPositive,
                                         Presence::kRequired, "Ratio of the mobile energies.");
                           }},
                      Presence::kRequired, "Speedups as the text claims them.");
  visitor.object("mean_speedup", Presence::kRequired, "Means over the networks, as claimed.",
                 [&](FieldVisitor& nested) {
                   nested.number("latency", tables.mean_latency_speedup, kPositive,
                                 Presence::kRequired, "Of the latency.");
                   nested.number("energy", tables.mean_energy_speedup, kPositive,
                                 Presence::kRequired, "Of the mobile energy.");
                 });
}

}  // namespace

std::vector<std::string> PublishedTables::networks() const {
  std::vector<std::string> names;
  for (const Split& split : splits) {
    if (std::find(names.begin(), names.end(), split.network) == names.end()) {
      names.push_back(split.network);
    }
  }
  return names;
}

const PublishedTables::Split* PublishedTables::find_split(std::string_view network,
                                                          std::string_view block) const {
  const auto it = std::find_if(splits.begin(), splits.end(), [&](const Split& split) {
    return split.network == network && split.block == block;
  });
  return it == splits.end() ? nullptr : &*it;
}

const PublishedTables::Strategy* PublishedTables::find_strategy(std::string_view strategy,
                                                                std::string_view network) const {
  const auto it = std::find_if(strategies.begin(), strategies.end(), [&](const Strategy& row) {
    return row.strategy == strategy && row.network == network;
  });
  return it == strategies.end() ? nullptr : &*it;
}

std::optional<std::int64_t> PublishedTables::chosen_channels(std::string_view block) const {
  const auto it = std::find_if(splits.begin(), splits.end(),
                               [&](const Split& split) { return split.block == block; });
  if (it == splits.end()) return std::nullopt;
  return it->channels;
}

std::optional<double> PublishedTables::butterfly_accuracy(std::string_view block,
                                                          std::int64_t channels) const {
  if (chosen_channels(block) == channels) {
    for (const Strategy& row : strategies) {
      if (row.strategy == "butterfly" && row.block == block) return row.accuracy;
    }
  }
  for (const Accuracy& bar : accuracies) {
    if (bar.block == block && bar.channels == channels) return bar.top1;
  }
  return std::nullopt;
}

PublishedTables load_published(const ProfileLibrary& library, const Bibliography& bibliography,
                               std::string_view name) {
  const std::filesystem::path folder = library.path_by_name("published", name);
  PublishedTables tables;
  tables.name = name;
  const Node root = load_yaml((folder / "claims.yaml").string());
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_claims(visitor, tables); }, diagnostics);
  bibliography.check(tables.source, root, "provenance", diagnostics);
  diagnostics.throw_if_any();
  read_tables(folder, tables);
  return tables;
}

}  // namespace papilio
