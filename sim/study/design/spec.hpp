#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/yaml/fields.hpp"

namespace papilio {

/// One key that an axis sets, and what the outputs call it.
struct ColumnSpec {
  std::string key;    ///< dotted path in the base scenario
  std::string name;   ///< empty: the key
  Node values;        ///< of a list: a sequence
  double from{0};     ///< of a range or a sample
  double to{0};       ///< likewise
  std::string scale;  ///< of a sample: "linear" (default) or "log"
  bool whole{false};  ///< of a range or a sample: rounded to whole numbers
};

/// One item of a study's `grid`, as written.
struct AxisSpec {
  std::string axis;                   ///< one of `axis_names()`
  ColumnSpec column;                  ///< list, range, log_range
  std::optional<double> step;         ///< range
  std::optional<std::int64_t> count;  ///< range, log_range, random, latin-hypercube
  std::vector<ColumnSpec> columns;    ///< zip: lists in step; samples: variables
};

/// A study as written: what `papilio study run` reads.
struct StudySpec {
  std::string kind;
  std::int64_t version{1};
  std::string name;
  std::string description;
  std::string base;  ///< a scenario's file, relative to the study's
  std::int64_t seed{1};
  std::string method{"simulation"};
  std::int64_t replicates{1};
  bool records{false};
  Node set;  ///< mapping: keys of the base that every point replaces
  std::vector<AxisSpec> grid;
  Node exclude;  ///< sequence of mappings
};

/// "list", "range", "log_range", "zip", "random", "latin-hypercube".
const std::vector<std::string>& axis_names();

/// Names the keys of a study to a visitor: the one definition of the format.
void describe_study(FieldVisitor& visitor, StudySpec& spec);

/// JSON Schema of a study, for editors.
std::string study_schema();

}  // namespace papilio
