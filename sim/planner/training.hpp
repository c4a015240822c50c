#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/graph/graph.hpp"
#include "sim/plan/search/chain.hpp"
#include "sim/planner/costs.hpp"
#include "sim/planner/network_chain.hpp"
#include "sim/profiles/layer_profile.hpp"

namespace papilio {

/// How a network is trained, a step at a time: docs/models/training-offload.md.
struct TrainingSettings {
  std::int64_t batch{1};  ///< pictures of one step, >= 1
  int bits{32};           ///< of one number of an activation or a gradient that crosses, in 1..32
  int input_bits{8};      ///< of one number of an input that crosses, in 1..32
  double backward{2};     ///< what a backward pass takes, by its forward pass; >= 0; assumed
  std::int64_t sync_every{1};  ///< the mobile gets new weights once in so many steps, >= 1
};

/// By what a batch multiplies the time and the energy of one picture.
struct BatchMultiple {
  double times{1};
  bool measured{false};  ///< whether a table's measured batches say so; else it is linear
};

/// Between two measured batches a factor lies on the line through them, beyond the greatest on the
/// line through it and 0.
/// @param pictures >= 1
BatchMultiple batch_multiple(const LayerProfile& profile, std::int64_t pictures);

/// What the parts of one training step cost, on a radio under conditions. The network's segments
/// are the steps of its `NetworkChain`; tiers are positions in the list that it is made with.
class TrainingCosts {
 public:
  /// @param graph   what it and `costs` refer to must outlive this
  /// @param tiers   the first is the mobile
  /// @param factors `[tiers]`: what a batch takes there
  TrainingCosts(const Graph& graph, std::vector<Tier> tiers, const StepCosts& costs,
                const TrainingSettings& settings, const std::vector<BatchMultiple>& factors);

  [[nodiscard]] std::size_t segments() const { return network_.cuts.size(); }
  [[nodiscard]] const std::vector<Tier>& tiers() const { return tiers_; }
  [[nodiscard]] const NetworkChain& network() const { return network_; }

  /// A pass of the batch through a segment on a tier, with what the tier stores for it.
  [[nodiscard]] Spend forward(std::size_t segment, std::size_t tier) const;
  /// The way back, which stores nothing more.
  [[nodiscard]] Spend backward(std::size_t segment, std::size_t tier) const;
  /// What the batch brings into a segment: its inputs or its activations.
  [[nodiscard]] Bytes activations(std::size_t segment) const { return activations_[segment]; }
  /// What goes back from a segment to the one before: as much, but none to the inputs.
  [[nodiscard]] Bytes gradients(std::size_t segment) const {
    return segment == 0 ? Bytes{0} : activations_[segment];
  }
  /// The network's answers for the batch.
  [[nodiscard]] Bytes outputs() const { return outputs_; }
  /// Weights of a segment that one step changes, as reals. Weights that several layers use belong
  /// to the first of them.
  [[nodiscard]] Bytes weights(std::size_t segment) const { return weights_[segment]; }
  /// The share of them that a step brings to the mobile where they are trained elsewhere.
  [[nodiscard]] Bytes download(std::size_t segment) const {
    return weights_[segment] / static_cast<double>(sync_every_);
  }

  /// What a message costs between tiers; nothing from a tier to itself.
  [[nodiscard]] Spend message(std::size_t from, std::size_t to, Bytes size) const;
  /// What bytes add to a message that is sent anyway.
  [[nodiscard]] Spend cargo(std::size_t from, std::size_t to, Bytes size) const;

 private:
  std::vector<Tier> tiers_;
  StepCosts costs_;
  NetworkChain network_;
  std::vector<double> factors_;  // [tiers]
  double backward_;
  std::int64_t sync_every_;
  std::vector<Bytes> activations_;  // [segments]
  std::vector<Bytes> weights_;      // [segments]
  Bytes outputs_;
};

/// On which tiers a step runs.
struct TrainingPlacement {
  std::vector<std::uint8_t> forward;   ///< `[segments]`
  std::vector<std::uint8_t> backward;  ///< `[segments]`
};

/// A part of a training step.
struct TrainingPart {
  enum class Kind : std::uint8_t {
    kForward,
    kActivations,  ///< into the segment
    kOutputs,      ///< where the backward pass begins elsewhere than the forward pass ends
    kBackward,
    kGradients,  ///< out of the segment, to the one before it
    kWeights,    ///< to the mobile, behind the step's last message
    kDone,       ///< that the step is over, to the mobile
    kStored,     ///< the segment's inputs, from its forward to its backward pass
    kRenewed,    ///< its weights, from its backward pass to the next step's forward pass
  };
  Kind kind;
  std::size_t segment;
  std::size_t from;  ///< position of a tier
  std::size_t to;    ///< likewise; of a pass the same
  Bytes size;        ///< 0 of a pass
  Spend spend;
};

/// The parts of a step, in the order of its life, the weights last.
std::vector<TrainingPart> parts_of(const TrainingCosts& costs, const TrainingPlacement& placement);

/// What a step needs beside its parts where a segment's forward and backward pass run on different
/// tiers: its stored input has to get to the backward pass, and the new weights to the forward
/// pass, but for the share that goes to the mobile anyway. The inputs first.
std::vector<TrainingPart> left_out_of(const TrainingCosts& costs,
                                      const TrainingPlacement& placement);

/// A placement and what one step of it costs.
struct TrainingPlan {
  TrainingPlacement placement;
  bool pays_all{false};  ///< whether what `left_out_of` says is among its parts
  Spend spend;           ///< the sum of its parts
  Bytes upload;          ///< that the mobile sends
  Bytes download;        ///< that the mobile receives
  Bytes unpaid;          ///< of what is left out
  Spend unpaid_spend;    ///< what that would cost
};
TrainingPlan plan_of(const TrainingCosts& costs, TrainingPlacement placement,
                     bool pays_all = false);

/// Everything on one tier.
TrainingPlan single_platform(const TrainingCosts& costs, std::size_t tier);

/// Training as a chain in which each segment's forward and backward pass share a tier, for the
/// backward pass needs what the forward pass stored and the forward pass what the backward pass has
/// learnt. A step is both passes of a segment, and each change of tier is crossed twice: by
/// activations on the way there, by gradients on the way back.
Chain coupled_chain(const TrainingCosts& costs);

/// Training as JointDNN has it: 2N steps, the segments and then their mirror, each on any tier.
/// What `TrainingPlan::unpaid` counts costs nothing, so its shortest path is a lower bound. Source:
/// JointDNN (arXiv 1801.08618), Section 3.
Chain free_chain(const TrainingCosts& costs);

/// As free, with what is left out paid for: a chain of N steps over pairs of tiers, the forward
/// pass's and the backward pass's, the pair (f, b) at f · tiers + b.
Chain paid_chain(const TrainingCosts& costs);

/// The shortest paths, as plans. Exact.
/// @param weights each >= 0 and finite
TrainingPlan best_coupled(const TrainingCosts& costs, const Spend& weights);
TrainingPlan best_free(const TrainingCosts& costs, const Spend& weights);
TrainingPlan best_paid(const TrainingCosts& costs, const Spend& weights);

}  // namespace papilio
