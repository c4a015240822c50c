#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"
#include "sim/base/read_file.hpp"
#include "sim/page/page.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPlanBytes = std::size_t{64} << 20U;
constexpr std::size_t kMostPlans = 2000;  // of a radio

bool holds(const Json& json, const char* key, Json::value_t type) {
  return json.is_object() && json.contains(key) && json[key].type() == type;
}

std::string text_at(const Json& json, const char* key) {
  return holds(json, key, Json::value_t::string) ? json[key].get<std::string>() : std::string{};
}

Json read_plan(const fs::path& file) {
  Json plan = parsed_json(read_file(file.string(), kMostPlanBytes));
  const bool is_plan = holds(plan, "kind", Json::value_t::string) && plan["kind"] == "plan" &&
                       holds(plan, "scenario", Json::value_t::string) &&
                       holds(plan, "target", Json::value_t::string) &&
                       holds(plan, "answers", Json::value_t::array) && !plan["answers"].empty();
  const auto is_answer = [](const Json& answer) {
    return holds(answer, "network", Json::value_t::string) &&
           holds(answer, "plans", Json::value_t::array) &&
           holds(answer, "baselines", Json::value_t::array) &&
           std::all_of(answer["plans"].begin(), answer["plans"].end(),
                       [](const Json& each) { return holds(each, "name", Json::value_t::string); });
  };
  if (!is_plan || !std::all_of(plan["answers"].begin(), plan["answers"].end(), is_answer)) {
    refuse_file(file,
                "is no plan of a request; give the folder that 'papilio run' wrote, or a file of "
                "what 'papilio plan FILE --json' prints");
  }
  return plan;
}

/// What an answer speaks of by name, which no page may lack.
std::set<std::string> names_in(const Json& answer) {
  std::set<std::string> names;
  for (const char* key : {"best", "second_best", "nearest"}) {
    if (answer.contains(key) && holds(answer[key], "name", Json::value_t::string)) {
      names.insert(answer[key]["name"].get<std::string>());
    }
  }
  for (const Json& baseline : answer["baselines"]) {
    if (holds(baseline, "name", Json::value_t::string)) {
      names.insert(baseline["name"].get<std::string>());
    }
  }
  return names;
}

/// Leaves of very many plans those that the answer speaks of, then those on the front, then the
/// first. @return how many were left out
std::size_t thin_plans(Json& answer) {
  Json& plans = answer["plans"];
  if (plans.size() <= kMostPlans) return 0;
  const std::set<std::string> names = names_in(answer);
  const auto rank = [&](const Json& plan) {
    if (names.contains(plan["name"].get<std::string>())) return 0;
    return holds(plan, "on_front", Json::value_t::boolean) && plan["on_front"].get<bool>() ? 1 : 2;
  };
  std::stable_sort(plans.begin(), plans.end(),
                   [&](const Json& a, const Json& b) { return rank(a) < rank(b); });
  const std::size_t left_out = plans.size() - kMostPlans;
  plans.erase(plans.begin() + static_cast<std::ptrdiff_t>(kMostPlans), plans.end());
  return left_out;
}

/// What a plan's scenario says but for what a question may change: its name's own conditions.
std::string situation_of(const Json& plan) {
  static const std::set<std::string> kOfQuestion{
      "limits", "accuracy_budget", "least_accuracy", "energy_models", "strategies", "description"};
  std::istringstream lines{text_at(plan, "effective_scenario")};
  std::string text;
  bool kept = true;
  for (std::string line; std::getline(lines, line);) {
    const bool is_key = !line.empty() && line.front() != ' ' && line.front() != '-';
    if (is_key) kept = !kOfQuestion.contains(line.substr(0, line.find(':')));
    if (kept) text += line + '\n';
  }
  return text;
}

}  // namespace

Json plan_page_data(const std::vector<fs::path>& files) {
  Json plans = Json::array();
  std::vector<std::string> notes;
  for (const fs::path& file : files) {
    Json plan = read_plan(file);
    for (Json& answer : plan["answers"]) {
      const std::size_t left_out = thin_plans(answer);
      if (left_out > 0) {
        notes.push_back(fmt::format(
            "Of the plans on {}, least {}, {} are left out, none of which is on the front before "
            "those that are shown.",
            answer["network"].get<std::string>(), plan["target"].get<std::string>(), left_out));
      }
    }
    plans.push_back(std::move(plan));
  }
  const Json& first = plans[0];
  for (std::size_t i = 1; i < files.size(); ++i) {
    const Json& plan = plans[i];
    if (plan["scenario"] != first["scenario"] || situation_of(plan) != situation_of(first)) {
      refuse_file(files[i],
                  fmt::format("is of another scenario, other radios or other conditions than {}; "
                              "give plans of one scenario, for several goals or limits",
                              files[0].string()));
    }
  }
  Json data{{"kind", "plan"}};
  data["title"] = fmt::format("Plans for {}", first["scenario"].get<std::string>());
  data["introduction"] = {fmt::format("{} on {} (mobile) and {} (cloud): which layers run where",
                                      text_at(first, "model"), text_at(first, "mobile"),
                                      text_at(first, "cloud"))};
  data["assumptions"] = Json::array();
  if (holds(first, "assumptions", Json::value_t::array)) {
    for (const Json& text : first["assumptions"]) {
      if (text.is_string() && !text.get<std::string>().empty()) data["assumptions"].push_back(text);
    }
  }
  if (holds(first, "not_asked", Json::value_t::array)) {
    for (const Json& why : first["not_asked"]) {
      if (why.is_string()) {
        data["assumptions"].push_back(fmt::format("Not asked: {}.", why.get<std::string>()));
      }
    }
  }
  data["scenario"] = text_at(first, "effective_scenario");
  data["manifest"] = {{"scenario", first["scenario"]}};
  for (const char* key : {"papilio", "git_revision"}) data["manifest"][key] = text_at(first, key);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Json& plan = plans[i];
    if (plan.contains("command")) {
      data["manifest"][i == 0 ? "command" : fmt::format("command {}", i + 1)] = plan["command"];
    }
  }
  for (Json& plan : plans) {
    for (const char* key : {"assumptions", "effective_scenario", "command"}) plan.erase(key);
  }
  data["plans"] = std::move(plans);
  data["notes"] = std::move(notes);
  return data;
}

}  // namespace papilio
