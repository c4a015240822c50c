#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "models/measure/agreement.hpp"
#include "models/tensor/network.hpp"
#include "sim/base/stats/estimate.hpp"

namespace papilio {

/// When a measurement has seen enough.
struct MeasureSpec {
  double precision{0.02};  ///< of the half-width of the median's interval over the median, > 0
  std::size_t least{30};   ///< passes, >= 10
  std::size_t most{3000};  ///< passes, >= `least`
  double limit_s{60};      ///< > 0; the passes that `least` asks for are made in any case
  std::size_t warm_up{5};  ///< passes that are not counted
  /// Before each pass, >= 0: as between a user's requests, so that caches are as cold as in use.
  double pause_s{0};
  double small_share{0.01};  ///< layers below that share of the whole need not be precise
};

/// Any inputs, the same each time, for a network that is measured.
/// @return `[count × …]` each, on its device and of its type
Network::Tensors random_inputs(const Network& network, std::int64_t count);

/// Half of an interval by the value that it is around; 0 where either is not known.
double relative_half_width(const Estimate& estimate);

/// What a forward pass costs, layer by layer.
struct LayerTimes {
  std::vector<Estimate> layers;  ///< median of each, s, in the graph's order; the input's is 0
  Estimate whole;                ///< median of passes with no clock between the layers, s
  std::size_t passes{0};         ///< of each of the two kinds
  std::size_t outliers{0};  ///< whole passes beyond the third quartile by 3 times the others' range
  double worst{0};          ///< greatest relative half-width of a layer that is not small
  bool precise{false};      ///< whether `precision` was reached

  /// The layers added up, beside the whole.
  [[nodiscard]] Agreement agreement() const { return agreement_of(layers, whole); }
  /// Sum of the layers' medians, s.
  [[nodiscard]] double sum() const;
};

/// How far a measurement is.
struct MeasureProgress {
  std::size_t passes{0};
  double elapsed_s{0};
  double worst{1};  ///< as in LayerTimes, so far
};

/// Times the layers of a network as they run one after the other in a forward pass, in turn with
/// passes that are timed as a whole, until every layer that matters is known to `precision` and
/// both kinds of passes agree, or `limit_s` or `most` is reached. On an accelerator the clock is
/// read when the device has caught up.
/// @param input `[n × channels × height × width]`
/// @param watch called after every pair of passes
/// @throws whatever `watch` throws, e.g. Interrupted
LayerTimes measure_layers(const Network& network, const Network::Tensors& inputs,
                          const MeasureSpec& spec,
                          const std::function<void(const MeasureProgress&)>& watch);

/// Times passes as a whole, until their median is known to `precision`, or `limit_s` or `most` is
/// reached.
/// @param watch called after every pass
/// @return the median, s
Estimate measure_passes(const Network& network, const Network::Tensors& inputs,
                        const MeasureSpec& spec, const std::function<void()>& watch);

}  // namespace papilio
