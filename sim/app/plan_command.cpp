#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "sim/app/command.hpp"
#include "sim/app/drawing.hpp"
#include "sim/app/look_options.hpp"
#include "sim/app/plan_training.hpp"
#include "sim/app/scenario_options.hpp"
#include "sim/app/starters.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/cli/version.hpp"
#include "sim/base/data/installation.hpp"
#include "sim/base/document/document.hpp"
#include "sim/base/document/json_text.hpp"
#include "sim/base/error.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"
#include "sim/planner/plan_file.hpp"
#include "sim/planner/plan_json.hpp"
#include "sim/planner/plan_plots.hpp"
#include "sim/planner/plan_report.hpp"
#include "sim/planner/planned_scenario.hpp"
#include "sim/planner/planner.hpp"
#include "sim/planner/robust_plan.hpp"
#include "sim/radio/trace.hpp"
#include "sim/scenario/references.hpp"

namespace papilio {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse_plan(const std::string& message) {
  throw ConfigError{fmt::format("papilio plan: error: {}; see 'papilio plan --help'", message)};
}

/// The parts of the report that are shown; none: all of them.
std::vector<std::string> sections_of(const CommandLine& line, const std::string& format) {
  const std::vector<std::string>& known = plan_sections();
  std::vector<std::string> shown = line.all("show");
  for (const std::string& part : shown) {
    if (std::find(known.begin(), known.end(), part) == known.end()) {
      refuse_plan(fmt::format("--show: there is no part '{}'{}", part, suggestion(part, known)));
    }
  }
  if (shown.empty() && format == "latex") {
    shown = known;
    std::erase(shown, "planners");  // how it was found is no reader's of an article
  }
  return shown;
}

/// An assignment "KEY=VALUE" of --limit as one of --set.
std::string limit_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    refuse_plan(fmt::format("--limit: expected KEY=VALUE, got '{}'", text));
  }
  const std::string limit = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  // What is told of it names what was written, not the scenario's key that it stands for.
  if (const std::optional<double> share = share_of_percent(value)) {
    const bool is_accuracy = limit_key(limit).find('.') == std::string::npos;
    refuse_plan(fmt::format("--limit {}: expected a number, got '{}'{}", limit, value,
                            is_accuracy ? percent_remedy(value) : ""));
  }
  if (limit_key(limit) == "accuracy_budget") {
    double loss = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, loss);
    if (error != std::errc{} || stop != end || !(loss >= 0 && loss <= 1)) {
      refuse_plan(fmt::format(
          "--limit {}: expected a share of 0 to 1, got '{}'; 0.01 lets a plan lose one percentage "
          "point of the uncut network's accuracy, as accuracy_budget of a scenario does",
          limit, value));
    }
  }
  return limit_key(limit) + text.substr(equals);
}

/// How commands that do not take --limit keep the same limits; nothing where none was given.
std::string limits_elsewhere(const CommandLine& line) {
  std::string settings;
  for (const std::string& limit : line.all("limit")) settings += " --set " + limit_of(limit);
  if (settings.empty()) return settings;
  return fmt::format(
      "--limit binds this plan alone; 'papilio run' and 'papilio study run' keep the same "
      "by{}, or by these keys in the scenario.",
      settings);
}

ScenarioSource plan_source(const CommandLine& line) {
  ScenarioSource source = source_of(line, "plan");
  for (const std::string& limit : line.all("limit")) source.overrides.push_back(limit_of(limit));
  const std::vector<std::string> networks = line.all("network");
  if (!networks.empty()) {
    source.overrides.push_back(fmt::format("networks=[{}]", fmt::join(networks, ",")));
  }
  return source;
}

