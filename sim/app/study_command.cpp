#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>

#include "sim/app/command.hpp"
#include "sim/app/scenario_options.hpp"
#include "sim/app/version.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/progress.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/terminal.hpp"
#include "sim/base/cli/version.hpp"
#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/study/ask/export.hpp"
#include "sim/study/cluster/slurm.hpp"
#include "sim/study/design/kind.hpp"
#include "sim/study/design/study.hpp"
#include "sim/study/run/run_study.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& action, const std::string& message) {
  throw ConfigError{fmt::format("papilio study {0}: error: {1}; see 'papilio study {0} --help'",
                                action, message)};
}

/// The one database that an action is about.
fs::path database_of(const CommandLine& line, const std::string& action) {
  const std::vector<std::string> files = line.all("database");
  if (files.size() != 1) fail(action, fmt::format("expected one database, got {}", files.size()));
  return files.front();
}

void add_study_option(CommandLine& line) {
  line.add_options()("study", po::value<std::string>()->value_name("NAME"),
                     "which of several studies, by name or number (default: the one run last)");
}

StoredStudy study_of(const CommandLine& line, StudyDatabase& database) {
  return database.study(line.has("study") ? line.get<std::string>("study") : "");
}

Shard shard_of(const CommandLine& line) {
  if (!line.has("shard")) return {};
  const std::string text = line.get<std::string>("shard");
  unsigned long long index = 0;
  unsigned long long of = 0;
  char rest = 0;
  constexpr unsigned long long kMost = 1'000'000;
  const int read = std::sscanf(text.c_str(), "%llu/%llu%c", &index, &of, &rest);
  if (read != 2 || index < 1 || index > of || of > kMost) {
    fail("run", fmt::format("--shard '{}': expected I/N with 1 <= I <= N, such as 2/8", text));
  }
  return {index - 1, of};
}

std::string made_by() {
  return fmt::format("{} ({})", program_version(), git_revision());
}

void check(const Words& words) {
  CommandLine line{"study check FILE [options]",
                   "Checks a study and everything it refers to, and shows its axes and how many "
                   "points they\nmake.",
                   {"papilio study check scenarios/studies/bandwidth.yaml"}};
  add_scenario_options(line);
  line.add_options()("points", po::value<int>()->default_value(3)->value_name("N"),
                     "how many of the first points are shown");
  if (!line.parse(words)) return;
  const ScenarioSource source = source_of(line, "study check");
  const Study study = load_study(source);
  say(fmt::format("{}: valid; {} points{}, by {}\n", source.file, study.count(),
                  study.exclusions.empty() ? "" : fmt::format(" of {}", study.size),
                  study.kind->method_text(study.spec.method)));
  for (const Axis& axis : study.axes) {
    for (const AxisColumn& column : axis.columns) {
      const std::string last =
          column.size() > 1 ? fmt::format(" … {}", column.json(column.size() - 1)) : "";
      say(fmt::format("  {}: {} values, {}{}\n", column.name(), column.size(), column.json(0),
                      last));
    }
  }
  if (study.spec.replicates > 1) fmt::print("  replicates: {}\n", study.spec.replicates);
  Place place = study.place(0);
  int shown = 0;
  for (std::uint64_t n = 0; n < study.size && shown < line.get<int>("points"); ++n) {
    if (!study.excluded(place)) {
      ++shown;
      say(fmt::format("  point {}: {}\n", n, study.json(place)));
    }
    study.advance(place);
  }
}

