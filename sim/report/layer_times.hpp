#pragma once

#include <set>
#include <string>

#include "sim/profiles/layer_profile.hpp"

namespace papilio {

/// A paragraph that says which tables of layer times the results rest on: measured, published,
/// derived or predicted, how far off predictions are, and what measured ones know of their error;
/// empty without tables.
std::string layer_times_text(const std::set<TableOrigin>& tables);

}  // namespace papilio
