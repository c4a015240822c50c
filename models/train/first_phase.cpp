#include "models/train/first_phase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "models/tensor/runtime.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string point_file(const Point& point) {
  return point.key() + ".json";
}

/// '1' for each picture that was right.
std::string as_text(const std::vector<bool>& right) {
  std::string text;
  text.reserve(right.size());
  for (const bool one : right) text += one ? '1' : '0';
  return text;
}

/// @param left_out test pictures that cannot be read
void write_result(const fs::path& folder, const PointResult& result, std::size_t left_out) {
  nlohmann::ordered_json epochs = nlohmann::ordered_json::array();
  for (const EpochStats& epoch : result.epochs) {
    epochs.push_back({{"loss", epoch.loss}, {"accuracy", epoch.accuracy}});
  }
  nlohmann::ordered_json json{{"accuracy", result.accuracy()},
                              {"mean_class_accuracy", result.mean_class_accuracy},
                              {"epochs", epochs},
                              {"elapsed_s", result.elapsed_s},
                              {"right", as_text(result.right)}};
  if (left_out > 0) json["left_out"] = left_out;
  OutputFolder out{folder};
  out.add(point_file(result.point), json_text(json));
  out.commit();
}

std::optional<PointResult> read_result(const fs::path& folder, const Point& point,
                                       std::size_t pictures) {
  const fs::path path = folder / point_file(point);
  if (!fs::exists(path)) return std::nullopt;
  PointResult result{.point = point};
  std::size_t left_out = 0;
  try {
    std::ifstream file{path};
    const auto json = nlohmann::json::parse(file);
    for (const auto& epoch : json.at("epochs")) {
      result.epochs.push_back({epoch.at("loss"), epoch.at("accuracy")});
    }
    result.mean_class_accuracy = json.at("mean_class_accuracy");
    result.elapsed_s = json.at("elapsed_s");
    left_out = json.value("left_out", std::size_t{0});
    for (const char one : json.at("right").get<std::string>()) result.right.push_back(one == '1');
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError{fmt::format("{}: error: is no result of a training: {}; remove the file",
                                  path.string(), error.what())};
  }
  if (result.right.size() + left_out != pictures) {
    throw ConfigError{
        fmt::format("{}: error: was tested on {} pictures, not on {}; choose another "
                    "folder with -o DIR",
                    path.string(), result.right.size() + left_out, pictures)};
  }
  return result;
}

/// Trains the points of a phase, on several threads.
class Phase {
 public:
  Phase(const FirstPhaseSpec& spec, std::shared_ptr<const Dataset> train_set,
        std::shared_ptr<const Dataset> test_set, const Transform& transform, fs::path folder,
        const std::function<void(const PhaseProgress&)>& progress,
        const std::function<bool()>& stop)
      : spec_{spec},
        train_set_{std::move(train_set)},
        test_set_{std::move(test_set)},
        transform_{transform},
        folder_{std::move(folder)},
        progress_{progress},
        stop_{stop},
        total_{spec.seeds.size() * (1 + spec.cuts.size() * spec.channels.size())} {}

  std::vector<PointResult> run() {
    std::vector<std::vector<Point>> baselines;
    baselines.reserve(spec_.seeds.size());
    for (const std::uint64_t seed : spec_.seeds) baselines.push_back({Point{.seed = seed}});
    work_on(baselines);
    // In a search, the channels of one cut are tried one after another; else all are independent.
    std::vector<std::vector<Point>> chains;
    for (const std::uint64_t seed : spec_.seeds) {
      for (const Cut& cut : spec_.cuts) {
        std::vector<Point> chain;
        chain.reserve(spec_.channels.size());
        for (const std::int64_t channels : spec_.channels) {
          if (channels <= cut.unit_channels) chain.push_back({cut, channels, seed});
        }
        if (spec_.search_budget) {
          chains.push_back(std::move(chain));
        } else {
          for (const Point& point : chain) chains.push_back({point});
        }
      }
    }
    work_on(chains);
    return collect(baselines, chains);
  }

