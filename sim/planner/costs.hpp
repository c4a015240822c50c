#pragma once

#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/estimate.hpp"
#include "sim/plan/price.hpp"
#include "sim/plan/search/spend.hpp"
#include "sim/scenario/spec.hpp"

namespace papilio {

/// What a step of a plan costs by itself, on a radio under conditions. A plan's costs are the sums
/// of its steps': `closed_form` of plans of one stage says what each is, so that there is one
/// model.
class StepCosts {
 public:
  /// @param graph   the network; it and the devices must outlive this
  /// @param use     of the radio, before the conditions
  /// @param energies_known whether the mobile's layers have energies; else what they spend is
  ///        infinite, for it keeps no limit
  StepCosts(const Graph& graph, const Devices& devices, const RadioUse& use,
            const ConditionsSpec& conditions, bool energies_known);

  /// Layers on a tier, with what it must store for them.
  [[nodiscard]] Spend compute(const std::vector<LayerId>& layers, Tier at) const;
  /// A tensor on its way.
  [[nodiscard]] Spend move(Tier from, Tier to, Bytes size) const;
  /// The answer on its way to the mobile; nothing where it is there.
  [[nodiscard]] Spend answer(Tier from) const;

 private:
  [[nodiscard]] Spend of(const Stage& stage) const;

  const Graph& graph_;
  Devices devices_;
  RadioUse use_;
  const ConditionsSpec& conditions_;
  bool energies_known_;
};

}  // namespace papilio