void run(const Words& words) {
  CommandLine line{
      "study run FILE [options]",
      "Computes the points of a study that its database lacks, and stores them. Whatever stops it "
      "(Ctrl-C,\na crash, a full disk), the same command goes on. A point that fails is stored "
      "with "
      "its error.",
      {"papilio study run scenarios/studies/paper.yaml",
       "papilio study run scenarios/studies/bandwidth.yaml -o results/bandwidth.db --jobs 0",
       "papilio study run my.yaml --shard 2/8 -o shard-2.db"}};
  add_scenario_options(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DB"),
                     "database of the results (default: results/NAME.db)");
  add_jobs_option(line);
  line.add_options()("shard", po::value<std::string>()->value_name("I/N"),
                     "compute every N-th point only, from the I-th");
  line.add_options()("retry-failed", po::bool_switch(),
                     "compute points anew that are stored as failed");
  line.add_options()("expect", po::value<std::string>()->value_name("DIGEST"),
                     "refuse a study that has another digest: for job arrays");
  line.add_options()("fail-fast", po::bool_switch(), "stop at the first point that fails");
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;

  catch_interrupts();
  const ScenarioSource source = source_of(line, "study run");
  const int jobs = jobs_of(line, "study run");
  const Shard shard = shard_of(line);
  const bool quiet = line.get<bool>("quiet");
  const Study study = load_study(source);
  if (line.has("expect") && line.get<std::string>("expect") != to_text(study.digest)) {
    throw ConfigError{fmt::format(
        "{}: error: the study, its base or a profile has changed since it was submitted; submit it "
        "again, into another folder",
        source.file)};
  }
  const fs::path file = line.has("output") ? fs::path{line.get<std::string>("output")}
                                           : fs::path{"results"} / (study.spec.name + ".db");
  StudyDatabase database{file, StudyDatabase::Mode::kWrite};
  Progress bar{1, "", quiet};
  const auto show = [&](const StudyProgress& at) {
    const double rate = static_cast<double>(at.computed) / bar.elapsed_s();
    bar.update(
        static_cast<double>(at.stored) / static_cast<double>(std::max<std::uint64_t>(1, at.points)),
        fmt::format("{}/{} points, {:.0f} points/s, {} failed", at.stored, at.points, rate,
                    at.failed));
  };
  const StudyOutcome outcome = run_study(study, database,
                                         {.jobs = jobs,
                                          .shard = shard,
                                          .fail_fast = line.get<bool>("fail-fast"),
                                          .retry_failed = line.get<bool>("retry-failed"),
                                          .papilio = made_by(),
                                          .on_progress = show,
                                          .stop_requested = interrupted});
  bar.clear();
  const StudyProgress& at = outcome.progress;
  const std::string stored =
      fmt::format("{} of {} points are in {}", at.stored, at.points, file.string());
  if (outcome.lost > 0) {
    throw SimulationError{fmt::format(
        "{}; the workers of {} others died again and again ({}); the same command tries them once "
        "more",
        stored, outcome.lost, outcome.lost_how)};
  }
  if (outcome.stopped && !outcome.first_error.empty() && line.get<bool>("fail-fast")) {
    throw SimulationError{
        fmt::format("stopped at a point that failed; {}\n{}", stored, outcome.first_error)};
  }
  if (outcome.stopped) {
    throw Interrupted{fmt::format("{}; the same command goes on", stored)};
  }
  if (quiet) return;
  say(fmt::format(
      "{}: {} points, {} computed now{}{}, {:.2f} s\n", file.string(), at.stored, at.computed,
      outcome.known > 0 ? fmt::format(", {} known from equal ones", outcome.known) : "",
      at.failed > 0
          ? fmt::format(", {} of them failed ('papilio study status {}')", at.failed, file.string())
          : "",
      bar.elapsed_s()));
}

void status(const Words& words) {
  CommandLine line{
      "study status DB|DIR [options]",
      "Tells how far the studies of a database have come and what failed; of a folder "
      "of\n'papilio study submit', how far each shard has, and what Slurm says.",
      {"papilio study status results/paper.db", "papilio study status results/cluster"}};
  line.add_positional("database", -1);
  line.add_format_option("md, csv (the first table), json, latex or html");
  if (!line.parse(words)) return;
  const std::string format = line.get<std::string>("format");
  check_format(format);
  const fs::path path = database_of(line, "status");
  if (is_submission(path)) {
    print(submission_report(path), format, line.is_wide());
    return;
  }
  StudyDatabase database{path, StudyDatabase::Mode::kRead};
  print(status_report(database), format, line.is_wide());
}

