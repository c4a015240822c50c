#pragma once

#include <nlohmann/json.hpp>

#include "sim/study/store/database.hpp"

namespace papilio {

/// What a page shows of a study: which option is the best at every place, the values of all options
/// (both thinned where they are many, with a note that says so), and what the study is.
/// @throws ConfigError if no point has a result, or the database cannot be read
nlohmann::ordered_json study_page_data(StudyDatabase& database, const StoredStudy& study);

}  // namespace papilio
