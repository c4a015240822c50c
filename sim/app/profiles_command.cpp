#include <fmt/format.h>

#include <optional>

#include "sim/app/catalogue.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/units/prefixes.hpp"
#include "sim/paper/fit.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/published.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {
namespace {

/// Splits "device/model".
std::pair<std::string, std::string> split_profile_name(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return {name, ""};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

Document list_profiles(const ProfileLibrary& library, const Bibliography& bibliography) {
  Table layers{.columns = {{"profile", true},
                           {"precision", true},
                           {"latency ms"},
                           {"energy mJ"},
                           {"provenance", true}}};
  for (const std::string& name : library.names("layers")) {
    const auto [device, model] = split_profile_name(name);
    const LayerProfile profile =
        load_layer_profile(library, bibliography, device, model_by_name(library, model));
    double latency_s = 0;
    double energy_j = 0;
    for (const LayerProfile::Row& row : profile.rows) {
      latency_s += row.latency_s;
      energy_j += row.energy_j.value_or(0);
    }
    layers.rows.push_back({name, profile.precision, decimals(latency_s * 1e3, 3),
                           profile.has_energy() ? decimals(energy_j * 1e3, 3) : none(),
                           to_string(profile.provenance)});
  }
  Table published{.columns = {{"set", true}, {"title", true}, {"provenance", true}}};
  for (const std::string& name : library.names("published")) {
    const PublishedTables tables = load_published(library, bibliography, name);
    published.rows.push_back({name, tables.title, to_string(tables.source)});
  }
  return {.title = "Profiles",
          .sections = {{.title = "Layer profiles", .table = layers},
                       {.title = "Published tables", .table = published}}};
}

Document show_published(const ProfileLibrary& library, const Bibliography& bibliography,
                        const std::string& name) {
  const PublishedTables tables = load_published(library, bibliography, name);
  const auto ms = [](Seconds time) { return decimals(time.value() * 1e3, 1); };
  const auto mj = [](Joules energy) { return decimals(energy.value() * 1e3, 1); };
  Table splits{.columns = {{"network", true}, {"cut", true}, {"D_r"}, {"bytes"}, {"ms"}, {"mJ"}}};
  for (const PublishedTables::Split& split : tables.splits) {
    splits.rows.push_back({split.network, split.block, split.channels,
                           decimals(split.offload.value(), 0), ms(split.latency),
                           mj(split.energy)});
  }
  Table strategies{
      .columns = {
          {"strategy", true}, {"network", true}, {"cut", true}, {"ms"}, {"mJ"}, {"top-1 %"}}};
  for (const PublishedTables::Strategy& row : tables.strategies) {
    strategies.rows.push_back({row.strategy, row.network, row.block, ms(row.latency),
                               mj(row.energy), decimals(row.accuracy * 100, 1)});
  }
  Table accuracies{.columns = {{"cut", true}, {"D_r"}, {"top-1 %"}}};
  for (const PublishedTables::Accuracy& bar : tables.accuracies) {
    accuracies.rows.push_back({bar.block, bar.channels, decimals(bar.top1 * 100, 2)});
  }
  Table speedups{.columns = {{"network", true}, {"latency"}, {"energy"}}};
  for (const PublishedTables::Speedup& claim : tables.speedups) {
    speedups.rows.push_back({claim.network, claim.latency, claim.energy});
  }
  return {.title = name,
          .paragraphs = {fmt::format("{}: {} on {} and {}; {}.", tables.title, tables.model,
                                     tables.mobile, tables.cloud, to_string(tables.source))},
          .sections = {{.title = "Table IV", .table = splits},
                       {.title = "Table V", .table = strategies},
                       {.title = "Fig. 7, digitised", .table = accuracies},
                       {.title = "Speedups over cloud-only, as claimed",
                        .table = speedups,
                        .remarks = citations({tables.source}, bibliography)}}};
}

/// What a table was measured under, a row a condition; none if it was not measured.
std::vector<std::pair<std::string, TableCell>> condition_rows(const LayerProfile& profile) {
  if (!profile.conditions) return {};
  const LayerProfile::Conditions& conditions = *profile.conditions;
  const Estimate layers = profile.whole_by_layers();
  const auto us = [](double seconds) { return decimals(seconds * 1e6, 2); };
  std::vector<std::pair<std::string, TableCell>> rows{
      {"day", conditions.date},
      {"processor", conditions.processor},
      {"threads", conditions.threads},
      {"library", conditions.library},
      {"precision", profile.precision},
      {"passes", conditions.passes},
      {"passes far out", conditions.outliers},
      {"whole pass, us", us(conditions.whole_latency_s)},
      {"± us", us(conditions.whole_interval_s)},
      {"its layers, us", us(layers.value)},
      {"± us of them", layers.half_width ? us(*layers.half_width) : none("no interval recorded")}};
  if (const std::optional<Estimate> passes = profile.whole_by_passes()) {
    const TableCell disagreement = signed_decimals(100 * (layers.value / passes->value - 1), 1);
    rows.emplace_back("disagreement, %",
                      agree(layers, *passes)
                          ? disagreement
                          : TableCell::List{disagreement, "more than the intervals"});
  }
  if (conditions.frequency_hz) {
    rows.emplace_back("CPU, MHz", decimals(*conditions.frequency_hz / kMega, 0));
  }
  if (conditions.power_w) {
    rows.emplace_back("power from", conditions.power_from);
    rows.emplace_back("computing, W", *conditions.power_w);
  }
  if (conditions.idle_power_w) {
    rows.emplace_back("idle, W", *conditions.idle_power_w);
  }
  return rows;
}

Section conditions_of(const LayerProfile& profile) {
  Table table{.columns = {{"of the measurement", true}, {"value", true}}};
  for (const auto& [condition, value] : condition_rows(profile))
    table.rows.push_back({condition, value});
  return {.title = "Conditions", .table = std::move(table)};
}

Document show_profile(const ProfileLibrary& library, const Bibliography& bibliography,
                      const std::string& name) {
  if (!library.find("published", name).empty()) {
    return show_published(library, bibliography, name);
  }
  static_cast<void>(library.path_by_name("layers", name));  // tells the near names
  const auto [device, model] = split_profile_name(name);
  const Graph graph = model_by_name(library, model);
  const LayerProfile profile = load_layer_profile(library, bibliography, device, graph);
  Table table{
      .columns = {{"layer", true}, {"block", true}, {"MMAC"}, {"latency us"}, {"energy uJ"}}};
  if (profile.conditions) table.columns.push_back({"± us"});
  for (const LayerProfile::Row& row : profile.rows) {
    const Layer& layer = graph.layer(*graph.find_layer(row.layer));
    table.rows.push_back({row.layer, layer.block,
                          decimals(static_cast<double>(layer.macs) / kMega, 3),
                          decimals(row.latency_s * 1e6, 3),
                          row.energy_j ? decimals(*row.energy_j * 1e6, 3) : none()});
    if (profile.conditions) {
      table.rows.back().push_back(row.interval_s ? decimals(*row.interval_s * 1e6, 3) : none());
    }
  }
  Document document{
      .title = name,
      .paragraphs = {fmt::format("{}, {}.", profile.precision, to_string(profile.provenance))},
      .sections = {{.title = "Layers",
                    .table = table,
                    .remarks = citations({profile.provenance}, bibliography)}}};
  if (!profile.note.empty()) document.paragraphs.push_back(profile.note);
  if (profile.conditions) {
    document.sections.insert(document.sections.begin(), conditions_of(profile));
  }
  return document;
}

std::string profile_file(LayerProfile profile, const std::string& set) {
  return fmt::format(
      "# Made by 'papilio profiles derive {}'; do not edit.\n{}", set,
      write_fields([&](FieldVisitor& visitor) { describe_layer_profile(visitor, profile); }));
}

Document derive_profiles(const ProfileLibrary& library, const Bibliography& bibliography,
                         const std::string& set, const std::optional<std::string>& folder) {
  const PublishedTables tables = load_published(library, bibliography, set);
  // The tables speak of the radios that lie beside them, whatever else the user has.
  const ProfileLibrary beside{{library.folder_of("published", set)}};
  const UplinkByNetwork uplink = [&](const std::string& network) {
    return load_radio(beside, bibliography, network).radio.uplink;
  };
  const Graph graph = model_by_name(library, tables.model);
  const PaperFit fit = fit_paper(tables, graph, uplink);
  Document document{.title = fmt::format("Layer profiles derived from {}", set),
                    .paragraphs = {"docs/models/paper-profiles.md has the equations."}};
  Table segments{.columns = {{"up to", true}, {"c ms"}, {"spread ms"}, {"implied GMAC/s"}}};
  for (const Residual& residual : residuals_of_blocks(tables, graph, uplink)) {
    segments.rows.push_back({residual.block, decimals(residual.mean.value() * 1e3, 3),
                             decimals(residual.spread.value() * 1e3, 3),
                             decimals(residual.macs_per_s / kGiga, 0)});
  }
  document.sections.push_back(
      {.title = "Residuals",
       .paragraphs = {"c is the latency less the upload, the mean over the networks; the spread is "
                      "the largest distance of one network from it."},
       .table = segments});
  Table errors{
      .columns = {{"left out", true}, {"mean abs. dev. %"}, {"worst dev. %"}, {"at", true}}};
  for (const HeldOutError& error : leave_one_network_out(tables, uplink)) {
    errors.rows.push_back({error.network, decimals(error.mean * 100, 2),
                           signed_decimals(error.worst * 100, 2), error.worst_block});
  }
  document.sections.push_back(
      {.title = "Latencies of one network from the others'", .table = errors});
  if (folder) {
    for (const LayerProfile* profile : {&fit.mobile, &fit.cloud}) {
      OutputFolder out{std::filesystem::path{*folder} / "layers" / profile->device};
      out.add(profile->model + ".yaml", profile_file(*profile, set));
      out.commit();
      document.paragraphs.push_back(
          fmt::format("Wrote {}/{}.yaml.", out.path().string(), profile->model));
    }
  }
  return document;
}

}  // namespace

void profiles_command(const Words& words) {
  CatalogueLine line{"profiles",
                     "What each layer of a network costs on each device, how the tables that ship "
                     "with Papilio\nare derived from published ones. 'papilio compare' shows where "
                     "two tables differ.",
                     "jetson-tx2/resnet50-paper",
                     {{"derive", "derive SET [-o DIR]"}}};
  add_profiles_option(line.options());
  line.options().add_options()("output,o",
                               boost::program_options::value<std::string>()->value_name("DIR"),
                               "with derive: write the profiles to DIR/layers/DEVICE/MODEL.yaml");
  if (!line.parse(words)) return;
  if (line.options().has("output") && line.action() != "derive") {
    throw ConfigError{"papilio profiles: error: -o goes with derive"};
  }
  const ProfileLibrary library = library_of(line.options());
  const Bibliography bibliography{library};
  if (line.action() == "list") {
    print(list_profiles(library, bibliography), line.format(), line.is_wide());
  } else if (line.action() == "show") {
    print(show_profile(library, bibliography, line.name()), line.format(), line.is_wide());
  } else {
    std::optional<std::string> folder;
    if (line.options().has("output")) folder = line.options().get<std::string>("output");
    print(derive_profiles(library, bibliography, line.name(), folder), line.format(),
          line.is_wide());
  }
}

}  // namespace papilio
