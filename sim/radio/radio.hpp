#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/data/provenance.hpp"
#include "sim/base/units/units.hpp"
#include "sim/radio/machine.hpp"

namespace papilio {

/// How the energy of a transfer is computed from a radio's coefficients. The paper states one and
/// prints cloud-only energies that follow the other (docs/models/radio.md).
enum class EnergyModel {
  kStated,          ///< P = α·t + β for as long as the transfer takes (Table III of the paper)
  kThroughputOnly,  ///< β dropped: α per byte moved, whether or not the move takes simulated time
};

/// "stated" or "throughput-only".
std::string_view name(EnergyModel model);
/// The names of all energy models, in the order of the enumeration.
const std::vector<std::string>& energy_model_names();
/// @throws std::invalid_argument if `name` is none of `energy_model_names()`
EnergyModel energy_model_by_name(std::string_view name);

/// Rates between which a radio's power coefficients are known to hold, and whence. Beyond them its
/// powers are extrapolations.
struct KnownRates {
  BytesPerSecond least_uplink;
  BytesPerSecond most_uplink;
  BytesPerSecond least_downlink;
  BytesPerSecond most_downlink;
  Provenance provenance;
};

/// A radio: constant goodput each way and the power model of Huang et al. (MobiSys'12),
/// P = α·t + β. Rates >= 1 bit/s, the rest >= 0.
struct Radio {
  std::string name;
  BytesPerSecond uplink;
  BytesPerSecond downlink;
  JoulesPerByte alpha_uplink;
  JoulesPerByte alpha_downlink;
  Watts beta;
  std::optional<KnownRates> known;   ///< of the power coefficients, where the file says
  std::vector<std::string> assumed;  ///< keys of its file whose numbers are of kind "assumed"

  /// α·t + β. Source: butterfly paper, Table III; after Huang et al., MobiSys 2012.
  [[nodiscard]] Watts uplink_power() const { return alpha_uplink * uplink + beta; }
  [[nodiscard]] Watts downlink_power() const { return alpha_downlink * downlink + beta; }
};

/// A radio and what its file says of it.
struct RadioProfile {
  Described about;
  Radio radio;
  /// What it does around its transfers; null: nobody says.
  std::shared_ptr<RadioMachine> machine;
  std::string machine_key;  ///< under which the file describes it
};

/// Loads `radios/NAME.yaml`.
/// @throws ConfigError if the name is unknown or the file is malformed
RadioProfile load_radio(const ProfileLibrary& library, const Bibliography& bibliography,
                        std::string_view name);

/// Describes the keys of a radio file: rates in bit/s and coefficients in J/bit, as radios print
/// them; they are converted here, once.
void describe_radio_file(FieldVisitor& visitor, RadioProfile& profile);

}  // namespace papilio
