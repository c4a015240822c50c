#include "sim/app/data_sheet.hpp"

#include <set>
#include <utility>

#include "models/networks/network_file.hpp"
#include "sim/app/catalogue.hpp"

namespace papilio {

std::vector<KnownTable> known_tables(const ProfileLibrary& library,
                                     const Bibliography& bibliography, const std::string& device) {
  std::vector<KnownTable> tables;
  for (const std::string& name : library.names("layers")) {
    if (!name.starts_with(device + "/")) continue;
    Graph graph = model_by_name(library, name.substr(device.size() + 1));
    LayerProfile profile = load_layer_profile(library, bibliography, device, graph);
    if (profile.provenance.kind == "predicted") continue;
    tables.push_back({std::move(graph), std::move(profile)});
  }
  return tables;
}

DataSheetWorth shipped_data_sheet_worth() {
  const ProfileLibrary library{{shipped_profiles()}};
  const Bibliography bibliography{library};
  DataSheetWorth worth;
  for (const std::string& name : library.names("devices")) {
    const Device device = load_device(library, bibliography, name);
    std::set<std::string> have;
    for (const KnownTable& table : known_tables(library, bibliography, name)) {
      const std::string& model = table.graph.name();
      // Of a network with tables at several lengths of its sequences the usual one counts.
      if (without_length(model) != model) continue;
      if (!has_data_sheet(device, table.profile.precision)) continue;
      double total_s = 0;
      for (const LayerProfile::Row& row : table.profile.rows) total_s += row.latency_s;
      worth.add_table(device, table.profile.precision, table.graph, total_s);
      have.insert(model);
    }
    for (const StatedTotal& total : device.totals) {
      // What is remembered proves nothing.
      if (total.provenance.kind == "recalled" || have.contains(total.model)) continue;
      const std::string precision = has_data_sheet(device, "fp32") ? "fp32" : "fp16";
      if (!has_data_sheet(device, precision)) continue;
      worth.add_total(device, precision, model_by_name(library, total.model), total.latency_s);
    }
  }
  return worth;
}

}  // namespace papilio
