#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/foreign/json_objects.hpp"
#include "sim/foreign/readers.hpp"
#include "sim/foreign/run_times.hpp"

namespace papilio {
namespace {

constexpr double kMostMicrosecondsOfSpan = 1e12;   // 12 days
constexpr double kMostMicrosecondsOfClock = 1e18;  // since 1970 or the machine's start
constexpr double kSpanMicro = 1e-6;
constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

constexpr std::string_view kStep{"ProfilerStep#"};
constexpr std::string_view kModulePrefix{"nn.Module: "};

/// Something on one of the processor's threads, or on the GPU.
struct TraceSpan {
  enum class What { kOperation, kAnnotation, kModule, kKernel };
  What what{What::kOperation};
  std::uint64_t process{0};
  std::uint64_t thread{0};
  double start_us{0};
  double length_us{0};
  /// Of an operation, in the order that they began; of a kernel, the operation's that started it.
  std::optional<std::uint64_t> id;
  std::size_t name{0};  ///< in `ChromeTrace::names`

  [[nodiscard]] double end_us() const { return start_us + length_us; }
};

struct ChromeTrace {
  std::vector<std::string> names;                ///< each once
  std::vector<TraceSpan> spans;                  ///< without the steps
  std::vector<std::pair<double, double>> steps;  ///< start and length, us
  bool has_kernels{false};
};

/// An operation that runs within no other.
struct Call {
  std::size_t name{0};
  double start_us{0};
  double seconds{0};
  std::size_t annotation{kNowhere};  ///< the innermost around it, in `ChromeTrace::names`
  std::size_t module{kNowhere};      ///< likewise
  bool on_processor{false};          ///< where a GPU computed: it started no kernel
};

/// What an event is by its category; nothing of those that are passed over. Older versions of
/// PyTorch have the categories with capitals.
std::optional<TraceSpan::What> what_by_category(const std::string& category,
                                                const std::string& name) {
  if (category == "user_annotation") return TraceSpan::What::kAnnotation;
  if (category == "cpu_op" || category == "Operator") return TraceSpan::What::kOperation;
  if (category == "python_function" && name.starts_with(kModulePrefix)) {
    return TraceSpan::What::kModule;
  }
  for (const std::string_view gpu : {"kernel", "gpu_memcpy", "gpu_memset", "Kernel", "Memcpy"}) {
    if (category == gpu) return TraceSpan::What::kKernel;
  }
  return std::nullopt;
}

/// What an event is. A PyTorch that was built without Kineto, as Debian's, writes no categories:
/// operations have a namespace ("aten::relu"), annotations of the user's have none.
/// @throws ConfigError for what such a PyTorch writes of a GPU
std::optional<TraceSpan::What> what_of(const JsonObject& event, const std::string& name,
                                       const std::string& path) {
  if (!event.has("ph") || event.text("ph") != "X") return std::nullopt;
  if (event.has("cat")) return what_by_category(event.text("cat"), name);
  if (event.has("pid") && !event.whole("pid") && event.text("pid") == "CUDA functions") {
    throw ConfigError{fmt::format(
        "{}: error: is of a GPU, by a PyTorch without Kineto, which does not tell the kernels of "
        "one operation from another's; trace with one that has it",
        path)};
  }
  return name.find("::") == std::string::npos ? TraceSpan::What::kAnnotation
                                              : TraceSpan::What::kOperation;
}

ChromeTrace read_trace(const std::string& text, const std::string& path) {
  ChromeTrace trace;
  std::unordered_map<std::string, std::size_t> known;
  const auto take = [&](const JsonObject& event) {
    std::string name = event.text("name");
    const std::optional<TraceSpan::What> what = what_of(event, name, path);
    if (!what) return;
    TraceSpan span{.what = *what,
                   .process = event.whole("pid").value_or(0),
                   .thread = event.whole("tid").value_or(0),
                   .start_us = event.number("ts", 0, kMostMicrosecondsOfClock),
                   .length_us = event.number("dur", 0, kMostMicrosecondsOfSpan)};
    if (*what != TraceSpan::What::kKernel && name.starts_with(kStep)) {
      trace.steps.emplace_back(span.start_us, span.length_us);
      return;
    }
    span.id = event.argument_whole("External id");
    if (!span.id) span.id = event.argument_whole("external id");
    const auto [it, is_new] = known.emplace(name, trace.names.size());
    if (is_new) trace.names.push_back(std::move(name));
    span.name = it->second;
    trace.has_kernels = trace.has_kernels || *what == TraceSpan::What::kKernel;
    trace.spans.push_back(span);
  };
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool bare = first != std::string::npos && text[first] == '[';
  for_each_object(text, path, bare ? "" : "traceEvents", "event", take);
  std::sort(trace.steps.begin(), trace.steps.end());
  return trace;
}

/// By thread and beginning. Of what began in one microsecond, what is no operation is the outer; of
/// operations that of the lower number, else the longer.
bool comes_before(const TraceSpan& a, const TraceSpan& b) {
  const auto place = [](const TraceSpan& span) {
    const bool operation = span.what == TraceSpan::What::kOperation;
    return std::tuple{span.process,
                      span.thread,
                      span.start_us,
                      operation,
                      operation ? span.id.value_or(0) : std::uint64_t{0},
                      -span.length_us};
  };
  return place(a) < place(b);
}

/// Finds the operations that run within no other, and what is around them.
class OutermostCalls {
 public:
  explicit OutermostCalls(const ChromeTrace& trace) {
    std::vector<TraceSpan> spans = trace.spans;
    std::stable_sort(spans.begin(), spans.end(), comes_before);
    for (const TraceSpan& span : spans) {
      if (span.what != TraceSpan::What::kKernel) enter(span);
    }
    if (trace.has_kernels) take_times_of_kernels(spans);
  }

