#include "sim/study/run/run_study.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/process/workers.hpp"
#include "sim/study/design/kind.hpp"
#include "sim/study/design/notes.hpp"
#include "sim/study/run/evaluate.hpp"

namespace papilio {
namespace {

// How many numbers are looked up in the database at once.
constexpr std::uint64_t kWindow = 1U << 16U;
constexpr std::chrono::milliseconds kCommitInterval{100};
// How often a point is tried whose worker dies, before it is left out.
constexpr int kTries = 3;

using Clock = std::chrono::steady_clock;

/// Points that a worker evaluates together.
struct Batch {
  std::vector<PointTask> points;
  std::vector<Hash> hashes;  ///< `[points]` where results are looked up, else empty
  int tries{0};
};

/// Hands out the points of a shard that are not stored, in the order of their numbers.
class PendingPoints {
 public:
  PendingPoints(const Study& study, StudyDatabase& database, std::int64_t id, const Shard& shard,
                bool some_stored)
      : study_{study},
        database_{database},
        id_{id},
        shard_{shard},
        some_stored_{some_stored},
        place_{study.place(0)} {}

  std::optional<PointTask> next() {
    for (; number_ < study_.size; ++number_, study_.advance(place_)) {
      if (!shard_.has(number_) || is_stored() || study_.excluded(place_)) continue;
      PointTask task{number_, place_};
      ++number_;
      study_.advance(place_);
      return task;
    }
    return std::nullopt;
  }

 private:
  bool is_stored() {
    if (!some_stored_) return false;
    if (number_ >= window_end_) {
      window_end_ = number_ + kWindow;
      stored_ = database_.stored_points(id_, number_, window_end_);
      at_ = 0;
    }
    while (at_ < stored_.size() && stored_[at_] < number_) ++at_;
    return at_ < stored_.size() && stored_[at_] == number_;
  }

  const Study& study_;
  StudyDatabase& database_;
  std::int64_t id_;
  Shard shard_;
  bool some_stored_;
  std::uint64_t number_{0};
  Place place_;
  std::uint64_t window_end_{0};
  std::vector<std::uint64_t> stored_;
  std::size_t at_{0};
};

class StudyRun {
 public:
  StudyRun(const Study& study, StudyDatabase& database, const RunStudyOptions& options)
      : study_{study},
        database_{database},
        options_{options},
        id_{database.store(stored_form(study, options.papilio))},
        evaluator_{evaluator_of(study)},
        looks_up_{evaluator_->looks_up_its_own() || database.has_other_points(id_)},
        workers_{options.jobs} {
    if (options.retry_failed) database.forget_failed(id_);
    StudyProgress& progress = outcome_.progress;
    progress.points = points_of(study, options.shard);
    progress.stored = database.count_stored(id_, options.shard.index, options.shard.of);
    pending_.emplace(study, database, id_, options.shard, progress.stored > 0);
  }

  StudyOutcome run() {
    while (true) {
      pulse();
      start_workers();
      if (workers_.idle()) break;
      std::vector<Workers::Ended> ended = workers_.wait().ended;
      // Those that follow are started first, and compute while these are stored.
      start_workers();
      for (Workers::Ended& one : ended) finish(one);
    }
    commit();
    return outcome_;
  }

 private:
  /// What has to be done now and then.
  void pulse() {
    if (options_.stop_requested && options_.stop_requested()) outcome_.stopped = true;
    if (Clock::now() - committed_ > kCommitInterval) commit();
    if (options_.on_progress) options_.on_progress(outcome_.progress);
  }

  void start_workers() {
    while (!outcome_.stopped && !workers_.full()) {
      std::optional<Batch> batch = next_batch();
      if (!batch) return;
      if (batch->points.empty()) {  // all of it was known
        pulse();
        continue;
      }
      const std::size_t task = next_task_++;
      const Batch& kept = in_flight_.emplace(task, std::move(*batch)).first->second;
      workers_.start(task, [&](const Workers::Send&) { return evaluator_->evaluate(kept.points); });
    }
  }

  /// The next points to be computed: none of them where all that were gathered are known.
  std::optional<Batch> next_batch() {
    if (!again_.empty()) {
      Batch batch = std::move(again_.front());
      again_.pop_front();
      return batch;
    }
    Batch batch;
    if (!gather(batch) && !take_waiting(batch)) return std::nullopt;
    if (looks_up_) take_known(batch);
    return batch;
  }

  /// Points that waited for an equal one to be computed. @return whether some may go on
  bool take_waiting(Batch& batch) {
    if (!computing_.empty()) return false;
    std::swap(batch.points, waiting_);
    return !batch.points.empty();
  }

