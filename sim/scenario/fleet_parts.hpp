#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sim/play/fleet/model.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/fleet_scenario.hpp"
#include "sim/scenario/fleet_spec.hpp"
#include "sim/scenario/profile_cache.hpp"
#include "sim/scenario/source.hpp"

/// The parts that `load_fleet` makes a fleet's model of, each in a source of its own. Every one
/// fills in a list of the model from that of the specification, and tells `checker` what is wrong.
namespace papilio {

/// What the parts of a fleet are made of and into.
struct FleetParts {
  FleetScenario& fleet;
  const ScenarioSource& source;
  ProfileCache& profiles;
  Checker& checker;
};

/// Makes the cells with the timelines of their rates; notes the traces that these play.
void build_cells(const FleetParts& parts);

/// Makes the servers with their batches, other people's load and faults.
void build_servers(const FleetParts& parts);

/// Makes the groups of mobiles with their arrivals and recovery; those that have a task get their
/// one partition.
void build_groups(const FleetParts& parts);

/// Checks that the requests of groups that let them overlap have nothing that is not modelled
/// together with it.
/// @param parts whose groups are made and priced
void check_overlaps(const FleetParts& parts);

/// Checks that the keys of a random factor go together.
void check_variation(const VariationSpec& variation, const std::string& path, Checker& checker);

Variation variation_of(const VariationSpec& spec);

/// Stretches of time must be ordered and apart.
template <class Span>
void check_spans(const std::vector<Span>& spans, const std::string& path, Checker& checker) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].to_s <= spans[i].from_s) {
      checker.error(fmt::format("{}.{}.to_s", path, i),
                    fmt::format("must be after from_s, which is {}", spans[i].from_s));
    }
    if (i > 0 && spans[i].from_s < spans[i - 1].to_s) {
      checker.error(fmt::format("{}.{}.from_s", path, i),
                    fmt::format("must not be before {}, the end of the one above; order them "
                                "and let them not overlap",
                                spans[i - 1].to_s));
    }
  }
}

}  // namespace papilio
