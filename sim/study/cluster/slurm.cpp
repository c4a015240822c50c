#include "sim/study/cluster/slurm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/process/capture.hpp"
#include "sim/base/read_file.hpp"
#include "sim/base/text.hpp"
#include "sim/study/run/run_study.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSubmission = "submission.json";
constexpr int kNoSuchProgram = 127;

fs::path database_of(const fs::path& folder, std::uint64_t shard) {
  return folder / fmt::format("shard-{}.db", shard);
}

/// In double quotes of a shell's script.
std::string quoted_word(const std::string& word) {
  std::string text{"\""};
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + '"';
}

/// A line of the script ends where it ends: what came behind a line end would be a command.
void refuse_line_ends(const std::string& word, std::string_view what) {
  if (find_unprintable(word) || word.find_first_of("\n\r") != std::string::npos) {
    throw ConfigError{fmt::format(
        "papilio study submit: error: {} '{}' holds a line end or another control character, which "
        "a job's script cannot; give one without",
        what, printable(word))};
  }
}

/// In double quotes of sbatch, which knows no escape of them.
std::string quoted_path(const fs::path& path) {
  std::string text = path.string();
  if (text.find('"') != std::string::npos) {
    throw ConfigError{fmt::format(
        "{}: error: a double quote cannot stand in the folder of a job; choose another with -o DIR",
        text)};
  }
  return text;
}

std::string script_of(const SlurmJob& job, const Study& study) {
  const fs::path folder = fs::absolute(job.folder);
  refuse_line_ends(job.program, "the program's path");
  refuse_line_ends(folder.string(), "the folder");
  refuse_line_ends(fs::absolute(job.source.file).string(), "the file");
  for (const std::string& option : job.sbatch) refuse_line_ends(option, "--sbatch");
  for (const std::string& one : job.source.overrides) refuse_line_ends(one, "--set");
  for (const fs::path& one : study.lasting) {
    refuse_line_ends(fs::absolute(one).string(), "--profiles");
  }
  std::string options;
  for (const std::string& option : job.sbatch) options += "#SBATCH " + option + "\n";
  std::string command = quoted_word(job.program) + " study run " +
                        quoted_word(fs::absolute(job.source.file).string());
  for (const std::string& assignment : job.source.overrides) {
    command += " --set " + quoted_word(assignment);
  }
  for (const fs::path& profiles : study.lasting) {
    command += " --profiles " + quoted_word(fs::absolute(profiles).string());
  }
  return fmt::format(R"(#!/bin/sh
# Made by 'papilio study submit': a task computes every {shards}-th point of {name} into its own database.
#SBATCH --job-name=papilio-{name}
#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task={jobs}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output="{folder}/shard-%a.log"
{options}
{command} -o {folder_word}/"shard-$SLURM_ARRAY_TASK_ID.db" \
  --shard "$SLURM_ARRAY_TASK_ID/{shards}" --jobs {jobs} --expect {digest}
status=$?
# Killed, or its workers were (3), as by a node that ran out of memory: what it had stored is kept, so
# another try goes on.
if {{ [ "$status" -gt 128 ] || [ "$status" -eq 3 ]; }} && [ "${{SLURM_RESTART_COUNT:-0}}" -lt 5 ]; then
  scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"
fi
exit "$status"
)",
                     fmt::arg("shards", job.shards), fmt::arg("name", study.spec.name),
                     fmt::arg("jobs", job.jobs), fmt::arg("folder", quoted_path(folder)),
                     fmt::arg("options", options), fmt::arg("command", command),
                     fmt::arg("folder_word", quoted_word(folder.string())),
                     fmt::arg("digest", to_text(study.digest)));
}

nlohmann::ordered_json read_submission(const fs::path& folder) {
  constexpr std::size_t kMostBytes = 1U << 20U;
  constexpr std::uint64_t kMostShards = 100'000;
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(
      read_file((folder / kSubmission).string(), kMostBytes), nullptr, false);
  const auto has = [&](const char* key, bool (nlohmann::ordered_json::*is)() const noexcept) {
    return json.contains(key) && (json[key].*is)();
  };
  using Json = nlohmann::ordered_json;
  const bool whole = json.is_object() && has("job", &Json::is_string) &&
                     has("name", &Json::is_string) && has("digest", &Json::is_string) &&
                     has("shards", &Json::is_number_unsigned) &&
                     has("points", &Json::is_number_unsigned) &&
                     json["shards"].get<std::uint64_t>() <= kMostShards;
  if (!whole) {
    throw ConfigError{fmt::format("{}: error: is damaged; submit the study again",
                                  (folder / kSubmission).string())};
  }
  return json;
}