/// What a database holds may steer a terminal; a file gets its bytes as they are.
void export_to_terminal(StudyDatabase& database, const StoredStudy& study,
                        const std::string& format) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* memory = ::open_memstream(&text, &size);
  if (memory == nullptr) throw std::bad_alloc{};
  const auto close = [&] {
    std::fclose(memory);  // sets text and size
    const std::unique_ptr<char, void (*)(void*)> owned{text, std::free};
    return std::string{text, size};
  };
  try {
    export_study(database, study, format, memory);
  } catch (...) {
    close();
    throw;
  }
  say(close());
}

void export_points(const Words& words) {
  CommandLine line{"study export DB [options]",
                   "Prints every point of a study with its axes and results, one line a row.",
                   {"papilio study export results/bandwidth.db > bandwidth.csv",
                    "papilio study export results/paper.db --format json"}};
  line.add_positional("database", -1);
  add_study_option(line);
  line.add_options()("format", po::value<std::string>()->default_value("csv")->value_name("FORMAT"),
                     "csv or json");
  if (!line.parse(words)) return;
  const std::string format = line.get<std::string>("format");
  if (format != "csv" && format != "json") {
    fail("export", fmt::format("--format '{}': expected csv or json", format));
  }
  StudyDatabase database{database_of(line, "export"), StudyDatabase::Mode::kRead};
  const StoredStudy study = study_of(line, database);
  if (Terminal::of(STDOUT_FILENO).present) {
    export_to_terminal(database, study, format);
  } else {
    export_study(database, study, format, stdout);
  }
}

void sql(const Words& words) {
  CommandLine line{
      "study sql DB QUERY [options]",
      "Answers a question in SQL; changes nothing. Each study has a view of its name with its "
      "axes and\nresults; docs/studies.md has the tables.",
      {"papilio study sql results/bandwidth.db 'SELECT cut, min(latency_s) FROM bandwidth GROUP BY "
       "cut'"}};
  line.add_positional("database");
  line.add_positional("query");
  line.add_format_option("md, csv, json, latex or html");
  if (!line.parse(words)) return;
  const std::string format = line.get<std::string>("format");
  check_format(format);
  if (!line.has("query")) fail("sql", "expected a database and a question in quotes");
  StudyDatabase database{database_of(line, "sql"), StudyDatabase::Mode::kRead};
  const Table table = query(database, line.all("query").front());
  if (format == "md") {
    print(table, line.is_wide());
  } else {
    print({.title = database.path().string(), .sections = {{.title = "Answer", .table = table}}},
          format, line.is_wide());
  }
}

void merge(const Words& words) {
  CommandLine line{"study merge DB... -o DB",
                   "Joins databases, such as those of shards. Giving one twice changes nothing.",
                   {"papilio study merge shard-*.db -o results/all.db"}};
  line.add_positional("database", -1);
  line.add_options()("output,o", po::value<std::string>()->value_name("DB"),
                     "database that takes them in; made if absent");
  line.add_options()("quiet,q", po::bool_switch(), "print nothing but errors");
  if (!line.parse(words)) return;
  if (!line.has("output")) fail("merge", "expected the database to join into: -o DB");
  const std::vector<std::string> files = line.all("database");
  if (files.empty()) fail("merge", "expected databases to join");
  const fs::path into = line.get<std::string>("output");
  std::error_code ignored;
  for (const std::string& file : files) {  // before anything is written
    if (fs::exists(into, ignored) && fs::equivalent(file, into, ignored)) {
      fail("merge", fmt::format("'{}' is the database to join into; leave it out", file));
    }
    static_cast<void>(StudyDatabase{file, StudyDatabase::Mode::kRead}.studies());
  }
  StudyDatabase database{into, StudyDatabase::Mode::kWrite};
  std::uint64_t came = 0;
  for (const std::string& file : files) came += database.merge(file);
  if (line.get<bool>("quiet")) return;
  say(fmt::format("{}: {} points came from {} databases\n", into.string(), came, files.size()));
}

