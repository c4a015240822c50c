#include "sim/capacity/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

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

/// Least and greatest of the values that were tried.
std::pair<double, double> tried_of(const StrategyCapacity& one) {
  return {one.trials.begin()->first, one.trials.rbegin()->first};
}

std::string tried_text(const StrategyCapacity& one) {
  const auto [least, most] = tried_of(one);
  return least == most ? value_cell(least).text()
                       : fmt::format("{} to {}", value_cell(least).text(), value_cell(most).text());
}

/// The verdict of every value that was tried, where they are all of one and it is sure.
std::optional<Verdict> verdict_of_all(const StrategyCapacity& one) {
  const Verdict first = one.trials.begin()->second.verdict;
  if (first != Verdict::kKeeps && first != Verdict::kBreaks) return std::nullopt;
  const bool all = std::all_of(one.trials.begin(), one.trials.end(),
                               [&](const auto& trial) { return trial.second.verdict == first; });
  return all ? std::optional{first} : std::nullopt;
}

/// What searches where nobody looked; empty: all was looked at that was asked for.
std::string beyond_text(const StrategyCapacity& one, const AxisRange& range) {
  const auto [least, most] = tried_of(one);
  constexpr double kFarther = 16;
  std::vector<std::string> ways;
  const auto add = [&](const char* option, double value) {
    ways.push_back(fmt::format("{} {}", option, value_cell(value).text()));
  };
  if (range.open_least && one.edge.toward <= 0) add("--from", least / kFarther);
  if (range.open_most && one.edge.toward >= 0) add("--to", most * kFarther);
  return ways.empty()
             ? std::string{}
             : fmt::format(" Farther off nothing was tried; {} does.", fmt::join(ways, " or "));
}

std::string sentence(const CapacityQuestion& question, const StrategyCapacity& one,
                     const CapacityAxis& axis) {
  const std::string until = until_text(question);
  const std::optional<double>& keeps = one.edge.keeps;
  const std::optional<double>& breaks = one.edge.breaks;
  const auto at = [&](double value) {
    return fmt::format("{} ({})", value_cell(value).text(),
                       measured_text(question, one.trials.at(value)));
  };
  const std::string tried = tried_text(one);
  if (keeps && breaks) {
    const bool up = *keeps < *breaks;
    return fmt::format("{}: {} of {} {} keeps {}; {} does not.{}", one.strategy, question.key,
                       up ? "up to" : "down to", at(*keeps), until, at(*breaks),
                       one.edge.again
                           ? " Farther off it changes again: this is the edge nearest to the "
                             "file's own value."
                           : "");
  }
  if (const std::optional<Verdict> all = verdict_of_all(one)) {
    return fmt::format("{}: every value tried, {}, {} {}.{}", one.strategy, tried, name(*all),
                       until, beyond_text(one, axis.range));
  }
  if (keeps || breaks) {
    return fmt::format("{}: {} of {} {} {}; of {}, no other value {} it for sure.{}", one.strategy,
                       question.key, at(keeps ? *keeps : *breaks), keeps ? "keeps" : "breaks",
                       until, tried, keeps ? "breaks" : "keeps", beyond_text(one, axis.range));
  }
  return fmt::format(
      "{}: at every value tried, {}, the limit lies within the interval, or there is no value.{}",
      one.strategy, tried, beyond_text(one, axis.range));
}

/// All numbers from one to another, "500 to 32000".
TableCell span_cell(double least, double most, Form form) {
  form.between = " to ";
  return {TableCell::Real{.value = {least, most}, .form = form}};
}

/// What a quantity was over all values that were tried.
TableCell measured_over_all(const StrategyCapacity& one, std::size_t condition) {
  std::optional<std::pair<double, double>> ends;
  for (const auto& [value, trial] : one.trials) {
    const std::optional<double>& measured = trial.measured[condition].value;
    if (!measured) continue;
    if (!ends) ends = {*measured, *measured};
    ends = {std::min(ends->first, *measured), std::max(ends->second, *measured)};
  }
  if (!ends) return none("n/a");
  return span_cell(ends->first, ends->second, {.style = Form::Style::kDigits, .places = kDigits});
}