PlanQuestion question_of(const CommandLine& line) {
  PlanQuestion question{.goal = goal_of(line.get<std::string>("target")),
                        .planners = line.all("planner")};
  constexpr int kMostBits = 32;
  if (line.has("bits")) {
    for (const int bits : line.get<std::vector<int>>("bits")) {
      if (bits < 1 || bits > kMostBits) refuse_plan("--bits must be 1 to 32");
      if (std::find(question.bits.begin(), question.bits.end(), bits) == question.bits.end()) {
        question.bits.push_back(bits);
      }
    }
  }
  if (line.has("energy-model")) {
    const std::string name = line.get<std::string>("energy-model");
    const std::vector<std::string>& names = energy_model_names();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      refuse_plan(
          fmt::format("--energy-model: expected {}, got '{}'", fmt::join(names, " or "), name));
    }
    question.reading = energy_model_by_name(name);
  }
  return question;
}

/// What of samples is made small: a percentile, in (0, 1], or nothing for the mean.
std::optional<double> percentile_of(const CommandLine& line) {
  const std::string over = line.get<std::string>("over");
  std::optional<double> percentile;
  if (over != "mean") {
    constexpr double kWhole = 100;
    double number = 0;
    const char* const end = over.data() + over.size();
    const bool is_percentile = over.starts_with("p") &&
                               std::from_chars(over.data() + 1, end, number).ptr == end &&
                               number > 0 && number <= kWhole;
    if (!is_percentile) {
      refuse_plan(
          fmt::format("--over: expected mean, or a percentile from p1 to p100, got '{}'", over));
    }
    percentile = number / kWhole;
  }
  return percentile;
}

/// How often layer times are drawn; nothing where --spread does not ask for it.
std::optional<std::size_t> spread_of(const CommandLine& line) {
  if (!line.has("spread")) return std::nullopt;
  constexpr int kMostSamples = 10'000;
  const int samples = line.get<int>("spread");
  if (samples < 1 || samples > kMostSamples) {
    refuse_plan(fmt::format("--spread must be 1 to {}", kMostSamples));
  }
  return static_cast<std::size_t>(samples);
}

/// The trace that was asked for; nothing where none was.
std::optional<Trace> trace_of(const CommandLine& line, const ScenarioSource& source,
                              const ProfileLibrary& library) {
  if (!line.has("trace")) return std::nullopt;
  const std::string name = line.get<std::string>("trace");
  const fs::path own = own_or_shipped(name);
  const fs::path file =
      fs::is_regular_file(own) ? own : find_data_file(source, library, "traces", name);
  if (file.empty()) {
    refuse_plan(
        fmt::format("--trace: no file '{}' here, beside the scenario, or under traces/ of a "
                    "folder of profiles or of the data folder",
                    name));
  }
  constexpr double kBin = 0.1;
  return load_trace(file.string(), Seconds{kBin});
}

/// The options that name a drawing's file.
constexpr std::array<const char*, 4> kDrawings{"front", "changes", "map", "distribution"};

/// Refuses what the drawings' options say amiss, before there is anything to draw: none is passed
/// over in silence.
void check_drawings(const CommandLine& line, const ScenarioSpec& spec, const Goal& goal) {
  for (const char* option : {"along", "across"}) {
    condition_axis(fmt::format("--{}", option), line.get<std::string>(option), spec);
  }
  if (!goal.adds_up() && (line.has("map") || line.has("changes") || line.has("distribution"))) {
    refuse_plan("maps and break points are of a latency or an energy, not of their product");
  }
  if (line.has("distribution") && !line.has("trace")) refuse_plan("--distribution needs --trace");
  const bool draws = std::any_of(kDrawings.begin(), kDrawings.end(),
                                 [&](const char* option) { return line.has(option); });
  for (const std::string& option : look_options()) {
    if (line.has(option) && !draws) {
      refuse_plan(
          fmt::format("--{} says how a drawing looks, and none is asked for; add --front, "
                      "--changes, --map or --distribution",
                      option));
    }
  }
}

