#pragma once

#include <string>
#include <vector>

#include "sim/profiles/prediction.hpp"

namespace papilio {

/// What a prediction is worth that rests on a peak rate and a bandwidth alone: how far such ones
/// are off where the truth is known.
struct DataSheetWorth {
  /// A network whose whole time on a device is known.
  struct Known {
    std::string device;
    std::string model;
    double known_s{0};           ///< > 0
    double predicted_s{0};       ///< by the roofline, not calibrated
    bool rates_measured{false};  ///< the device's rates are no data sheet's, but were measured

    /// Predicted by known, less one.
    [[nodiscard]] double error() const { return predicted_s / known_s - 1; }
  };
  std::vector<Known> tables;  ///< of layer tables; of each network and device one
  std::vector<Known> totals;  ///< that sources print, of networks without a table there

  /// Adds a network to `tables` or `totals`. One that takes no time is left out.
  void add_table(const Device& device, const std::string& precision, const Graph& graph,
                 double known_s);
  void add_total(const Device& device, const std::string& precision, const Graph& graph,
                 double known_s);

  /// Median over `tables` of the error without sign; 0 of none.
  [[nodiscard]] double median_error() const;
  /// The one that is off by the greatest factor, or nullptr of none.
  static const Known* worst(const std::vector<Known>& known);
  /// All of it in sentences, ready to print; what is known of no network says so.
  [[nodiscard]] std::string text() const;
};

/// Whether a roofline of this device at this precision has all that it needs.
bool has_data_sheet(const Device& device, const std::string& precision);

}  // namespace papilio
