#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

namespace papilio::testing {

/// How many points a study's database holds by now, also while others write; 0 where there is none
/// yet, or it cannot be read just now.
inline int stored_points(const std::filesystem::path& database) {
  constexpr int kBusyMs = 1000;
  try {
    SQLite::Database connection{database.string(), SQLite::OPEN_READONLY, kBusyMs};
    return connection.execAndGet("SELECT count(*) FROM point").getInt();
  } catch (const SQLite::Exception&) {
    return 0;
  }
}

}  // namespace papilio::testing