void submit(const Words& words) {
  CommandLine line{
      "study submit FILE [options]",
      "Hands a study to a cluster as a job array; each task computes a shard into a database of "
      "its own.\nGiven again with the same folder, it goes on with what is missing.",
      {"papilio study submit my.yaml --shards 8 -o results/cluster",
       "papilio study submit my.yaml --shards 100 --jobs 4 --sbatch=--partition=long "
       "--sbatch=--time=02:00:00",
       "papilio study status results/cluster",
       "papilio study merge results/cluster/shard-*.db -o results/my.db"}};
  add_scenario_options(line);
  line.add_options()("engine", po::value<std::string>()->default_value("slurm")->value_name("NAME"),
                     "what runs it: slurm");
  line.add_options()("shards", po::value<int>()->default_value(8)->value_name("N"),
                     "tasks of the job array");
  add_jobs_option(line);
  line.add_options()("sbatch", po::value<std::vector<std::string>>()->value_name("OPTION"),
                     "option of sbatch; may be given again");
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "folder of script, logs and databases (default: results/NAME-slurm)");
  line.add_options()("dry-run", po::bool_switch(), "write the script and submit nothing");
  if (!line.parse(words)) return;
  const std::string engine = line.get<std::string>("engine");
  if (engine != "slurm")
    fail("submit", fmt::format("--engine '{}': slurm is the one there is", engine));
  constexpr int kMostShards = 100'000;
  const int shards = line.get<int>("shards");
  if (shards < 1 || shards > kMostShards) {
    fail("submit", fmt::format("--shards must be 1 to {}", kMostShards));
  }
  if (line.get<int>("jobs") == 0) {
    fail("submit", "--jobs 0 would take this machine's cores, not the cluster's; give a number");
  }
  const ScenarioSource source = source_of(line, "study submit");
  const Study study = load_study(source);
  SlurmJob job{.folder = line.has("output") ? fs::path{line.get<std::string>("output")}
                                            : fs::path{"results"} / (study.spec.name + "-slurm"),
               .shards = static_cast<std::uint64_t>(shards),
               .jobs = jobs_of(line, "study submit"),
               .sbatch = line.all("sbatch"),
               .program = fs::read_symlink("/proc/self/exe").string(),
               .source = source};
  if (line.get<bool>("dry-run")) {
    say(fmt::format("Wrote {}; 'sbatch {}' would submit it\n",
                    write_slurm_script(job, study).string(), (job.folder / "job.sh").string()));
    return;
  }
  const std::string number = submit_to_slurm(job, study);
  say(fmt::format("Submitted job {} with {} tasks; 'papilio study status {}' tells how far it is\n",
                  number, shards, job.folder.string()));
}

}  // namespace

const std::vector<Command>& study_actions() {
  static const std::vector<Command> kActions{
      {"check", "count and show the points of a study", check},
      {"run", "compute its points into a database", run},
      {"status", "how far it has come, and what failed", status},
      {"export", "print points and results as CSV or JSON", export_points},
      {"sql", "ask a database in SQL", sql},
      {"merge", "join databases", merge},
      {"submit", "hand it to a cluster", submit},
  };
  return kActions;
}

void study_command(const Words& words) {
  const bool help = words.empty() || words[0] == "--help" || words[0] == "-h";
  if (!help) {
    std::vector<std::string> names;
    for (const Command& action : study_actions()) {
      if (action.name == words[0]) {
        action.run({words.begin() + 1, words.end()});
        return;
      }
      names.push_back(action.name);
    }
    throw ConfigError{fmt::format("papilio study: error: unknown action '{}'{}", words[0],
                                  suggestion(words[0], names))};
  }
  fmt::print(
      "Usage: papilio study ACTION [options]\n\nSweeps a scenario or a fleet over any of its keys "
      "into a database, which nothing that\nhappens can harm.\n\nActions:\n");
  for (const Command& action : study_actions())
    fmt::print("  {:9}{}\n", action.name, action.summary);
  fmt::print(
      "\nExamples:\n  papilio study check scenarios/studies/bandwidth.yaml\n"
      "  papilio study run scenarios/studies/bandwidth.yaml --jobs 0\n"
      "  papilio table results/bandwidth.db --rows uplink_bit_per_s --value latency "
      "--best partition\n\n'papilio study ACTION --help' tells more of each.\n");
}

}  // namespace papilio
