#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/base/document/document.hpp"
#include "sim/study/design/study.hpp"

namespace papilio {

/// A study as a Slurm job array: each task computes a shard into a database of its own.
struct SlurmJob {
  std::filesystem::path folder;     ///< of script, logs and databases
  std::uint64_t shards{1};          ///< >= 1
  int jobs{1};                      ///< workers, and cores, of a task
  std::vector<std::string> sbatch;  ///< further options of sbatch, e.g. "--partition=long"
  std::string program;              ///< the papilio that tasks start
  ScenarioSource source;            ///< of the study
};

/// Writes the script of a job array into its folder, which is made if need be.
/// @return the script's path
/// @throws ConfigError if it cannot be written, or holds another study's shards
std::filesystem::path write_slurm_script(const SlurmJob& job, const Study& study);

/// Writes the script and hands it to sbatch.
/// @return the number of the job
/// @throws ConfigError as above, and with sbatch's words if it refuses
std::string submit_to_slurm(const SlurmJob& job, const Study& study);

/// Whether a folder is one of `submit_to_slurm`.
bool is_submission(const std::filesystem::path& folder);

/// How far each shard of a submission has come, and what Slurm says of its task.
Document submission_report(const std::filesystem::path& folder);

}  // namespace papilio
