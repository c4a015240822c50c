#pragma once

#include "sim/base/document/document.hpp"
#include "sim/compare/comparison.hpp"

namespace papilio {

/// What a comparison found, as a document: a sentence, the greatest differences, a line a measure,
/// rows and columns that only one has, and the inputs that differ.
/// @param all_columns whether dimensions without a value are shown too: for machines
Document comparison_report(const Comparable& a, const Comparable& b, const CompareRules& rules,
                           const Comparison& found, bool all_columns);

}  // namespace papilio
