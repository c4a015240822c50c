#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace papilio {

struct StoredStudy;

/// "PAPI": tells a database of studies from any other SQLite file.
inline constexpr std::int64_t kApplicationId = 0x50415049;

/// The steps that migrate a database: the i-th (from 0) leads from version i of the schema to
/// version i + 1. The texts are frozen: a new version is a new text, and none is ever changed.
const std::vector<std::string>& schema_steps();

/// What makes the view of a study's points, axes and results.
std::string view_definition(const StoredStudy& study);

/// A name as SQL wants it: in double quotes.
std::string quoted(const std::string& name);

}  // namespace papilio
