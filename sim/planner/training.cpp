#include "sim/planner/training.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/plan/search/routes.hpp"

namespace papilio {
namespace {

constexpr std::size_t kOnMobile = 0;
constexpr double kBytesOfReal = 4;

/// The criteria that a pass takes more of with more pictures: all but what is stored.
Spend scaled(Spend spend, double times) {
  for (const Criterion criterion :
       {Criterion::kLatency, Criterion::kEnergy, Criterion::kCloudTime}) {
    spend[criterion] *= times;
  }
  return spend;
}

/// What a table says one picture takes, s.
double one_picture(const LayerProfile& profile) {
  if (!profile.batches.empty() && profile.batches.front().pictures == 1) {
    return profile.batches.front().latency_s;
  }
  return profile.whole_by_passes().value_or(profile.whole_by_layers()).value;
}

/// The weights of layers, as reals; of several that share some, the first has them.
Bytes trained(const Graph& graph, const std::vector<LayerId>& layers) {
  double numbers = 0;
  for (const LayerId id : layers) {
    const Layer& layer = graph.layer(id);
    if (!layer.weights_of) numbers += static_cast<double>(layer.parameters);
  }
  return Bytes{numbers * kBytesOfReal};
}

/// What is left out of a segment whose passes run on these tiers.
std::vector<TrainingPart> left_out(const TrainingCosts& costs, std::size_t segment,
                                   std::size_t forward, std::size_t backward) {
  using Kind = TrainingPart::Kind;
  if (forward == backward) return {};
  // A forward pass needs the newest weights in each step, however seldom the mobile gets them.
  const Bytes paid = forward == kOnMobile ? costs.download(segment) : Bytes{0};
  const Bytes stored = costs.activations(segment);
  const Bytes renewed = costs.weights(segment) - paid;
  return {
      {Kind::kStored, segment, forward, backward, stored, costs.message(forward, backward, stored)},
      {Kind::kRenewed, segment, backward, forward, renewed,
       costs.cargo(backward, forward, renewed)}};
}

void add_bytes(const TrainingPart& part, TrainingPlan& plan) {
  if (part.from == part.to) return;
  if (part.from == kOnMobile) plan.upload += part.size;
  if (part.to == kOnMobile) plan.download += part.size;
}

}  // namespace

BatchMultiple batch_multiple(const LayerProfile& profile, std::int64_t pictures) {
  const double one = one_picture(profile);
  const auto linear = static_cast<double>(pictures);
  const bool measured = std::any_of(profile.batches.begin(), profile.batches.end(),
                                    [](const auto& batch) { return batch.pictures > 1; });
  if (pictures == 1 || !measured || !(one > 0)) return {.times = linear};
  double below = 1;
  double below_s = one;
  for (const LayerProfile::Batch& batch : profile.batches) {
    const auto here = static_cast<double>(batch.pictures);
    if (batch.pictures >= pictures && here > below) {
      const double share = (linear - below) / (here - below);
      return {.times = (below_s + share * (batch.latency_s - below_s)) / one, .measured = true};
    }
    below = here;
    below_s = batch.latency_s;
  }
  return {.times = below_s / one * linear / below, .measured = true};
}

TrainingCosts::TrainingCosts(const Graph& graph, std::vector<Tier> tiers, const StepCosts& costs,
                             const TrainingSettings& settings,
                             const std::vector<BatchMultiple>& factors)
    : tiers_{std::move(tiers)},
      costs_{costs},
      network_{chain_of(graph, tiers_, costs, settings.bits)},
      backward_{settings.backward},
      sync_every_{settings.sync_every} {
  PAPILIO_CHECK(factors.size() == tiers_.size() && settings.batch >= 1 && sync_every_ >= 1);
  for (const BatchMultiple& factor : factors) factors_.push_back(factor.times);
  const auto pictures = static_cast<double>(settings.batch);
  for (std::size_t segment = 0; segment < segments(); ++segment) {
    const int bits = segment == 0 ? settings.input_bits : settings.bits;
    activations_.push_back(
        Bytes{pictures * static_cast<double>(graph.bytes(network_.cuts[segment], bits))});
    weights_.push_back(trained(graph, network_.layers[segment]));
  }
  outputs_ =
      Bytes{pictures * static_cast<double>(output_bytes(graph.layers().back(), settings.bits))};
}

Spend TrainingCosts::forward(std::size_t segment, std::size_t tier) const {
  return scaled(network_.chain.compute(segment, tier), factors_[tier]);
}

Spend TrainingCosts::backward(std::size_t segment, std::size_t tier) const {
  Spend spend = scaled(network_.chain.compute(segment, tier), factors_[tier] * backward_);
  for (const Criterion stored :
       {Criterion::kMobileWeights, Criterion::kEdgeWeights, Criterion::kCloudWeights}) {
    spend[stored] = 0;
  }
  return spend;
}

Spend TrainingCosts::message(std::size_t from, std::size_t to, Bytes size) const {
  return from == to ? Spend{} : costs_.move(tiers_[from], tiers_[to], size);
}

Spend TrainingCosts::cargo(std::size_t from, std::size_t to, Bytes size) const {
  Spend spend = message(from, to, size);
  const Spend empty = message(from, to, Bytes{0});
  for (std::size_t i = 0; i < kCriteria; ++i) {
    const auto criterion = static_cast<Criterion>(i);
    spend[criterion] -= empty[criterion];
  }
  return spend;
}

std::vector<TrainingPart> parts_of(const TrainingCosts& costs, const TrainingPlacement& placement) {
  using Kind = TrainingPart::Kind;
  const std::size_t segments = costs.segments();
  PAPILIO_CHECK(placement.forward.size() == segments && placement.backward.size() == segments);
  std::vector<TrainingPart> parts;
  std::size_t at = kOnMobile;
  const auto move = [&](Kind kind, std::size_t segment, std::size_t to, Bytes size) {
    if (at != to) parts.push_back({kind, segment, at, to, size, costs.message(at, to, size)});
    at = to;
  };
  for (std::size_t segment = 0; segment < segments; ++segment) {
    move(Kind::kActivations, segment, placement.forward[segment], costs.activations(segment));
    parts.push_back({Kind::kForward, segment, at, at, Bytes{0}, costs.forward(segment, at)});
  }
  move(Kind::kOutputs, segments - 1, placement.backward[segments - 1], costs.outputs());
  for (std::size_t segment = segments; segment-- > 0;) {
    if (segment + 1 < segments) {
      move(Kind::kGradients, segment + 1, placement.backward[segment],
           costs.gradients(segment + 1));
    }
    parts.push_back({Kind::kBackward, segment, at, at, Bytes{0}, costs.backward(segment, at)});
  }
  move(Kind::kDone, 0, kOnMobile, Bytes{0});
  for (std::size_t segment = 0; segment < segments; ++segment) {
    const std::size_t trained_at = placement.backward[segment];
    const Bytes size = costs.download(segment);
    if (trained_at == kOnMobile || !(size > Bytes{0})) continue;
    parts.push_back({Kind::kWeights, segment, trained_at, kOnMobile, size,
                     costs.cargo(trained_at, kOnMobile, size)});
  }
  return parts;
}

std::vector<TrainingPart> left_out_of(const TrainingCosts& costs,
                                      const TrainingPlacement& placement) {
  std::vector<TrainingPart> all;
  for (std::size_t segment = 0; segment < costs.segments(); ++segment) {
    for (const TrainingPart& part :
         left_out(costs, segment, placement.forward[segment], placement.backward[segment])) {
      all.push_back(part);
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const TrainingPart& a, const TrainingPart& b) { return a.kind < b.kind; });
  return all;
}

TrainingPlan plan_of(const TrainingCosts& costs, TrainingPlacement placement, bool pays_all) {
  TrainingPlan plan{.placement = std::move(placement), .pays_all = pays_all};
  for (const TrainingPart& part : parts_of(costs, plan.placement)) {
    plan.spend += part.spend;
    add_bytes(part, plan);
  }
  for (const TrainingPart& part : left_out_of(costs, plan.placement)) {
    if (pays_all) add_bytes(part, plan);
    (pays_all ? plan.spend : plan.unpaid_spend) += part.spend;
    if (!pays_all) plan.unpaid += part.size;
  }
  return plan;
}

TrainingPlan single_platform(const TrainingCosts& costs, std::size_t tier) {
  const std::vector<std::uint8_t> all(costs.segments(), static_cast<std::uint8_t>(tier));
  return plan_of(costs, {.forward = all, .backward = all});
}

Chain coupled_chain(const TrainingCosts& costs) {
  const std::size_t tiers = costs.tiers().size();
  Chain chain{costs.segments(), tiers};
  for (std::size_t step = 0; step < costs.segments(); ++step) {
    for (std::size_t to = 0; to < tiers; ++to) {
      chain.compute(step, to) = costs.forward(step, to) + costs.backward(step, to) +
                                costs.cargo(to, kOnMobile, costs.download(step));
      for (std::size_t from = 0; from < tiers; ++from) {
        // Before the first segment nothing goes back but that the step is over: a message of no
        // gradients.
        chain.move(step, from, to) = costs.message(from, to, costs.activations(step)) +
                                     costs.message(to, from, costs.gradients(step));
      }
    }
  }
  return chain;
}

Chain free_chain(const TrainingCosts& costs) {
  const std::size_t tiers = costs.tiers().size();
  const std::size_t segments = costs.segments();
  Chain chain{2 * segments, tiers};
  for (std::size_t to = 0; to < tiers; ++to) {
    for (std::size_t segment = 0; segment < segments; ++segment) {
      const std::size_t mirror = 2 * segments - 1 - segment;
      chain.compute(segment, to) = costs.forward(segment, to);
      chain.compute(mirror, to) =
          costs.backward(segment, to) + costs.cargo(to, kOnMobile, costs.download(segment));
      for (std::size_t from = 0; from < tiers; ++from) {
        chain.move(segment, from, to) = costs.message(from, to, costs.activations(segment));
        // The mirror of the move into a segment is the one out of it, after its backward pass.
        chain.move(mirror + 1, from, to) = costs.message(from, to, costs.gradients(segment));
      }
    }
    for (std::size_t from = 0; from < tiers; ++from) {
      chain.move(segments, from, to) = costs.message(from, to, costs.outputs());
    }
  }
  return chain;
}

Chain paid_chain(const TrainingCosts& costs) {
  const std::size_t tiers = costs.tiers().size();
  const std::size_t pairs = tiers * tiers;
  Chain chain{costs.segments(), pairs};
  for (std::size_t to = 0; to < pairs; ++to) {
    const std::size_t forward = to / tiers;
    const std::size_t backward = to % tiers;
    for (std::size_t step = 0; step < costs.segments(); ++step) {
      Spend& compute = chain.compute(step, to);
      compute = costs.forward(step, forward) + costs.backward(step, backward) +
                costs.cargo(backward, kOnMobile, costs.download(step));
      for (const TrainingPart& part : left_out(costs, step, forward, backward)) {
        compute += part.spend;
      }
      for (std::size_t from = 0; from < pairs; ++from) {
        chain.move(step, from, to) = costs.message(from / tiers, forward, costs.activations(step)) +
                                     costs.message(backward, from % tiers, costs.gradients(step));
      }
    }
    chain.move(costs.segments(), to, kOnMobile) = costs.message(forward, backward, costs.outputs());
  }
  return chain;
}

TrainingPlan best_coupled(const TrainingCosts& costs, const Spend& weights) {
  const std::optional<Route> route = shortest_route(coupled_chain(costs), weights);
  PAPILIO_CHECK(route.has_value());
  return plan_of(costs, {.forward = route->tiers, .backward = route->tiers});
}

TrainingPlan best_free(const TrainingCosts& costs, const Spend& weights) {
  const std::optional<Route> route = shortest_route(free_chain(costs), weights);
  PAPILIO_CHECK(route.has_value());
  const auto middle = route->tiers.begin() + static_cast<std::ptrdiff_t>(costs.segments());
  return plan_of(
      costs, {.forward = {route->tiers.begin(), middle},
              .backward = {route->tiers.rbegin(),
                           route->tiers.rend() - static_cast<std::ptrdiff_t>(costs.segments())}});
}

TrainingPlan best_paid(const TrainingCosts& costs, const Spend& weights) {
  const std::optional<Route> route = shortest_route(paid_chain(costs), weights);
  PAPILIO_CHECK(route.has_value());
  TrainingPlacement placement;
  for (const std::uint8_t pair : route->tiers) {
    placement.forward.push_back(static_cast<std::uint8_t>(pair / costs.tiers().size()));
    placement.backward.push_back(static_cast<std::uint8_t>(pair % costs.tiers().size()));
  }
  return plan_of(costs, std::move(placement), true);
}

}  // namespace papilio
