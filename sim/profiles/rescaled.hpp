#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/profiles/prediction.hpp"

namespace papilio {

/// What layers take on a device, by their work alone.
struct LayerLaw {
  std::function<double(const LayerWork&)> latency_s;
  std::string name;  ///< for people: "a roofline", "the regression over 5 tables"
};

/// The regression over a device's tables, of three networks or more.
/// @throws ConfigError if they have no layer that takes time
LayerLaw regression_law(const std::vector<KnownTable>& tables);
/// A device's roofline, at the slowness at which the table's whole time is right.
LayerLaw roofline_law(const Roofline& roofline, const KnownTable& table);

/// All layers of a network by a law, s: by whose ratio one length is near another.
double whole_s(const LayerLaw& law, const Graph& graph);

/// What the layers of a network take at another length of its sequences, "bert-base@256" or
/// "gpt2@1+255", by a table of the network at some length: each layer's own time, times what the
/// law says that its work has grown or shrunk by. A layer that the table has not, or has at no
/// time, as a decoder's cache, takes what the law says; one whose work is free at the table's
/// length keeps its time.
///
/// Energies follow likewise, those of new layers at the table's mean power.
LayerProfile rescaled(const KnownTable& table, const Graph& graph, const LayerLaw& law);

}  // namespace papilio
