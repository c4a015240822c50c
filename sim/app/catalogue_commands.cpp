#include <fmt/format.h>

#include <optional>

#include "models/zoo/zoo.hpp"
#include "sim/app/catalogue.hpp"
#include "sim/base/error.hpp"
#include "sim/base/units/prefixes.hpp"
#include "sim/profiles/device.hpp"
#include "sim/radio/radio.hpp"

namespace papilio {
namespace {

Document list_models(const ProfileLibrary& library) {
  Table table{
      .columns = {
          {"model", true}, {"layers"}, {"cuts"}, {"parameters"}, {"GMAC"}, {"source", true}}};
  for (const ZooEntry& entry : zoo_entries()) {
    const Graph graph = entry.build();
    table.rows.push_back({entry.name, graph.layers().size(), graph.cuts().size(),
                          graph.parameters(),
                          decimals(static_cast<double>(graph.macs()) / kGiga, 3), entry.source});
  }
  Document document{.title = "Models",
                    .sections = {{.title = "Networks of the zoo", .table = std::move(table)}}};
  const std::vector<std::string> imported = library.names("models");
  if (imported.empty()) return document;
  Table more{.columns = {
                 {"model", true}, {"layers"}, {"cuts"}, {"parameters"}, {"GMAC"}, {"title", true}}};
  for (const std::string& name : imported) {
    const Graph graph = model_by_name(library, name);
    more.rows.push_back({name, graph.layers().size(), graph.cuts().size(), graph.parameters(),
                         decimals(static_cast<double>(graph.macs()) / kGiga, 3), graph.title()});
  }
  document.sections.push_back({.title = "Imported networks", .table = std::move(more)});
  return document;
}

/// Cuts through several tensors: before each what one layer needs.
Section wide_cuts_section(const Graph& graph) {
  Table table{
      .columns = {
          {"cut", true}, {"tensors"}, {"bytes at 8 bits"}, {"GMAC before"}, {"of them", true}}};
  for (const Layer& layer : graph.layers()) {
    const std::optional<Cut> cut = graph.find_cut(layer.name + "+");
    if (!cut || cut->crossing.size() < 2) continue;
    double macs = 0;
    for (const LayerId id : cut->before) macs += static_cast<double>(graph.layer(id).macs);
    std::string tensors;
    for (const LayerId id : cut->crossing) {
      tensors += (tensors.empty() ? "" : ", ") + graph.layer(id).name;
    }
    table.rows.push_back({cut->name, cut->crossing.size(), graph.bytes(*cut, 8),
                          decimals(macs / kGiga, 3), std::move(tensors)});
  }
  const std::optional<std::int64_t> all = graph.count_cuts();
  return {
      .title = "Cuts through several tensors",
      .paragraphs = {fmt::format(
          "Before each lies what one layer needs; of more layers, write their names with a plus "
          "between. In all there are {} ways to cut the network in two.",
          all ? std::to_string(*all) : "more than can be counted")},
      .table = std::move(table)};
}

/// @param wide whether cuts through several tensors are shown too
Document show_model(const Graph& graph, bool wide) {
  Table layers{.columns = {{"layer", true},
                           {"block", true},
                           {"kind", true},
                           {"output", false, Table::Type::kText},
                           {"MMAC"},
                           {"parameters"},
                           {"bytes at 8 bits"}}};
  for (const Layer& layer : graph.layers()) {
    layers.rows.push_back({layer.name, layer.block, std::string{kind_name(layer.op)},
                           text(layer.shape), decimals(static_cast<double>(layer.macs) / kMega, 3),
                           layer.weights_of ? 0 : layer.parameters, output_bytes(layer, 8)});
  }
  Table cuts{.columns = {{"cut", true},
                         {"after layer", true},
                         {"tensor", false, Table::Type::kText},
                         {"bytes at 8 bits"},
                         {"of the input"},
                         {"GMAC before"},
                         {"%"}}};
  const auto total = static_cast<double>(graph.macs());
  std::int64_t input_bytes = 0;
  for (const LayerId id : graph.inputs()) input_bytes += output_bytes(graph.layer(id), 8);
  const auto input = static_cast<double>(input_bytes);
  LayerId counted = 0;  // layers before the cut, whose MACs are summed as the cuts go on
  std::int64_t macs = 0;
  for (const Cut& cut : graph.cuts()) {
    macs += graph.macs(counted, cut.after + 1);
    counted = cut.after + 1;
    const auto before = static_cast<double>(macs);
    const std::int64_t bytes = graph.bytes(cut, 8);
    cuts.rows.push_back({cut.name, graph.layer(cut.after).name, text(cut.shape), bytes,
                         decimals(static_cast<double>(bytes) / input, 2),
                         decimals(before / kGiga, 3), decimals(before / total * 100, 1)});
  }
  std::vector<std::string> paragraphs{fmt::format("{}: {}, {:.3f} GMAC {}.", graph.title(),
                                                  parameters_text(graph), total / kGiga,
                                                  takes_pictures(graph) ? "an image" : "a sample")};
  for (const std::string& note : graph.notes()) paragraphs.push_back(note);
  Document document{.title = graph.name(), .paragraphs = std::move(paragraphs), .sections = {}};
  document.sections.push_back({.title = "Layers", .table = std::move(layers)});
  document.sections.push_back(
      {.title = "Cuts",
       .paragraphs = {"Places where exactly one tensor crosses; the first is cloud-only."},
       .table = std::move(cuts)});
  if (wide) document.sections.push_back(wide_cuts_section(graph));
  return document;
}

template <class Load>
Document list_named(const ProfileLibrary& library, std::string_view kind, const std::string& title,
                    const Load& load) {
  Table table{.columns = {{"name", true}, {"title", true}}};
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
    print(list_named(library, kind, title, load_one), line.format(), line.is_wide());
    return;
  }
  const auto thing = load_one(line.name());
  print({.title = thing.name,
         .paragraphs = {thing.title},
         .sections = {constants_section(thing.constants, bibliography)}},
        line.format(), line.is_wide());
}

}  // namespace

void models_command(const Words& words) {
  CatalogueLine line{"models", "The networks that Papilio knows, their layers and their cuts.",
                     "resnet50"};
  add_profiles_option(line.options());
  line.options().add_options()(
      "cuts",
      boost::program_options::value<std::string>()->default_value("one")->value_name("WHICH"),
      "show: places where one tensor crosses, or all: also those where several do, and how many "
      "there are");
  if (!line.parse(words)) return;
  const auto cuts = line.options().get<std::string>("cuts");
  if (cuts != "one" && cuts != "all") {
    throw ConfigError{fmt::format("papilio models: error: --cuts is one or all, not '{}'", cuts)};
  }
  const ProfileLibrary library = library_of(line.options());
  print(line.action() == "list" ? list_models(library)
                                : show_model(model_by_name(library, line.name()), cuts == "all"),
        line.format(), line.is_wide());
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

}  // namespace papilio
