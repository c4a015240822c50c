#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/study/design/study.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {

/// Every n-th point, from the i-th: what one of several machines computes.
struct Shard {
  std::uint64_t index{0};  ///< from 0, below `of`
  std::uint64_t of{1};     ///< >= 1

  [[nodiscard]] bool has(std::uint64_t number) const { return number % of == index; }
};

/// How far a run has come.
struct StudyProgress {
  std::uint64_t points{0};    ///< of the shard
  std::uint64_t stored{0};    ///< of them, before this run and by it
  std::uint64_t computed{0};  ///< by this run
  std::uint64_t failed{0};    ///< of those that it computed
};

/// How `run_study` goes about its work. None of it changes a result.
struct RunStudyOptions {
  int jobs{1};  ///< worker processes at a time, >= 1
  Shard shard;
  bool fail_fast{false};     ///< stop at the first point that fails
  bool retry_failed{false};  ///< compute points anew that are stored as failed
  std::string papilio;       ///< version and git revision, for the database
  std::function<void(const StudyProgress&)> on_progress;  ///< called about ten times a second
  std::function<bool()> stop_requested;                   ///< polled likewise
};

/// What a run did.
struct StudyOutcome {
  StudyProgress progress;
  std::uint64_t known{0};   ///< points whose results an equal point had, and were taken from it
  std::uint64_t lost{0};    ///< points whose workers died again and again: not stored
  std::string lost_how;     ///< of the last of them
  bool stopped{false};      ///< because it was asked to, or at a failure
  std::string first_error;  ///< of the first point that failed
};

/// Computes the points of a study that its database lacks, and stores them.
///
/// Points go to forked workers in batches, one SimGrid engine a worker; a fleet's point has one to
/// itself. Each point gives the same bits in any batch, and is stored under its number, so neither
/// jobs, nor shards, nor the order in which workers end, nor an interruption shows in the database.
/// A point whose scenario is wrong, or whose simulation fails, is stored with its error. A worker
/// that dies is no result: its points are tried again, at last alone, and left out if it still
/// dies.
///
/// When asked to stop, starts nothing more, waits for what is in flight, and stores it.
/// @throws ConfigError as `StudyDatabase`
StudyOutcome run_study(const Study& study, StudyDatabase& database, const RunStudyOptions& options);

/// How many points a shard has, exclusions taken off.
std::uint64_t points_of(const Study& study, const Shard& shard);

/// What the database keeps of a study.
StoredStudy stored_form(const Study& study, const std::string& papilio);

}  // namespace papilio