  /// Fills a batch. @return false if no points are left
  bool gather(Batch& batch) {
    std::size_t load = 0;
    while (true) {
      std::optional<PointTask> task = pending_->next();
      if (!task) return !batch.points.empty();
      batch.points.push_back(std::move(*task));
      if (evaluator_->fills(batch.points.back(), batch.points.size(), load)) return true;
    }
  }

  /// Stores the points whose results are known, and takes them out of the batch; those that equal
  /// one which is being computed wait for it.
  void take_known(Batch& batch) {
    const std::vector<PointHead> heads = evaluator_->heads(batch.points);
    std::vector<PointTask> rest;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      const bool fails = !heads[i].error.empty();
      if (!fails && computing_.count(heads[i].hash) > 0) {
        waiting_.push_back(std::move(batch.points[i]));
      } else if (!fails && database_.store_known(id_, heads[i])) {
        ++outcome_.known;
        ++outcome_.progress.stored;
      } else {
        if (!fails) computing_.insert(heads[i].hash);
        batch.hashes.push_back(heads[i].hash);
        rest.push_back(std::move(batch.points[i]));
      }
    }
    batch.points = std::move(rest);
  }

  void finish(Workers::Ended& ended) {
    using How = Workers::Ended::How;
    Batch batch = std::move(in_flight_.extract(ended.task).mapped());
    if (ended.how == How::kDone || batch.points.size() == 1) {
      for (const Hash& hash : batch.hashes) computing_.erase(hash);
    }
    if (ended.how == How::kDone) {
      store(ended.bytes);
    } else if (batch.points.size() > 1) {
      // Together once more, for the worker may have been killed from outside; then each alone.
      if (ended.how == How::kLost && batch.tries == 0) {
        batch.tries = 1;
        again_.push_back(std::move(batch));
        return;
      }
      for (std::size_t i = 0; i < batch.points.size(); ++i) {
        Batch alone{.points = {std::move(batch.points[i])}};
        if (!batch.hashes.empty()) alone.hashes = {batch.hashes[i]};
        again_.push_back(std::move(alone));
      }
    } else if (ended.how == How::kThrew) {
      PointHead head = evaluator_->heads(batch.points).front();
      head.error = ended.bytes;
      ResultWriter results;
      results.begin_point(head);
      store(results.take());
    } else if (++batch.tries < kTries) {
      again_.push_back(std::move(batch));
    } else {
      ++outcome_.lost;
      outcome_.lost_how = ended.bytes;
    }
  }

  void store(const std::string& results) {
    const StudyDatabase::Stored stored = database_.store_results(id_, results);
    StudyProgress& progress = outcome_.progress;
    progress.stored += stored.points;
    progress.computed += stored.points;
    progress.failed += stored.failed;
    if (stored.failed == 0) return;
    if (outcome_.first_error.empty()) outcome_.first_error = stored.first_error;
    if (options_.fail_fast) outcome_.stopped = true;
  }

  void commit() {
    database_.commit();
    committed_ = Clock::now();
  }

  const Study& study_;
  StudyDatabase& database_;
  const RunStudyOptions& options_;
  std::int64_t id_;
  std::unique_ptr<Evaluator> evaluator_;
  bool looks_up_;
  Workers workers_;
  std::optional<PendingPoints> pending_;
  std::deque<Batch> again_;
  std::set<Hash> computing_;        // by workers now, where results are looked up
  std::vector<PointTask> waiting_;  // for those
  std::map<std::size_t, Batch> in_flight_;
  std::size_t next_task_{0};
  Clock::time_point committed_{Clock::now()};
  StudyOutcome outcome_;
};

}  // namespace

std::uint64_t points_of(const Study& study, const Shard& shard) {
  if (shard.of == 1) return study.count();
  std::uint64_t points = 0;
  Place place = study.place(0);
  for (std::uint64_t number = 0; number < study.size; ++number, study.advance(place)) {
    if (shard.has(number) && !study.excluded(place)) ++points;
  }
  return points;
}

StudyOutcome run_study(const Study& study, StudyDatabase& database,
                       const RunStudyOptions& options) {
  PAPILIO_CHECK(options.shard.index < options.shard.of);
  return StudyRun{study, database, options}.run();
}

StoredStudy stored_form(const Study& study, const std::string& papilio) {
  StoredStudy stored{.name = study.spec.name,
                     .digest = to_text(study.digest),
                     .kind = std::string{study.kind->stored().name},
                     .method = study.spec.method,
                     .definition = effective_yaml(study),
                     .base = json_of(study.base).dump(),
                     .axes = study.column_names(),
                     .points = study.count(),
                     .model_version = kModelVersion,
                     .papilio = papilio,
                     .notes = study_notes(study)};
  for (const Axis& axis : study.axes) {
    for (const AxisColumn& column : axis.columns) stored.keys.push_back(column.key());
  }
  return stored;
}

}  // namespace papilio
