#include "sim/capacity/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/base/document/rows.hpp"

namespace papilio {
namespace {

constexpr int kDigits = 4;

std::string until_text(const CapacityQuestion& question) {
  std::vector<std::string> texts;
  texts.reserve(question.conditions.size());
  for (const Condition& condition : question.conditions) texts.push_back(condition.text());
  return fmt::format("{}", fmt::join(texts, " and "));
}

TableCell value_cell(double value) {
  return {value};  // rounded by the search, which needs every digit that it has
}

TableCell measured_cell(const Condition::Measured& measured) {
  if (!measured.value) return none("n/a");
  TableCell cell = significant(*measured.value, kDigits);
  return measured.half_width ? cell.with_half_width(measured.half_width) : cell;
}

/// "p95_s 0.0291 ± 0.0004".
std::string measured_text(const CapacityQuestion& question, const CapacityTrial& trial) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < question.conditions.size(); ++i) {
    texts.push_back(fmt::format("{} {}", question.conditions[i].quantity(),
                                measured_cell(trial.measured[i]).text()));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string sentence(const CapacityQuestion& question, const StrategyCapacity& one) {
  const std::string until = until_text(question);
  const std::optional<double>& keeps = one.edge.keeps;
  const std::optional<double>& breaks = one.edge.breaks;
  const auto at = [&](double value) {
    return fmt::format("{} ({})", value_cell(value).text(),
                       measured_text(question, one.trials.at(value)));
  };
  const double least = one.trials.begin()->first;
  const double most = one.trials.rbegin()->first;
  const std::string tried =
      fmt::format("{} to {}", value_cell(least).text(), value_cell(most).text());
  if (keeps && breaks) {
    const bool up = *keeps < *breaks;
    return fmt::format("{}: {} of {} {} keeps {}; {} does not.{}", one.strategy, question.key,
                       up ? "up to" : "down to", at(*keeps), until, at(*breaks),
                       one.edge.again
                           ? " Farther off it changes again: this is the edge nearest to the "
                             "file's own value."
                           : "");
  }
  const bool all = std::all_of(one.trials.begin(), one.trials.end(), [&](const auto& trial) {
    return trial.second.verdict == (keeps ? Verdict::kKeeps : Verdict::kBreaks);
  });
  if ((keeps || breaks) && !all) {
    return fmt::format("{}: {} of {} {} {}; of {}, no other value {} it for sure.", one.strategy,
                       question.key, at(keeps ? *keeps : *breaks), keeps ? "keeps" : "breaks",
                       until, tried, keeps ? "breaks" : "keeps");
  }
  if (keeps || breaks) {
    return fmt::format("{}: every value tried, {}, {} {}.", one.strategy, tried,
                       keeps ? "keeps" : "breaks", until);
  }
  return fmt::format(
      "{}: at every value tried, {}, the limit lies within the interval, or there is no value.",
      one.strategy, tried);
}

}  // namespace

Document capacity_document(const CapacityQuestion& question, const CapacityAnswer& answer) {
  Document document{.title = fmt::format("{}, until {}", question.key, until_text(question))};
  Table table{.columns = {{"strategy", true}, {"keeps"}}};
  const auto add_measured = [&] {
    for (const Condition& condition : question.conditions) {
      table.columns.emplace_back(condition.quantity());
    }
  };
  add_measured();
  table.columns.emplace_back("breaks");
  add_measured();
  for (const StrategyCapacity& one : answer.strategies) {
    document.paragraphs.push_back(sentence(question, one));
    Table::Row row{one.strategy};
    for (const std::optional<double>& side : {one.edge.keeps, one.edge.breaks}) {
      row.push_back(side ? value_cell(*side) : none("none"));
      for (std::size_t i = 0; i < question.conditions.size(); ++i) {
        row.push_back(side ? measured_cell(one.trials.at(*side).measured[i]) : none());
      }
    }
    table.rows.push_back(std::move(row));
  }
  Section section{.title = "Both sides of the edge"};
  section.table = std::move(table);
  section.remarks.push_back(fmt::format(
      "{} runs, the first of all strategies, the others of one, all with the same random numbers. "
      "Where a quantity has a 95 % "
      "interval, what keeps does so with all of it, and what breaks with all of it; between the "
      "two the limit lies within the interval, and more replications would tell them apart.",
      answer.runs));
  document.sections.push_back(std::move(section));
  return document;
}

Table capacity_runs(const CapacityQuestion& question, const CapacityAnswer& answer) {
  Table table{.columns = {{"strategy", true}, {question.key}, {"verdict", true}}};
  for (const Condition& condition : question.conditions) {
    table.columns.emplace_back(condition.quantity());
    table.columns.emplace_back(condition.quantity() + " ci95");
  }
  for (const StrategyCapacity& one : answer.strategies) {
    for (const auto& [value, trial] : one.trials) {
      Table::Row row{one.strategy, value, name(trial.verdict)};
      for (const Condition::Measured& measured : trial.measured) {
        row.emplace_back(optional_value(measured.value));
        row.emplace_back(optional_value(measured.half_width));
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

nlohmann::ordered_json capacity_json(const CapacityQuestion& question,
                                     const CapacityAnswer& answer) {
  nlohmann::ordered_json json{{"key", question.key}, {"runs", answer.runs}};
  const auto number = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  for (const Condition& condition : question.conditions) json["until"].push_back(condition.text());
  json["strategies"] = nlohmann::ordered_json::array();
  for (const StrategyCapacity& one : answer.strategies) {
    nlohmann::ordered_json trials = nlohmann::ordered_json::array();
    for (const auto& [value, trial] : one.trials) {
      nlohmann::ordered_json of{{"value", value}, {"verdict", name(trial.verdict)}};
      for (std::size_t i = 0; i < question.conditions.size(); ++i) {
        of[question.conditions[i].quantity()] = {
            {"value", number(trial.measured[i].value)},
            {"half_width", number(trial.measured[i].half_width)}};
      }
      trials.push_back(std::move(of));
    }
    json["strategies"].push_back({{"strategy", one.strategy},
                                  {"keeps", number(one.edge.keeps)},
                                  {"breaks", number(one.edge.breaks)},
                                  {"changes_again", one.edge.again},
                                  {"trials", std::move(trials)}});
  }
  return json;
}

}  // namespace papilio