  /// Of the annotations that are innermost around an operation, how often that comes which comes
  /// least often; 0 without annotations.
  [[nodiscard]] std::size_t fewest_of_an_annotation() const {
    std::map<std::size_t, std::size_t> times;
    for (const Annotation& each : annotations_) {
      if (each.holds_call) ++times[each.name];
    }
    const auto fewest =
        std::min_element(times.begin(), times.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return fewest == times.end() ? 0 : fewest->second;
  }

  /// By beginning.
  [[nodiscard]] std::vector<Call> calls() && {
    std::stable_sort(calls_.begin(), calls_.end(),
                     [](const Call& a, const Call& b) { return a.start_us < b.start_us; });
    return std::move(calls_);
  }

 private:
  struct Annotation {
    std::size_t name{0};
    bool holds_call{false};  ///< and no annotation between
  };

  /// A span that has begun and not ended, and what is around the spans within it.
  struct Open {
    std::uint64_t process{0};
    std::uint64_t thread{0};
    double end_us{0};
    std::size_t call{kNowhere};
    std::size_t annotation{kNowhere};  ///< in `annotations_`
    std::size_t module{kNowhere};
  };

  void enter(const TraceSpan& span) {
    const auto is_over = [&](const Open& open) {
      return open.process != span.process || open.thread != span.thread ||
             open.end_us <= span.start_us;
    };
    while (!open_.empty() && is_over(open_.back())) open_.pop_back();
    Open open = open_.empty() ? Open{} : open_.back();
    open.process = span.process;
    open.thread = span.thread;
    open.end_us = span.end_us();
    if (span.what == TraceSpan::What::kAnnotation) {
      open.annotation = annotations_.size();
      annotations_.push_back({span.name});
    }
    if (span.what == TraceSpan::What::kModule) open.module = span.name;
    if (span.what == TraceSpan::What::kOperation) {
      if (open.call == kNowhere) {
        open.call = calls_.size();
        calls_.push_back({.name = span.name,
                          .start_us = span.start_us,
                          .seconds = span.length_us * kSpanMicro,
                          .annotation = kNowhere,
                          .module = open.module});
        if (open.annotation != kNowhere) {
          calls_.back().annotation = annotations_[open.annotation].name;
          annotations_[open.annotation].holds_call = true;
        }
      }
      if (span.id) call_of_id_.emplace(*span.id, open.call);
    }
    open_.push_back(open);
  }

  /// Of an operation that starts kernels, its own span is what starting them takes; one that starts
  /// none keeps it.
  void take_times_of_kernels(const std::vector<TraceSpan>& spans) {
    for (Call& call : calls_) call.on_processor = true;
    for (const TraceSpan& span : spans) {
      if (span.what != TraceSpan::What::kKernel) continue;
      const auto owner = span.id ? call_of_id_.find(*span.id) : call_of_id_.end();
      if (owner == call_of_id_.end()) {
        calls_.push_back({span.name, span.start_us, span.length_us * kSpanMicro});
      } else {
        Call& call = calls_[owner->second];
        if (std::exchange(call.on_processor, false)) call.seconds = 0;
        call.seconds += span.length_us * kSpanMicro;
      }
    }
  }

  std::vector<Call> calls_;
  std::vector<Annotation> annotations_;
  std::vector<Open> open_;
  std::unordered_map<std::uint64_t, std::size_t> call_of_id_;
};

/// The kind of layer that an operation computes; empty: none that a network has.
std::string kind_of_operation(std::string_view name) {
  struct Known {
    std::string_view operation;
    std::string_view kind;
  };
  constexpr std::array<Known, 20> kKnown{{{"conv2d", "conv"},
                                          {"conv_transpose2d", "conv_transpose"},
                                          {"batch_norm", "batch_norm"},
                                          {"relu", "relu"},
                                          {"relu6", "relu6"},
                                          {"hardtanh", "relu6"},
                                          {"sigmoid", "sigmoid"},
                                          {"hardsigmoid", "hardsigmoid"},
                                          {"hardswish", "hardswish"},
                                          {"silu", "silu"},
                                          {"max_pool2d", "max_pool"},
                                          {"avg_pool2d", "avg_pool"},
                                          {"adaptive_avg_pool2d", "global_avg_pool"},
                                          {"add", "add"},
                                          {"mul", "multiply"},
                                          {"cat", "concat"},
                                          {"flatten", "flatten"},
                                          {"linear", "linear"},
                                          {"addmm", "linear"},
                                          {"softmax", "softmax"}}};
  constexpr std::string_view kAten{"aten::"};
  if (!name.starts_with(kAten)) return {};
  name.remove_prefix(kAten.size());
  if (name.ends_with('_')) name.remove_suffix(1);  // in place
  const auto* const it = std::find_if(kKnown.begin(), kKnown.end(),
                                      [&](const Known& each) { return each.operation == name; });
  return it == kKnown.end() ? std::string{} : std::string{it->kind};
}

/// A trace's calls by run: of steps where some are marked, without those that call nothing.
class RunsOfTrace {
 public:
  RunsOfTrace(const ChromeTrace& trace, const std::vector<Call>& calls) {
    if (trace.steps.empty()) {
      run_of_call_.assign(calls.size(), 0);
      count_ = 1;
      return;
    }
    std::map<std::size_t, std::size_t> run_of_step;
    for (const Call& call : calls) {
      const auto after =
          std::upper_bound(trace.steps.begin(), trace.steps.end(), call.start_us,
                           [](double start_us, const auto& step) { return start_us < step.first; });
      const auto step = static_cast<std::size_t>(after - trace.steps.begin());
      const bool within =
          step > 0 && call.start_us < trace.steps[step - 1].first + trace.steps[step - 1].second;
      if (!within) {
        run_of_call_.push_back(kNowhere);
        continue;
      }
      const auto [it, is_new] = run_of_step.emplace(step - 1, count_);
      if (is_new) {
        whole_.add(count_++, trace.steps[step - 1].second * kSpanMicro);
      }
      run_of_call_.push_back(it->second);
    }
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  /// `kNowhere`: between runs.
  [[nodiscard]] std::size_t of(std::size_t call) const { return run_of_call_[call]; }
  /// Whether a call is in a run that is not left out.
  [[nodiscard]] bool counts(std::size_t call) const {
    return of(call) != kNowhere && !(of(call) == 0 && leaves_out_first(count_));
  }
  [[nodiscard]] Estimate whole() const { return whole_.median_over(count_); }

 private:
  std::vector<std::size_t> run_of_call_;
  std::size_t count_{0};
  RunTimes whole_;
};

/// Makes entries of calls. In each run the k-th call of an operation within one annotation and one
/// module is one thing, so that a call elsewhere which one run alone has shifts nothing.
class EntriesOfTrace {
 public:
  EntriesOfTrace(const ChromeTrace& trace, const std::vector<Call>& calls,
                 const RunsOfTrace& runs) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (runs.counts(i)) take(trace, calls[i], runs.of(i));
    }
    const std::size_t counted = runs.count() - (leaves_out_first(runs.count()) ? 1 : 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      entries_[i].latency = times_[i].median_over(runs.count());
      // What most runs do not have is no layer of the network, and must not be counted as one.
      if (2 * runs_with_[i] < counted) entries_[i].kind.clear();
    }
  }