/// A side of a strategy's edge: the value and what was measured there. Where all values are on this
/// side, it is all of them.
void add_side(Table::Row& row, const CapacityQuestion& question, const StrategyCapacity& one,
              Verdict side) {
  const bool is_all = verdict_of_all(one) == side;
  const std::optional<double>& at = side == Verdict::kKeeps ? one.edge.keeps : one.edge.breaks;
  if (is_all) {
    const auto [least, most] = tried_of(one);
    row.push_back(span_cell(least, most, {}));
  } else {
    row.push_back(at ? value_cell(*at) : none("none"));
  }
  for (std::size_t i = 0; i < question.conditions.size(); ++i) {
    row.push_back(is_all ? measured_over_all(one, i)
                  : at   ? measured_cell(one.trials.at(*at).measured[i])
                         : none());
  }
}

/// A number of seconds with the digits that an estimate has, rounded up.
double rounded_up(double seconds) {
  const double step = std::pow(10, std::floor(std::log10(seconds)) - 1);
  return std::ceil(seconds / step) * step;
}

/// Where the two sides of an edge are farther apart than was asked, because the values between are
/// unsure: how long the fleet has to be played until they are not. Intervals are as wide as one
/// through the root of what is counted. Empty: they are near enough, or nobody knows.
std::string longer_text(const CapacityQuestion& question, const StrategyCapacity& one,
                        const CapacityAxis& axis) {
  if (!one.edge.keeps || !one.edge.breaks || !axis.span) return {};
  const double gap = std::abs(*one.edge.breaks - *one.edge.keeps);
  const double of = std::min(std::abs(*one.edge.breaks), std::abs(*one.edge.keeps));
  const double wanted = std::max(question.precision * of, axis.range.whole ? 1.0 : 0.0);
  // Each side is looked for to the precision alone, so that twice as much may lie between them
  // without any noise.
  constexpr double kSearched = 3;
  const bool are_whole = wanted > question.precision * of;
  const double told = are_whole ? 1 : kSearched * wanted;
  const double counted = axis.span->duration_s - axis.span->warm_up_s;
  if (!(wanted > 0) || !(counted > 0) || gap <= told) return {};
  const double times = (gap / wanted) * (gap / wanted);
  constexpr double kPercent = 100;
  const std::string nearness = are_whole
                                   ? std::string{"neighbours"}
                                   : fmt::format("within {:g} %", question.precision * kPercent);
  return fmt::format(
      "{}: from {} to {}, {} % apart, the limit lies within the interval. To bring the two to "
      "{} takes about {:.2g} times as many requests: --set duration_s={:g}, where it is {:g}.",
      one.strategy, value_cell(*one.edge.keeps).text(), value_cell(*one.edge.breaks).text(),
      significant(gap / of * kPercent, 2).text(), nearness, times,
      rounded_up(axis.span->warm_up_s + counted * times), axis.span->duration_s);
}

}  // namespace

Document capacity_document(const CapacityQuestion& question, const CapacityAnswer& answer) {
  Document document{.title = fmt::format("{}, until {}", question.key, until_text(question))};
  Table table{.columns = {{"strategy", true}}};
  for (const Verdict side : {Verdict::kKeeps, Verdict::kBreaks}) {
    table.columns.emplace_back(std::string{name(side)});
    for (const Condition& condition : question.conditions) {
      table.columns.emplace_back(condition.quantity());
    }
  }
  for (const StrategyCapacity& one : answer.strategies) {
    document.paragraphs.push_back(sentence(question, one, answer.axis));
    Table::Row row{one.strategy};
    add_side(row, question, one, Verdict::kKeeps);
    add_side(row, question, one, Verdict::kBreaks);
    table.rows.push_back(std::move(row));
  }
  Section section{.title = "Both sides of the edge"};
  section.table = std::move(table);
  section.remarks.push_back(fmt::format(
      "{} runs, the first of all strategies, the others of one, all with the same random numbers. "
      "Where a quantity has a 95 % interval, what keeps does so with all of it, and what breaks "
      "with all of it.",
      answer.runs));
  for (const StrategyCapacity& one : answer.strategies) {
    std::string longer = longer_text(question, one, answer.axis);
    if (!longer.empty()) section.remarks.push_back(std::move(longer));
  }
  document.sections.push_back(std::move(section));
  return document;
}

std::string trial_text(const CapacityQuestion& question, const std::string& strategy, double value,
                       const CapacityTrial& trial) {
  return fmt::format("{}, {} {}: {}, {}", strategy, question.key, value_cell(value).text(),
                     measured_text(question, trial), name(trial.verdict));
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
  const auto every_value = [](const StrategyCapacity& one) {
    const std::optional<Verdict> all = verdict_of_all(one);
    return all ? nlohmann::ordered_json(name(*all)) : nlohmann::ordered_json();
  };
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
                                  {"every_value", every_value(one)},
                                  {"trials", std::move(trials)}});
  }
  return json;
}

}  // namespace papilio
