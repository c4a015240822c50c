#pragma once

#include <string>
#include <vector>

#include "sim/base/cli/command_line.hpp"
#include "sim/base/data/library.hpp"
#include "sim/base/data/provenance.hpp"
#include "sim/profiles/prediction.hpp"

namespace papilio {

/// A network's whole time on the device that a prediction does not use, but can be held against.
struct TableComparison {
  KnownTotal total;
  std::string from;
};

/// A total that the device's file states.
struct TotalOfFile {
  KnownTotal known;
  Provenance from;
  std::string doubt;  ///< what speaks against it, if something does
};

/// A device and what is known of it, and the way to predict from that.
struct PredictionSubject {
  std::string device;
  std::string precision;
  PredictionBasis basis;
  std::vector<TableComparison> comparisons;  ///< tables that a roofline leaves out
  std::vector<TotalOfFile> totals;
  std::size_t calibrating{0};  ///< the one of them that is the basis' total, if that has one
};

/// What is wrong with a call of 'papilio predict'. @throws ConfigError always
[[noreturn]] void refuse_prediction(const std::string& message);

/// Whether the known total calibrates the prediction of this network: where no other one's table
/// does.
bool uses_total(const PredictionSubject& subject, const std::string& model);

/// Whether the prediction of this network rests on peak rate and bandwidth alone.
bool by_data_sheet_alone(const PredictionSubject& subject, const std::string& model);

/// What is known of a device as the options of 'papilio predict' ask for it.
/// @throws ConfigError if there is no such device or method, or it does not fit the options
PredictionSubject subject_of(const CommandLine& line, const ProfileLibrary& library,
                             const Bibliography& bibliography, const std::string& device);

}  // namespace papilio