  /// As they ran, each operation's numbered.
  [[nodiscard]] std::vector<MeasuredEntry> entries() && { return std::move(entries_); }

 private:
  struct Count {
    std::size_t run{kNowhere};
    std::size_t number{0};
  };

  void take(const ChromeTrace& trace, const Call& call, std::size_t run) {
    Count& count = last_[{call.name, call.annotation, call.module}];
    count.number = count.run == run ? count.number + 1 : 1;
    count.run = run;
    const auto [it, is_new] = known_.emplace(
        std::tuple{call.name, call.annotation, call.module, count.number}, entries_.size());
    if (is_new) add(trace, call);
    times_[it->second].add(run, call.seconds);
    ++runs_with_[it->second];
  }

  void add(const ChromeTrace& trace, const Call& call) {
    const std::string& operation = trace.names[call.name];
    MeasuredEntry entry{.name = fmt::format("{}#{}", operation, ++numbers_[call.name]),
                        .kind = kind_of_operation(operation)};
    if (call.annotation != kNowhere) {
      entry.scope = trace.names[call.annotation];
      entry.parts = {entry.scope};
    } else if (call.module != kNowhere) {
      entry.scope = trace.names[call.module];
    }
    entries_.push_back(std::move(entry));
    times_.emplace_back();
    runs_with_.push_back(0);
  }

