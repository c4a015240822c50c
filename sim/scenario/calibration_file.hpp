#pragma once

#include <cstdint>
#include <string>

#include "sim/base/yaml/fields.hpp"
#include "sim/plan/calibration.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/source.hpp"

namespace papilio {

/// A calibration as a file has it: docs/models/calibration.md.
struct CalibrationFile {
  std::string kind{"calibration"};
  std::int64_t version{1};
  std::string name;         ///< a word that results may be named by
  std::string description;  ///< of which measurements, when, and what it was tested on
  Calibration calibration;
};

/// Names the keys of a calibration to a visitor: the one definition of the format, by which it is
/// read, and written with `write_fields`.
void describe_calibration(FieldVisitor& visitor, CalibrationFile& file);

/// Reads a calibration.
/// @throws ConfigError with file and line for what is malformed
CalibrationFile read_calibration(const std::string& path);

/// What a scenario's key `calibration` names, relative to the scenario's file.
/// @param name as the scenario has it; becomes one that is found from any place. Empty: no such key
/// @return nothing corrected where the file is not there, which is told to `checker`
/// @throws ConfigError with file and line for a malformed calibration
CalibrationFile load_calibration(std::string& name, const ScenarioSource& source, Checker& checker);

}  // namespace papilio
