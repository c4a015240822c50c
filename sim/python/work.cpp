#include "sim/python/work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "sim/base/cli/version.hpp"
#include "sim/base/error.hpp"
#include "sim/capacity/report.hpp"
#include "sim/paper/paper.hpp"
#include "sim/study/ask/export.hpp"
#include "sim/study/design/kind.hpp"
#include "sim/study/design/study.hpp"
#include "sim/study/run/run_study.hpp"
#include "sim/study/store/database.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

/// Tells how far the work is, ten times a second at most.
class Teller {
 public:
  explicit Teller(const Workers::Send& send) : send_{send} {}

  void tell(double share, const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    constexpr std::chrono::milliseconds kApart{100};
    if (now - told_ < kApart) return;
    told_ = now;
    send_(Json{{"share", share}, {"text", text}}.dump(-1, ' ', false,
                                                      Json::error_handler_t::replace));
  }

 private:
  const Workers::Send& send_;
  std::chrono::steady_clock::time_point told_;  // the clock's epoch: never yet
};

}  // namespace

std::string extent_of(const ScenarioSource& source) {
  const Node root = read_scenario(source);
  const Node::Entry* kind = root.find("kind");
  if (kind == nullptr || kind->value.scalar != "study") {
    return load_experiment(root, source, {paper_sections})->extent();
  }
  const Study study = load_study(source);
  return fmt::format("{} points", study.count());
}

Packed played(const Experiment& experiment, int jobs, bool files, const Workers::Send& send) {
  Teller teller{send};
  const std::unique_ptr<Results> results =
      experiment.play({.jobs = jobs, .on_progress = [&](double share, const std::string& text) {
                         teller.tell(share, text);
                       }});
  Packer packer;
  packer.add("summary", results->rows(), results->columns());
  packer.about["report"] = to_markdown(results->report());
  Json manifest = Json::object();
  results->describe(manifest);
  packer.about["manifest"] = std::move(manifest);
  Json texts = Json::object();
  if (files) {
    results->each_file([&](const char* name, const std::string& text) { texts[name] = text; });
  }
  packer.about["files"] = std::move(texts);
  return packer.take();
}

Packed study_run(const StudyRequest& request, const Workers::Send& send) {
  const Study study = load_study(request.source);
  const std::filesystem::path file =
      request.database.empty() ? std::filesystem::path{"results"} / (study.spec.name + ".db")
                               : std::filesystem::path{request.database};
  StudyDatabase database{file, StudyDatabase::Mode::kWrite};
  Teller teller{send};
  const auto show = [&](const StudyProgress& at) {
    const auto points = static_cast<double>(std::max<std::uint64_t>(1, at.points));
    teller.tell(static_cast<double>(at.stored) / points,
                fmt::format("{}/{} points, {} failed", at.stored, at.points, at.failed));
  };
  const StudyOutcome outcome =
      run_study(study, database,
                {.jobs = request.jobs,
                 .retry_failed = request.retry_failed,
                 .papilio = fmt::format("{} ({})", program_version(), git_revision()),
                 .on_progress = show});
  const StudyProgress& at = outcome.progress;
  if (outcome.lost > 0) {
    throw SimulationError{
        fmt::format("{} of {} points are in {}; the workers of {} others died again and again "
                    "({}); the same call tries them once more",
                    at.stored, at.points, file.string(), outcome.lost, outcome.lost_how)};
  }
  Packer packer;
  packer.about["study"] = {{"name", study.spec.name}, {"database", file.string()},
                           {"points", at.points},     {"stored", at.stored},
                           {"computed", at.computed}, {"known", outcome.known},
                           {"failed", at.failed},     {"first_error", outcome.first_error}};
  return packer.take();
}

Packed capacity_found(const ScenarioSource& source, const CapacityQuestion& question, int jobs,
                      const Workers::Send& send) {
  FleetRuns fleet{source, question.key};
  const CapacityAxis axis = capacity_axis(question, fleet.effective());
  Teller teller{send};
  const CapacityAnswer answer =
      capacity_of(question, axis, [&](double value, const std::string& strategy) {
        return fleet.play(value, axis.range.whole,
                          {.jobs = jobs,
                           .on_progress =
                               [&](double share, const std::string& text) {
                                 teller.tell(share, fmt::format("run {}: {}; {}", fleet.count(),
                                                                fleet.last(), text));
                               },
                           .strategy = strategy});
      });
  Packer packer;
  packer.add("runs", capacity_runs(question, answer), known_columns());
  packer.about["capacity"] = capacity_json(question, answer);
  return packer.take();
}

Packed pivot_of(const std::string& database, const std::string& study, const PivotSpec& spec) {
  StudyDatabase from{database, StudyDatabase::Mode::kRead};
  const Document document = pivot(from, from.study(study), spec, true);
  Packer packer;
  packer.about["title"] = document.title;
  Json notes = document.paragraphs;
  for (const Section& section : document.sections) {
    for (const std::string& text : section.paragraphs) notes.push_back(text);
    for (const std::string& text : section.remarks) notes.push_back(text);
    if (section.table) packer.add("table", *section.table, known_columns());
  }
  packer.about["notes"] = std::move(notes);
  return packer.take();
}

Packed sql_answer(const std::string& database, const std::string& question) {
  StudyDatabase from{database, StudyDatabase::Mode::kRead};
  Packer packer;
  packer.add("table", query(from, question), known_columns());
  return packer.take();
}

}  // namespace papilio
