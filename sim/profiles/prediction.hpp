#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/profiles/layer_profile.hpp"
#include "sim/profiles/regression.hpp"
#include "sim/profiles/roofline.hpp"

namespace papilio {

/// Networks on a device from which a regression learns more than a data sheet says.
inline constexpr std::size_t kEnoughToLearn = 3;

/// What a network is called without the length of its sequences: "gpt2" of "gpt2@1+128".
std::string without_length(std::string_view model);

/// A network and what its layers take on a device, as it was measured or published.
struct KnownTable {
  Graph graph;
  LayerProfile profile;
};

/// A network whose whole time on a device is known, but not its layers'.
struct KnownTotal {
  /// Layers from the end of the part before (else from the first) to `last`, included.
  struct Part {
    LayerId last{0};
    double latency_s{0};             ///< > 0
    std::optional<double> energy_j;  ///< > 0; of each part or of none, as of the whole
  };
  Graph graph;
  double latency_s{0};             ///< > 0, and more than that of the parts
  std::optional<double> energy_j;  ///< likewise
  /// With ascending `last`, none of which is the last layer: what follows has the rest.
  std::vector<Part> parts;
};

/// The ways to predict what was not measured.
enum class PredictionMethod {
  kRegression,  ///< from the layers of other networks on the device
  kRoofline,    ///< from the device's data sheet, calibrated by other networks' totals
};

/// What can be predicted from.
struct PredictionBasis {
  PredictionMethod method{PredictionMethod::kRegression};
  std::vector<KnownTable> tables;    ///< of one device at one precision; a regression needs one
  std::optional<Roofline> roofline;  ///< before calibration; what the roofline's method needs
  std::optional<KnownTotal> total;   ///< calibrates the roofline where no table does
};

/// The times of a network's layers, by somebody who never saw it.
struct LayerPrediction {
  std::vector<double> latency_s;                ///< `[layers]`
  std::vector<std::optional<double>> energy_j;  ///< `[layers]`
  std::vector<LayerId> strangers;  ///< layers of types that no table has, predicted by the family

  [[nodiscard]] double total_s() const;
};

/// Predicts from all tables of the basis, but that of the network itself.
///
/// The regression: `LayerRegression`; energies at the mean power of the tables, where all have one.
/// The roofline: its slowness is the geometric mean of what makes each table's total right;
/// without tables, what makes the known total right; without that, 1. Energies: the tables' mean
/// power where all have one, else the roofline's own. Where the total is the network's own, each of
/// its parts is scaled by itself to the part's time, and has the part's mean power.
/// @throws ConfigError if nothing is left to predict from, the roofline's overhead alone takes
///         longer than a table's whole network, or by the roofline a part takes no time
LayerPrediction predict(const PredictionBasis& basis, const Graph& graph);

/// What the regression learns from the tables of the basis, but that of one network.
/// @throws ConfigError if they have no layer that takes time
LayerRegression learned(const PredictionBasis& basis, const std::string& without_model = "");

/// How far predictions of networks that were measured are off: each predicted from the others.
struct CrossValidation {
  struct Network {
    std::string model;
    double measured_s{0};
    double predicted_s{0};
    double strange_share{0};  ///< of the predicted time: layers of types that no other table has

    /// Predicted by measured, less one.
    [[nodiscard]] double error() const { return predicted_s / measured_s - 1; }
  };
  struct Type {
    std::string type;
    std::size_t layers{0};
    double measured_s{0};    ///< sum over the layers
    double predicted_s{0};   ///< likewise
    double median_error{0};  ///< of a layer, without sign
    /// As that of networks, of the layers' times.
    std::optional<double> half_width;

    [[nodiscard]] double error() const { return predicted_s / measured_s - 1; }
  };
  std::vector<Network> networks;  ///< as the basis has them
  std::vector<Type> types;        ///< the longest first

  /// Median over the networks of the error without sign; 0 of none.
  [[nodiscard]] double median_error() const;
  [[nodiscard]] double worst_error() const;  ///< with its sign
  /// Half-width of the interval in which a network's measured total lies with 95 %, by its
  /// predicted one: Student's t times the root mean square of (measured − predicted) / predicted.
  /// Nothing for fewer than 3 networks.
  [[nodiscard]] std::optional<double> half_width() const;
};

/// Of a network with tables at several lengths of its sequences, the usual one counts, and none of
/// them predicts it.
/// @return without networks where the basis has fewer than two tables
CrossValidation cross_validate(const PredictionBasis& basis);

}  // namespace papilio
