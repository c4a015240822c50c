#pragma once

#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/plan.hpp"
#include "sim/plan/price.hpp"

namespace papilio {

/// One pass of a decoder, and what its layers take: over the prompt, or over one token more.
struct Pass {
  const Graph& graph;
  Devices devices;
};

/// The plans of a decoder that reads a prompt, and then its own tokens one after another, each tier
/// keeping the keys and values of the layers that run there.
///
/// The tier of the last layers knows each token first. Where the first layers run elsewhere than on
/// the mobile, behind a cut of the inputs, it goes on at once and streams the token to the mobile;
/// else the token goes to the tier of the first layers, and the next pass begins when it has come.
class Generation {
 public:
  /// @param prompt     the pass that reads the prompt, and gives the first token
  /// @param placements of the prompt's network, without units
  Generation(const Pass& prompt, std::vector<Placement> placements);

  /// One more token.
  /// @param step reads the token before it; its network has the prompt's cuts, by name
  void add(const Pass& step);

  /// `[placements]`, without names. Their answers, one for each token, have no size yet.
  [[nodiscard]] std::vector<Plan> take() { return std::move(plans_); }

 private:
  std::vector<Placement> placements_;
  std::vector<Plan> plans_;
};

}  // namespace papilio