 private:
  /// Pictures of each kind, scaled once and shared by nobody: a loader serves one training.
  struct Loaders {
    Loader train;
    Loader test;
  };

  static constexpr std::size_t kKept = std::size_t{2} << 30U;  // bytes of a loader's pictures

  Transform augmented() const {
    Transform transform = transform_;
    transform.augment = true;
    return transform;
  }

  /// Works through chains of points, in order, each on one thread.
  void work_on(const std::vector<std::vector<Point>>& chains) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      try {
        set_operation_threads(spec_.threads);
        Loaders loaders{{train_set_, augmented(), 1, kKept, spec_.left_out},
                        {test_set_, transform_, 1, kKept, spec_.left_out}};
        for (std::size_t i = next++; i < chains.size() && !failed_; i = next++) {
          for (const Point& point : chains[i]) {
            if (good_enough(obtain(point, loaders))) break;
          }
        }
      } catch (...) {
        const std::scoped_lock lock{mutex_};
        if (!failed_.exchange(true)) failure_ = std::current_exception();
      }
    };
    std::vector<std::thread> threads;
    const std::size_t jobs = std::min(static_cast<std::size_t>(spec_.jobs), chains.size());
    threads.reserve(jobs);
    for (std::size_t i = 0; i < jobs; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    if (failed_) std::rethrow_exception(failure_);
  }

  /// Whether a search at the point's cut ends with it.
  bool good_enough(const PointResult& result) {
    if (!spec_.search_budget || !result.point.cut) return false;
    const std::scoped_lock lock{mutex_};
    const double baseline = results_.at(Point{.seed = result.point.seed}.key()).accuracy();
    return result.accuracy() >= baseline - *spec_.search_budget;
  }

  /// The result of a point: from its file, or by training.
  PointResult obtain(const Point& point, Loaders& loaders) {
    std::optional<PointResult> result = read_result(folder_ / "points", point, test_set_->size());
    const bool found = result.has_value();
    if (!found) result = train_and_test(point, loaders);
    const std::scoped_lock lock{mutex_};
    results_.insert_or_assign(point.key(), *result);
    working_.erase(point.key());
    if (found) ++found_;
    report("");
    return *std::move(result);
  }

  PointResult train_and_test(const Point& point, Loaders& loaders) {
    const Clock::time_point start = Clock::now();
    PreparedNetwork prepared = prepare(spec_, point);
    TrainingSpec training = spec_.training;
    training.seed = point.seed;
    PointResult result{.point = point};
    result.epochs = train(prepared.network, prepared.quantized, loaders.train, training,
                          folder_ / "checkpoints" / point.key(),
                          [&](const TrainingProgress& at) { return tell(point, at); });
    const Evaluation test = evaluate(prepared.network, prepared.quantized, loaders.test,
                                     training.batch_size, [&](std::size_t) {
                                       if (stop_() || failed_) throw Interrupted{};
                                     });
    result.mean_class_accuracy = test.mean_class_accuracy();
    for (std::size_t i = 0; i < test.labels.size(); ++i) {
      result.right.push_back(test.predictions[i] == test.labels[i]);
    }
    result.elapsed_s = seconds_since(start);
    // The weights first: where a result stands, all of the point does.
    OutputFolder units{folder_ / "units"};
    units.add(point.key() + ".pt", state_dict_file(prepared.network.weights()));
    units.commit();
    write_result(folder_ / "points", result, test_set_->size() - result.right.size());
    return result;
  }

  /// Takes note of a training's progress.
  /// @return whether it is to stop
  bool tell(const Point& point, const TrainingProgress& at) {
    const std::scoped_lock lock{mutex_};
    const double epochs = static_cast<double>(at.epoch) +
                          static_cast<double>(at.batch) / static_cast<double>(at.batches);
    working_[point.key()] = epochs / static_cast<double>(spec_.training.epochs);
    trained_ += spec_.training.batch_size;
    report(fmt::format("{} epoch {}, loss {:.3f}, {:.1f} % right", point.key(), at.epoch + 1,
                       at.so_far.loss, at.so_far.accuracy * 100));
    return stop_() || failed_;
  }

  /// Called with the lock held.
  void report(const std::string& text) {
    // What stood already took no time here, and would spoil the estimate of what is left.
    double done = static_cast<double>(results_.size() - found_);
    for (const auto& [key, share] : working_) done += share;
    progress_({.done = results_.size(),
               .total = total_,
               .share = done / static_cast<double>(std::max<std::size_t>(total_ - found_, 1)),
               .images_per_s = static_cast<double>(trained_) / seconds_since(start_),
               .text = text});
  }

  std::vector<PointResult> collect(const std::vector<std::vector<Point>>& baselines,
                                   const std::vector<std::vector<Point>>& chains) const {
    std::vector<PointResult> all;
    all.reserve(results_.size());
    for (const auto* list : {&baselines, &chains}) {
      for (const std::vector<Point>& chain : *list) {
        for (const Point& point : chain) {
          const auto it = results_.find(point.key());
          if (it != results_.end()) all.push_back(it->second);
        }
      }
    }
    return all;
  }

  const FirstPhaseSpec& spec_;
  std::shared_ptr<const Dataset> train_set_;
  std::shared_ptr<const Dataset> test_set_;
  Transform transform_;
  fs::path folder_;
  const std::function<void(const PhaseProgress&)>& progress_;
  const std::function<bool()>& stop_;
  std::size_t total_;
  Clock::time_point start_{Clock::now()};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // of all that follows
  std::exception_ptr failure_;
  std::map<std::string, PointResult> results_;
  std::map<std::string, double> working_;  // points at work: share of their training
  std::size_t found_{0};                   // results that stood already
  std::size_t trained_{0};                 // pictures
};

}  // namespace

