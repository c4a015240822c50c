#pragma once

#include "sim/base/data/library.hpp"
#include "sim/base/data/provenance.hpp"
#include "sim/profiles/data_sheet.hpp"

namespace papilio {

/// What somebody measured or published of a device's layers, at any precision: no predictions.
/// @throws ConfigError as `load_layer_profile`
std::vector<KnownTable> known_tables(const ProfileLibrary& library,
                                     const Bibliography& bibliography, const std::string& device);

/// What a prediction by a data sheet alone is worth, by all that comes with Papilio: whoever runs
/// it, in whichever folder, gets the same.
DataSheetWorth shipped_data_sheet_worth();

}  // namespace papilio
