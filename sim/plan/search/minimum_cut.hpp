#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace papilio {

/// What one vertex makes and others use.
struct CutTensor {
  std::size_t producer;
  std::vector<std::size_t> consumers;
  /// `[levels - 1]`, each >= 0 and perhaps infinite: what it costs to bring it from level b to
  /// level b + 1, once, however many use it there or beyond.
  std::vector<double> cost;
};

/// Vertices to be placed on levels that follow each other (mobile, edge, cloud), such that no
/// tensor goes back: none is used on an earlier level than where it is made.
/// Source: DADS (Hu et al., INFOCOM 2019), there for two levels.
struct CutProblem {
  std::size_t levels;  ///< 1 to 256
  std::vector<std::vector<double>>
      cost;  ///< `[vertices][levels]`, >= 0; infinite where it cannot be
  std::vector<CutTensor> tensors;
  /// `[levels - 1]`, >= 0: charged once if any vertex is beyond boundary b, that between the levels
  /// b and b + 1; a delay of the link, for example. Empty: nothing.
  std::vector<double> crossing;

  /// Leaves the vertex no level but one: inputs, for example, are on level 0.
  void pin(std::size_t vertex, std::size_t level);
};

/// Where each vertex is, and what that costs in all.
struct LevelPlacement {
  std::vector<std::uint8_t> levels;  ///< `[vertices]`
  double cost;
};

/// What a placement costs; infinite where a tensor goes back or a vertex is where it cannot be.
/// @param levels `[vertices]`, each below `problem.levels`
double cost_of(const CutProblem& problem, const std::vector<std::uint8_t>& levels);

/// The placement that costs least, by one maximum flow (docs/models/planning.md). Of several: each
/// vertex is on the earliest level that it has in any of them, which is one of them too. A vertex
/// that costs nothing and makes a tensor that costs nothing, such as stored parameters, is on level
/// 0 therefore, and used wherever it is needed.
///
/// Costs are rounded to whole multiples of 2^-60 to 2^-59 of what the placement on level 0 costs
/// (or where that is impossible, of all finite costs together), and the flow is exact in these. So
/// the placement costs more than the least by so much for each cost that it pays, at most.
/// @return nothing where no placement has a finite cost
std::optional<LevelPlacement> minimum_cut(const CutProblem& problem);

}  // namespace papilio