/// Draws what was asked for, of the first radio. @return the files
std::vector<std::string> draw_all(const CommandLine& line, const Planner& planner,
                                  const std::vector<PlanAnswer>& answers,
                                  const std::vector<OverTrace>& traces) {
  const PlotLook look = look_of(line, "plan");
  const auto along = [&](const char* option) {
    return condition_axis(fmt::format("--{}", option), line.get<std::string>(option),
                          planner.scenario().spec);
  };
  // All scripts come first: what cannot be drawn leaves none of the others behind.
  std::vector<std::pair<const char*, GnuplotScript>> scripts;
  if (line.has("distribution")) {
    scripts.emplace_back("distribution", trace_script(planner, answers, 0, traces.front(), look));
  }
  if (line.has("front")) scripts.emplace_back("front", front_script(planner, answers, 0, look));
  if (line.has("changes")) {
    scripts.emplace_back("changes", changes_script(planner, answers, 0, along("along"), look));
  }
  if (line.has("map")) {
    scripts.emplace_back("map",
                         map_script(planner, answers, 0, along("along"), along("across"), look));
  }
  std::vector<std::string> files;
  files.reserve(scripts.size());
  for (const auto& [option, script] : scripts) {
    std::optional<fs::path> keep = keep_of(line);
    if (keep) *keep /= option;
    files.push_back(line.get<std::string>(option));
    draw(script, files.back(), "plan", keep);
  }
  return files;
}

/// What the command found, for machines and for 'papilio report'.
nlohmann::ordered_json json_of(const CommandLine& line, const Words& words,
                               const Scenario& scenario, const Planner& planner,
                               const std::vector<PlanAnswer>& answers,
                               const std::vector<OverTrace>& traces,
                               const std::vector<OverTrace>& spreads) {
  const auto axis = [&](const char* option) -> const ConditionAxis& {
    return condition_axis(fmt::format("--{}", option), line.get<std::string>(option),
                          planner.scenario().spec);
  };
  nlohmann::ordered_json json = plan_json(planner, answers, axis("along"), axis("across"));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!spreads.empty()) json["answers"][i]["spread"] = samples_json(answers[i], spreads[i]);
    if (!traces.empty()) json["answers"][i]["trace"] = samples_json(answers[i], traces[i]);
  }
  if (!traces.empty()) {
    json["trace_file"] = fs::path{line.get<std::string>("trace")}.filename().string();
  }
  std::vector<std::string> command{"papilio", "plan"};
  command.insert(command.end(), words.begin(), words.end());
  json["command"] = std::move(command);
  json["papilio"] = program_version();
  json["git_revision"] = git_revision();
  json["effective_scenario"] = effective_yaml(scenario);
  return json;
}

}  // namespace

