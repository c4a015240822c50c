#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/report/gnuplot.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {

/// What a plot of a study shows: a value over a dimension, a line for each label of another.
struct StudyPlotSpec {
  std::string x;   ///< a dimension; empty: the study's only axis
  std::string by;  ///< a dimension; empty: partition, of a fleet strategy
  std::string value;
  /// As `PivotSpec` has them.
  std::vector<std::string> over;
  std::vector<std::pair<std::string, std::vector<std::string>>> where;
};

/// A picture of it: means with 95 % intervals over the
/// replicates where there are several. Axes that span more than a factor of 20 are logarithmic.
/// @throws ConfigError as `pivot`, and if the study has several axes and `x` names none
GnuplotScript study_plot(StudyDatabase& database, const StoredStudy& study,
                         const StudyPlotSpec& spec, const PlotLook& look);

}  // namespace papilio