  std::vector<MeasuredEntry> entries_;
  std::vector<RunTimes> times_;
  std::vector<std::size_t> runs_with_;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, Count> last_;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>, std::size_t> known_;
  std::map<std::size_t, std::size_t> numbers_;  // of an operation's entries
};

/// What the user must know of a trace with a GPU.
std::vector<std::string> gpu_cautions(const std::vector<Call>& calls, const RunsOfTrace& runs) {
  std::vector<std::string> cautions{
      "Times are those of the GPU's kernels and copies, by the operation that started them."};
  double processor_s = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (runs.counts(i) && calls[i].on_processor) processor_s += calls[i].seconds;
  }
  if (processor_s > 0) {
    const std::size_t counted = runs.count() - (leaves_out_first(runs.count()) ? 1 : 0);
    constexpr double kMilli = 1e3;
    cautions.push_back(fmt::format(
        "Operations that started no kernel count with the processor's time, {:.4f} ms a run on "
        "average, though the GPU may compute meanwhile.",
        processor_s * kMilli / static_cast<double>(counted)));
  }
  return cautions;
}

}  // namespace

ForeignProfile read_torch(const std::string& text, const std::string& path) {
  const ChromeTrace trace = read_trace(text, path);
  OutermostCalls outermost{trace};
  const std::size_t passes = outermost.fewest_of_an_annotation();
  if (trace.steps.empty() && passes > 1) {
    throw ConfigError{fmt::format(
        "{}: error: has no steps, and each annotation comes {} times or more: several passes would "
        "be added up; call the profiler's step() after each pass, or trace one pass",
        path, passes)};
  }
  const std::vector<Call> calls = std::move(outermost).calls();
  const RunsOfTrace runs{trace, calls};
  ForeignProfile profile;
  if (runs.count() > 0) profile.entries = EntriesOfTrace{trace, calls, runs}.entries();
  if (profile.entries.empty()) {
    throw ConfigError{
        fmt::format("{}: error: has no operation{}; trace a network that runs "
                    "with ProfilerActivity.CPU",
                    path, trace.steps.empty() ? "" : " within a step")};
  }
  profile.statistic = median_clause(runs.count());
  if (trace.has_kernels) profile.cautions = gpu_cautions(calls, runs);
  if (trace.steps.empty()) {
    profile.cautions.emplace_back("The trace marks no steps: all of it counts as one pass.");
  } else {
    profile.whole = runs.whole();
  }
  return profile;
}

}  // namespace papilio