void plan_command(const Words& words) {
  CommandLine line{
      "plan FILE [options]",
      "Finds the best plan for a scenario on each of its radios: which layers run where, and in "
      "what form\ntensors cross, within limits. Shows what it costs, the next best, what others "
      "would cost, and where\nthe answer changes. Exits with 2 where no plan keeps the limits, "
      "naming the nearest.\nWhat is weighed and how: docs/models/planning.md.",
      {"papilio plan scenarios/paper/table4.yaml",
       "papilio plan scenarios/examples/measured.yaml -t energy --limit accuracy_loss=0.02 \\",
       "    --limit latency_s=0.03 -o plan.yaml",
       "papilio plan scenarios/paper/table4.yaml --network wifi --map map.svg --front front.svg",
       "papilio plan scenarios/examples/u-net.yaml --planner minimum-cut --explain",
       "papilio plan scenarios/paper/table4.yaml --network 3g --trace scenarios/fleets/walk.csv",
       "papilio plan scenarios/examples/jointdnn.yaml --training --batch 32 --sync-every 100",
       "papilio plan scenarios/paper/table4.yaml --json > /tmp/plan.json",
       "papilio plan scenarios/paper/table4.yaml --format latex --show answer > /tmp/plan.tex"}};
  add_scenario_options(line);
  line.add_options()("target,t",
                     po::value<std::string>()->default_value("latency")->value_name("TARGET"),
                     "what is made small: latency, energy, product or product:A,B, which is "
                     "latency^A * energy^B");
  line.add_options()(
      "limit,l", po::value<std::vector<std::string>>()->value_name("KEY=VALUE"),
      "upper limit of latency_s, mobile_energy_j, cloud_s, upload_bytes, "
      "mobile_weight_bytes, edge_weight_bytes or cloud_weight_bytes; of accuracy_loss, what a "
      "plan may lose of the uncut network's accuracy (a share: 0.01; the scenario's "
      "accuracy_budget); lower one of accuracy (its least_accuracy); may be given "
      "again");
  line.add_options()("network,n", po::value<std::vector<std::string>>()->value_name("RADIO"),
                     "in place of the scenario's radios; may be given again");
  line.add_options()("planner", po::value<std::vector<std::string>>()->value_name("NAME"),
                     "who proposes: scenario, algorithm-1, neurosurgeon, jointdnn, minimum-cut; "
                     "exhaustive for small networks; may be given again (default: all but the "
                     "last that can)");
  line.add_options()("bits", po::value<std::vector<int>>()->value_name("N"),
                     "of one element that crosses as it is; may be given again (default: those of "
                     "the scenario's strategies, and 32, which lose nothing)");
  line.add_options()("energy-model", po::value<std::string>()->value_name("NAME"),
                     "reading of the radio's energy (default: the scenario's first)");
  line.add_options()("explain", po::bool_switch(), "show the stages of each answer");
  line.add_options()("all-fronts", po::bool_switch(),
                     "list the plans that no other beats in every respect");
  line.add_options()("show", po::value<std::vector<std::string>>()->value_name("PART"),
                     "of the report, alone: answer, others, spread, trace, changes, front, stages, "
                     "grounds or planners; may be given again (default: all; of LaTeX, which goes "
                     "into an article, all but planners)");
  line.add_options()("front", po::value<std::string>()->value_name("FILE"),
                     "draw them, of the first radio: .svg, .pdf or .png");
  line.add_options()("changes", po::value<std::string>()->value_name("FILE"),
                     "draw how the best plan changes along a condition");
  line.add_options()("map", po::value<std::string>()->value_name("FILE"),
                     "draw which plan is the best over two conditions");
  line.add_options()(
      "along", po::value<std::string>()->default_value("uplink")->value_name("AXIS"),
      "of both drawings and the JSON's map: uplink, downlink, mobile_load, cloud_load or "
      "edge_load");
  line.add_options()("across",
                     po::value<std::string>()->default_value("cloud_load")->value_name("AXIS"),
                     "the map's other condition");
  line.add_options()("trace", po::value<std::string>()->value_name("FILE"),
                     "of the uplink's rate (docs/models/traces.md): choose one plan for all of it");
  line.add_options()("over", po::value<std::string>()->default_value("p95")->value_name("WHAT"),
                     "of the trace or spread is made small: mean, or a percentile such as p95");
  line.add_options()("spread", po::value<int>()->value_name("N"),
                     "draw N times the layer times that were measured with an interval: how sure "
                     "is the answer?");
  line.add_options()("distribution", po::value<std::string>()->value_name("FILE"),
                     "draw how much of the trace's time plans take at most how much");
  add_look_options(line);
  add_training_options(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                     "write the answers as a file for 'strategy: plan' of scenarios and fleets");
  line.add_format_option("what is printed: md, csv (every plan), json, latex or html");
  line.add_options()("json", po::bool_switch(),
                     "the same as --format json, of which 'papilio report' makes a page");
  if (!line.parse(words)) return;
  check_training_options(line);
  for (const char* option : kDrawings) {
    if (line.has(option)) {
      check_drawing(line.get<std::string>(option), "plan", option);
    }
  }
  look_of(line, "plan");  // refuses before it plans
  const std::string format = line.get<bool>("json") ? "json" : line.get<std::string>("format");
  check_format(format);
  const std::vector<std::string> sections = sections_of(line, format);
  const PlanQuestion question = question_of(line);
  ProfileCaches caches;
  const ScenarioSource source = plan_source(line);
  const Scenario scenario = load_planned_scenario(source, caches);
  if (line.get<bool>("training")) {
    plan_training(line, scenario, caches, question, format);
    return;
  }
  check_drawings(line, scenario.spec, question.goal);
  const std::optional<double> percentile = percentile_of(line);
  const std::optional<std::size_t> samples = spread_of(line);
  ProfileCache& profiles = profiles_of(scenario, caches);
  const std::optional<Trace> trace = trace_of(line, source, profiles.library());
  const Planner planner{scenario, profiles, question};
  std::vector<PlanAnswer> answers;
  std::vector<std::string> misses;
  for (std::size_t radio = 0; radio < scenario.radios.size(); ++radio) {
    answers.push_back(planner.answer(radio));
    if (!answers.back().best) misses.push_back(miss_text(planner, answers.back()));
  }
  std::vector<OverTrace> spreads;
  if (samples) spreads = over_spread(planner, profiles, *samples, percentile);
  std::vector<OverTrace> traces;
  for (std::size_t radio = 0; trace && radio < scenario.radios.size(); ++radio) {
    traces.push_back(over_trace(planner, radio, *trace, percentile));
  }
  std::vector<std::string> written;
  if (misses.empty()) written = draw_all(line, planner, answers, traces);
  if (misses.empty() && line.has("output")) {
    const fs::path file{line.get<std::string>("output")};
    OutputFolder folder{file.has_parent_path() ? file.parent_path() : fs::path{"."}};
    folder.add(file.filename().string(), plan_yaml(planner, answers));
    folder.commit();
    written.push_back(file.string());
  }
  if (format == "json") {
    // Also where no plan keeps the limits: which is the nearest is an answer to machines too.
    say(json_text(json_of(line, words, scenario, planner, answers, traces, spreads)));
  } else if (misses.size() == answers.size()) {
    // There is nothing to tell but why.
  } else if (format == "csv") {
    say(to_csv(plan_table(planner, answers)));
  } else {
    const std::vector<std::string> named = line.all("show");
    const auto is_named = [&](const char* part) {
      return std::find(named.begin(), named.end(), part) != named.end();
    };
    PlanReportSettings settings{.explain = line.get<bool>("explain") || is_named("stages"),
                                .front = line.get<bool>("all-fronts") || is_named("front")};
    settings.sections = sections;
    settings.traces = std::move(traces);
    settings.spreads = std::move(spreads);
    if (line.has("trace")) {
      settings.trace_file = fs::path{line.get<std::string>("trace")}.filename().string();
    }
    Document document = plan_document(planner, answers, settings);
    const std::string remark = limits_elsewhere(line);
    if (format != "latex" && !remark.empty() && !document.sections.empty()) {
      document.sections.back().remarks.push_back(remark);
    }
    print(document, format, line.is_wide());
  }
  for (const std::string& file : written) {
    // Behind a report it is one of its lines; files for machines hold nothing else.
    const std::string told = fmt::format("{}Wrote {}\n", file == written.front() ? "\n" : "", file);
    if (format == "md") {
      say(told);
    } else {
      tell(fmt::format("Wrote {}\n", file));
    }
  }
  if (misses.empty() && line.has("output") && format == "md") {
    const std::string file = line.get<std::string>("output");
    say(
        fmt::format("Scenarios and fleets play it as {{strategy: plan, from: {}}}. A fleet of it:\n"
                    "  papilio new fleet NAME --base {} --plan {}\n",
                    file, shell_word(source.file), shell_word(file)));
  }
  if (!misses.empty()) {
    // What is to be had on the other radios has been told; nothing was written.
    throw ConfigError{
        fmt::format("papilio plan: error: {}\nWiden a limit, or give it other strategies.",
                    fmt::join(misses, "\n"))};
  }
}

}  // namespace papilio
