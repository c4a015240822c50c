#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/base/document/rows.hpp"
#include "sim/study/store/columns.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {

/// A row of results with its point: what a study's view has, the axes' values to the last digit.
struct StoredRow {
  std::uint64_t number{0};
  std::int64_t replicate{0};
  std::int64_t seed{0};
  bool failed{false};
  std::string error;
  const std::vector<Value>& axes;     ///< `[StoredStudy::axes]`
  const std::vector<Value>& results;  ///< `[columns of its table]`; of a failed point: all empty
};

/// A study's table of results.
const ResultTableColumns& result_table(const StoredStudy& study);
/// Its columns.
const std::vector<Column>& result_columns(const StoredStudy& study);

/// Hands on every row of a study, by number and row, one at a time.
void each_stored_row(StudyDatabase& database, const StoredStudy& study,
                     const std::function<void(const StoredRow&)>& take);

}  // namespace papilio