/// The state of each task of a job array that Slurm still knows.
std::map<std::uint64_t, std::string> states_of(const std::string& job) {
  const Captured squeue = capture(
      {"squeue", "--noheader", "--array", "--states=all", "--format=%K %T", "--jobs=" + job});
  std::map<std::uint64_t, std::string> states;
  if (squeue.status != 0) return states;
  std::istringstream lines{squeue.output};
  std::uint64_t task = 0;
  for (std::string state; lines >> task >> state;) states[task] = state;
  return states;
}

}  // namespace

fs::path write_slurm_script(const SlurmJob& job, const Study& study) {
  if (is_submission(job.folder)) {
    const nlohmann::ordered_json earlier = read_submission(job.folder);
    if (earlier["digest"] != to_text(study.digest) || earlier["shards"] != job.shards) {
      throw ConfigError{fmt::format(
          "{}: error: holds the shards of another study, or another number of them; choose another "
          "folder with -o DIR",
          job.folder.string())};
    }
  }
  OutputFolder folder{job.folder};
  folder.add("job.sh", script_of(job, study));
  folder.commit();
  return folder.path() / "job.sh";
}

std::string submit_to_slurm(const SlurmJob& job, const Study& study) {
  const fs::path script = write_slurm_script(job, study);
  const Captured sbatch = capture({"sbatch", "--parsable", script.string()});
  if (sbatch.status == kNoSuchProgram) {
    throw ConfigError{fmt::format(
        "papilio study submit: error: there is no sbatch here; go to a machine of the cluster, or "
        "compute the shards by hand: papilio study run FILE -o shard-1.db --shard 1/{}",
        job.shards)};
  }
  if (sbatch.status != 0) {
    throw ConfigError{
        fmt::format("papilio study submit: error: sbatch says: {}",
                    sbatch.output.substr(0, sbatch.output.find_last_not_of('\n') + 1))};
  }
  // "123", or "123;cluster"; warnings may stand before it.
  const std::size_t end = sbatch.output.find_last_not_of('\n') + 1;
  const std::size_t start = sbatch.output.rfind('\n', end - 1) + 1;
  std::string number = sbatch.output.substr(start, end - start);
  number = number.substr(0, number.find(';'));
  OutputFolder folder{job.folder};
  folder.add(kSubmission, json_text(nlohmann::ordered_json{{"name", study.spec.name},
                                                           {"digest", to_text(study.digest)},
                                                           {"shards", job.shards},
                                                           {"job", number},
                                                           {"points", study.count()}}));
  folder.commit();
  return number;
}

bool is_submission(const fs::path& folder) {
  return fs::is_regular_file(folder / kSubmission);
}

Document submission_report(const fs::path& folder) {
  const nlohmann::ordered_json submission = read_submission(folder);
  const auto shards = submission["shards"].get<std::uint64_t>();
  const std::string job = submission["job"].get<std::string>();
  const std::map<std::uint64_t, std::string> states = states_of(job);
  Table table{.columns = {{"shard"}, {"done"}, {"failed"}, {"Slurm", true}}};
  StudyCounts sum;
  std::vector<std::string> troubles;
  for (std::uint64_t shard = 1; shard <= shards; ++shard) {
    const fs::path file = database_of(folder, shard);
    StudyCounts counts;
    try {
      if (fs::exists(file) && fs::file_size(file) > 0) {
        StudyDatabase database{file, StudyDatabase::Mode::kRead};
        for (const StoredStudy& study : database.studies()) {
          if (study.digest == submission["digest"]) counts = database.counts(study.id);
        }
      }
    } catch (const ConfigError& error) {
      troubles.emplace_back(error.what());  // one shard's must not hide the others
    }
    sum.done += counts.done;
    sum.failed += counts.failed;
    const auto state = states.find(shard);
    table.rows.push_back({shard, counts.done, counts.failed,
                          state == states.end() ? "not in the queue" : state->second});
  }
  const auto points = submission["points"].get<std::uint64_t>();
  const std::string name = submission["name"].get<std::string>();
  Section section{
      .title = fmt::format("Job {}", job), .table = std::move(table), .remarks = troubles};
  if (sum.done + sum.failed >= points) {
    section.remarks.push_back(
        fmt::format("All are stored: join them with 'papilio study merge {0}/shard-*.db -o "
                    "{0}/{1}.db'.",
                    folder.string(), name));
  } else if (states.empty()) {
    section.remarks.push_back(
        "Points are missing and no task is in the queue: 'papilio study submit' again, with the "
        "same folder, goes on.");
  }
  return {.title = name,
          .paragraphs = {fmt::format("{} of {} points stored, {} of them failed.",
                                     sum.done + sum.failed, points, sum.failed)},
          .sections = {std::move(section)}};
}

}  // namespace papilio