std::string Point::key() const {
  return cut ? fmt::format("{}-d{}-s{}", cut->name, channels, seed)
             : fmt::format("baseline-s{}", seed);
}

double PointResult::accuracy() const {
  if (right.empty()) return 0;
  return static_cast<double>(std::count(right.begin(), right.end(), true)) /
         static_cast<double>(right.size());
}

namespace {

/// The layer whose outputs are the classes: fully connected, or a convolution of 1×1 as
/// SqueezeNet's.
const Layer& classifier_of(const Graph& graph) {
  const auto last =
      std::find_if(graph.layers().rbegin(), graph.layers().rend(), [](const Layer& layer) {
        return std::holds_alternative<LinearOp>(layer.op) ||
               std::holds_alternative<ConvOp>(layer.op);
      });
  PAPILIO_CHECK(last != graph.layers().rend());
  return *last;
}

}  // namespace

PreparedNetwork prepare(const FirstPhaseSpec& spec, const Point& point) {
  std::optional<QuantizedCut> quantized;
  Graph graph = spec.graph;
  std::set<std::string> fresh;  // layers that the weights do not have
  if (point.cut) {
    ButterflyGraph unit = insert_butterfly(spec.graph, *point.cut, point.channels, spec.stride);
    quantized = QuantizedCut{unit.cut, spec.bits};
    for (const Layer& layer : unit.graph.layers()) {
      if (!spec.graph.find_layer(layer.name)) fresh.insert(layer.name);
    }
    graph = std::move(unit.graph);
  }
  Network network{std::move(graph), spec.device};
  network.initialize(point.seed);
  network.initialize_xavier(fresh, point.seed);
  std::vector<std::string> left_over;
  if (!spec.weights.empty()) {
    std::set<std::string> except = fresh;
    if (spec.new_classifier) {
      except.insert(classifier_of(spec.graph).name);
    }
    left_over = network.load(spec.weights, spec.source, except);
  }
  return {std::move(network), quantized, std::move(left_over)};
}

std::vector<PointResult> run_first_phase(const FirstPhaseSpec& spec,
                                         const std::shared_ptr<const Dataset>& train_set,
                                         const std::shared_ptr<const Dataset>& test_set,
                                         const Transform& transform, const fs::path& folder,
                                         const std::function<void(const PhaseProgress&)>& progress,
                                         const std::function<bool()>& stop) {
  return Phase{spec, train_set, test_set, transform, folder, progress, stop}.run();
}

}  // namespace papilio
