#include <fmt/format.h>

#include <optional>

#include "models/zoo/zoo.hpp"
#include "sim/app/catalogue.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/profiles/device.hpp"
#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/paper_fit.hpp"
#include "sim/profiles/published.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {
namespace {

constexpr double kMega = 1e6;
constexpr double kGiga = 1e9;

Graph model_by_name(const std::string& name) {
  std::optional<Graph> graph = find_model(name);
  if (!graph) {
    throw ConfigError{
        fmt::format("papilio: error: unknown model '{}'{}", name, suggestion(name, zoo_names()))};
  }
  return std::move(*graph);
}

std::string shape_text(const TensorShape& shape) {
  return fmt::format("{}×{}×{}", shape.channels, shape.height, shape.width);
}

Document list_models() {
  Table table{
      .columns = {{"model"}, {"layers"}, {"cuts"}, {"parameters"}, {"GMAC"}, {"source", true}}};
  for (const ZooEntry& entry : zoo_entries()) {
    const Graph graph = entry.build();
    table.rows.push_back({entry.name, fmt::to_string(graph.layers().size()),
                          fmt::to_string(graph.cuts().size()), fmt::to_string(graph.parameters()),
                          fmt::format("{:.3f}", static_cast<double>(graph.macs()) / kGiga),
                          entry.source});
  }
  return {.title = "Models", .sections = {{.title = "Networks of the zoo", .table = table}}};
}

Document show_model(const Graph& graph) {
  Table layers{.columns = {{"layer"},
                           {"block", true},
                           {"kind", true},
                           {"output"},
                           {"MMAC"},
                           {"parameters"},
                           {"bytes at 8 bits"}}};
  for (const Layer& layer : graph.layers()) {
    layers.rows.push_back({layer.name, layer.block, std::string{kind_name(layer.op)},
                           shape_text(layer.shape),
                           fmt::format("{:.3f}", static_cast<double>(layer.macs) / kMega),
                           fmt::to_string(layer.parameters), fmt::to_string(layer.shape.bytes(8))});
  }
  Table cuts{.columns = {{"cut"},
                         {"after layer", true},
                         {"tensor"},
                         {"bytes at 8 bits"},
                         {"of the input"},
                         {"GMAC before"},
                         {"%"}}};
  const auto total = static_cast<double>(graph.macs());
  const auto input = static_cast<double>(graph.layers().front().shape.bytes(8));
  for (const Cut& cut : graph.cuts()) {
    const auto before = static_cast<double>(graph.macs(0, cut.after + 1));
    const std::int64_t bytes = cut.shape.bytes(8);
    cuts.rows.push_back(
        {cut.name, graph.layer(cut.after).name, shape_text(cut.shape), fmt::to_string(bytes),
         fmt::format("{:.2f}", static_cast<double>(bytes) / input),
         fmt::format("{:.3f}", before / kGiga), fmt::format("{:.1f}", before / total * 100)});
  }
  return {.title = graph.name(),
          .paragraphs = {fmt::format("{}: {} parameters, {:.3f} GMAC an image.", graph.title(),
                                     graph.parameters(), total / kGiga)},
          .sections = {{.title = "Layers", .table = layers},
                       {.title = "Cuts",
                        .paragraphs = {"Places where exactly one tensor crosses; the first is "
                                       "cloud-only."},
                        .table = cuts}}};
}

/// Splits "device/model".
std::pair<std::string, std::string> split_profile_name(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return {name, ""};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

Document list_profiles(const ProfileLibrary& library, const Bibliography& bibliography) {
  Table layers{
      .columns = {
          {"profile"}, {"precision", true}, {"latency ms"}, {"energy mJ"}, {"provenance", true}}};
  for (const std::string& name : library.names("layers")) {
    const auto [device, model] = split_profile_name(name);
    const LayerProfile profile =
        load_layer_profile(library, bibliography, device, model_by_name(model));
    double latency_s = 0;
    double energy_j = 0;
    for (const LayerProfile::Row& row : profile.rows) {
      latency_s += row.latency_s;
      energy_j += row.energy_j.value_or(0);
    }
    layers.rows.push_back({name, profile.precision, fmt::format("{:.3f}", latency_s * 1e3),
                           profile.has_energy() ? fmt::format("{:.3f}", energy_j * 1e3) : "",
                           to_string(profile.provenance)});
  }
  Table published{.columns = {{"set"}, {"title", true}, {"provenance", true}}};
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
  const auto ms = [](Seconds time) { return fmt::format("{:.1f}", time.value() * 1e3); };
  const auto mj = [](Joules energy) { return fmt::format("{:.1f}", energy.value() * 1e3); };
  Table splits{.columns = {{"network"}, {"cut", true}, {"D_r"}, {"bytes"}, {"ms"}, {"mJ"}}};
  for (const PublishedTables::Split& split : tables.splits) {
    splits.rows.push_back({split.network, split.block, fmt::to_string(split.channels),
                           fmt::format("{:.0f}", split.offload.value()), ms(split.latency),
                           mj(split.energy)});
  }
  Table strategies{
      .columns = {{"strategy"}, {"network", true}, {"cut", true}, {"ms"}, {"mJ"}, {"top-1 %"}}};
  for (const PublishedTables::Strategy& row : tables.strategies) {
    strategies.rows.push_back({row.strategy, row.network, row.block, ms(row.latency),
                               mj(row.energy), fmt::format("{:.1f}", row.accuracy * 100)});
  }
  Table accuracies{.columns = {{"cut"}, {"D_r"}, {"top-1 %"}}};
  for (const PublishedTables::Accuracy& bar : tables.accuracies) {
    accuracies.rows.push_back(
        {bar.block, fmt::to_string(bar.channels), fmt::format("{:.2f}", bar.top1 * 100)});
  }
  Table speedups{.columns = {{"network"}, {"latency"}, {"energy"}}};
  for (const PublishedTables::Speedup& claim : tables.speedups) {
    speedups.rows.push_back(
        {claim.network, fmt::to_string(claim.latency), fmt::to_string(claim.energy)});
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

Section conditions_of(const LayerProfile::Conditions& conditions) {
  Table table{.columns = {{"of the measurement"}, {"value", true}}};
  const auto us = [](double seconds) { return fmt::format("{:.2f}", seconds * 1e6); };
  table.rows = {{"day", conditions.date},
                {"processor", conditions.processor},
                {"threads", fmt::to_string(conditions.threads)},
                {"library", conditions.library},
                {"passes", fmt::to_string(conditions.passes)},
                {"passes far out", fmt::to_string(conditions.outliers)},
                {"whole pass, us", us(conditions.whole_latency_s)},
                {"± us", us(conditions.whole_interval_s)}};
  if (conditions.power_w) {
    table.rows.push_back({"power from", conditions.power_from});
    table.rows.push_back({"computing, W", fmt::to_string(*conditions.power_w)});
  }
  if (conditions.idle_power_w) {
    table.rows.push_back({"idle, W", fmt::to_string(*conditions.idle_power_w)});
  }
  return {.title = "Conditions", .table = std::move(table)};
}

Document show_profile(const ProfileLibrary& library, const Bibliography& bibliography,
                      const std::string& name) {
  if (!library.find("published", name).empty()) {
    return show_published(library, bibliography, name);
  }
  static_cast<void>(library.path_by_name("layers", name));  // tells the near names
  const auto [device, model] = split_profile_name(name);
  const Graph graph = model_by_name(model);
  const LayerProfile profile = load_layer_profile(library, bibliography, device, graph);
  Table table{.columns = {{"layer"}, {"block", true}, {"MMAC"}, {"latency us"}, {"energy uJ"}}};
  if (profile.conditions) table.columns.push_back({"± us"});
  for (const LayerProfile::Row& row : profile.rows) {
    const Layer& layer = graph.layer(*graph.find_layer(row.layer));
    table.rows.push_back({row.layer, layer.block,
                          fmt::format("{:.3f}", static_cast<double>(layer.macs) / kMega),
                          fmt::format("{:.3f}", row.latency_s * 1e6),
                          row.energy_j ? fmt::format("{:.3f}", *row.energy_j * 1e6) : ""});
    if (profile.conditions) {
      table.rows.back().push_back(row.interval_s ? fmt::format("{:.3f}", *row.interval_s * 1e6)
                                                 : "");
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
    document.sections.insert(document.sections.begin(), conditions_of(*profile.conditions));
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
  const Graph graph = model_by_name(tables.model);
  const PaperFit fit = fit_paper(tables, graph, uplink);
  Document document{.title = fmt::format("Layer profiles derived from {}", set),
                    .paragraphs = {"docs/models/paper-profiles.md has the equations."}};
  Table segments{.columns = {{"up to"}, {"c ms"}, {"spread ms"}, {"implied GMAC/s"}}};
  for (const Residual& residual : residuals_of_blocks(tables, graph, uplink)) {
    segments.rows.push_back({residual.block, fmt::format("{:.3f}", residual.mean.value() * 1e3),
                             fmt::format("{:.3f}", residual.spread.value() * 1e3),
                             fmt::format("{:.0f}", residual.macs_per_s / kGiga)});
  }
  document.sections.push_back(
      {.title = "Residuals",
       .paragraphs = {"c is the latency less the upload, the mean over the networks; the spread is "
                      "the largest distance of one network from it."},
       .table = segments});
  Table errors{.columns = {{"left out"}, {"mean abs. dev. %"}, {"worst dev. %"}, {"at", true}}};
  for (const HeldOutError& error : leave_one_network_out(tables, uplink)) {
    errors.rows.push_back({error.network, fmt::format("{:.2f}", error.mean * 100),
                           fmt::format("{:+.2f}", error.worst * 100), error.worst_block});
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

template <class Load>
Document list_named(const ProfileLibrary& library, std::string_view kind, const std::string& title,
                    const Load& load) {
  Table table{.columns = {{"name"}, {"title", true}}};
  for (const std::string& name : library.names(kind)) {
    table.rows.push_back({name, load(name).title});
  }
  return {.title = title, .sections = {{.title = "Known", .table = table}}};
}

/// Lists and shows things that are a title and constants: devices and radios.
template <class Load>
void constants_command(CatalogueLine line, const Words& words, std::string_view kind,
                       const std::string& title, const Load& load) {
  add_profiles_option(line.options());
  if (!line.parse(words)) return;
  const ProfileLibrary library = library_of(line.options());
  const Bibliography bibliography{library};
  const auto load_one = [&](const std::string& name) { return load(library, bibliography, name); };
  if (line.action() == "list") {
    print(list_named(library, kind, title, load_one), line.format());
    return;
  }
  const Described thing = load_one(line.name());
  print({.title = thing.name,
         .paragraphs = {thing.title},
         .sections = {constants_section(thing.constants, bibliography)}},
        line.format());
}

}  // namespace

void models_command(const Words& words) {
  CatalogueLine line{"models", "The networks that Papilio knows, their layers and their cuts.",
                     "resnet50"};
  if (!line.parse(words)) return;
  print(line.action() == "list" ? list_models() : show_model(model_by_name(line.name())),
        line.format());
}

void devices_command(const Words& words) {
  constants_command(
      {"devices", "The devices that Papilio knows, every constant with its source.", "jetson-tx2"},
      words, "devices", "Devices", load_device);
}

void radios_command(const Words& words) {
  constants_command(
      {"radios", "The radios that Papilio knows, every constant with its source.", "wifi"}, words,
      "radios", "Radios",
      [](const ProfileLibrary& library, const Bibliography& bibliography, const std::string& name) {
        return load_radio(library, bibliography, name).about;
      });
}

void profiles_command(const Words& words) {
  CatalogueLine line{"profiles",
                     "What each layer of a network costs on each device, and how the tables that "
                     "ship with Papilio\nare derived from published ones.",
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
    print(list_profiles(library, bibliography), line.format());
  } else if (line.action() == "show") {
    print(show_profile(library, bibliography, line.name()), line.format());
  } else {
    std::optional<std::string> folder;
    if (line.options().has("output")) folder = line.options().get<std::string>("output");
    print(derive_profiles(library, bibliography, line.name(), folder), line.format());
  }
}

}  // namespace papilio
