#include "sim/report/run_report.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "sim/report/answer.hpp"
#include "sim/report/assumptions.hpp"
#include "sim/report/format.hpp"
#include "sim/report/layer_times.hpp"
#include "sim/report/measurement_section.hpp"

namespace papilio {
namespace {

/// Of a decoder's request: until the first token, each token more, and what each of these sends.
Table::Row token_cells(const Plan& plan, const Breakdown& took) {
  if (plan.tokens < 2) return {in_ms(took.first_token), none(), none()};
  const auto more = static_cast<double>(plan.tokens - 1);
  return {in_ms(took.first_token), in_ms((took.latency() - took.first_token) / more),
          decimals(plan.upload_per_token().value(), 0)};
}

/// Every cell under one reading of the radio's energy.
Section cell_section(const Outcomes& outcomes, const std::string& reading,
                     const std::set<const Outcome*>& answer) {
  Section section{.title = fmt::format("Cells, {} energy", reading)};
  Table table{.columns = {{"strategy", true},
                          {"network", true},
                          {"cut", true},
                          {"D_r"},
                          {"bits"},
                          {"bytes"},
                          {"latency ms"},
                          {"energy mJ"},
                          {"× latency"},
                          {"× energy"},
                          {"accuracy"}}};
  const bool codecs = has_codecs(outcomes);
  constexpr std::ptrdiff_t kBytes = 5;  // the column that the codec goes before
  if (codecs) table.columns.insert(table.columns.begin() + kBytes, {"codec", true});
  const bool delayed = has_delay(outcomes);
  const bool generates = !outcomes.all().empty() && outcomes.all().front().cell.plan.tokens > 0;
  const auto after_latency = [codecs](const auto& row) {
    return row.begin() + kBytes + (codecs ? 3 : 2);
  };
  if (delayed) table.columns.insert(after_latency(table.columns), {"of it delay ms"});
  if (generates) {
    const std::vector<Table::Column> of_tokens{Table::Column{"first token ms"},
                                               Table::Column{"per token ms"},
                                               Table::Column{"bytes a token"}};
    table.columns.insert(after_latency(table.columns), of_tokens.begin(), of_tokens.end());
  }
  const auto number = [](const std::optional<std::int64_t>& value) {
    return value ? TableCell{*value} : none();
  };
  bool some_unknown = false;
  for (const Outcome& outcome : outcomes.all()) {
    const Cell& cell = outcome.cell;
    if (name(cell.use.energy_model) != reading) continue;
    some_unknown = some_unknown || !cell.energy_known;
    const Breakdown& b = outcome.simulated;
    const Outcome* base = outcomes.cloud_only_of(outcome);
    table.rows.push_back({cell.strategy, cell.network, cell.route, number(cell.channels),
                          number(cell.bits), decimals(cell.plan.upload().value(), 0),
                          in_ms(b.latency()), cell.energy_known ? in_mj(b.energy()) : none(),
                          base == nullptr ? none() : ratio(base->simulated.latency() / b.latency()),
                          base == nullptr || !cell.energy_known || !base->cell.energy_known
                              ? none()
                              : ratio(base->simulated.energy() / b.energy()),
                          accuracy_cell(cell.plan.accuracy, cell.exact)});
    if (const auto mark = mark_of(outcome, answer)) table.marks[table.rows.size() - 1] = *mark;
    Table::Row& row = table.rows.back();
    if (codecs) row.insert(row.begin() + kBytes, TableCell{cell.codec});
    if (delayed) row.insert(after_latency(row), in_ms(b.delay));
    if (generates) {
      const Table::Row of_tokens = token_cells(cell.plan, b);
      row.insert(after_latency(row), of_tokens.begin(), of_tokens.end());
    }
  }
  section.table = std::move(table);
  section.remarks = {"× is cloud-only on the same network divided by the row."};
  if (some_unknown) {
    section.remarks.push_back(
        "Energies are empty where the mobile computes: its layer table has none. Measure them, or "
        "state a power ('papilio profile --power-w').");
  }
  return section;
}

}  // namespace

std::optional<PublishedSections> published_by(const std::vector<Publication>& publications,
                                              const Scenario& scenario, const Outcomes& outcomes) {
  for (const Publication& publication : publications) {
    if (std::optional<PublishedSections> found = publication(scenario, outcomes)) return found;
  }
  return std::nullopt;
}

Document run_report(const Scenario& scenario, const Outcomes& outcomes, const std::string& engine,
                    const std::optional<PublishedSections>& published) {
  const ScenarioSpec& spec = scenario.spec;
  Document document{.title = spec.name, .paragraphs = answer_texts(scenario, outcomes)};
  if (!spec.description.empty()) document.paragraphs.push_back(spec.description);
  const std::size_t readings = spec.energy_models.size();
  document.paragraphs.push_back(fmt::format(
      "{} on {} (mobile){} and {} (cloud): {} cell{}{}, each a request played by {}.",
      scenario.graph.title(), spec.mobile_device,
      scenario.edge_profile ? fmt::format(", {} (edge)", spec.edge_device) : "", spec.cloud_device,
      outcomes.all().size() / readings, outcomes.all().size() == readings ? "" : "s",
      readings == 1 ? "" : fmt::format(" × {} readings of the radio's energy", readings), engine));
  if (spec.generate.present) {
    document.paragraphs.push_back(fmt::format(
        "A request reads its tokens ({}) and generates {}, one after another; each layer keeps the "
        "keys and values of the tokens that it has read where it runs.",
        scenario.graph.name(), spec.generate.tokens));
  }
  document.paragraphs.push_back(layer_times_text(scenario.tables()));
  for (std::string& text : texts_of(assumptions_of(scenario))) {
    document.paragraphs.push_back(std::move(text));
  }
  const auto append = [&](const std::vector<Section>& sections) {
    for (const Section& section : sections) document.sections.push_back(section);
  };
  if (std::optional<Section> measured = measurement_section(scenario.measurements)) {
    document.sections.push_back(std::move(*measured));
  }
  if (published) append(published->tables);
  if (!published || !published->shows_all_cells) {
    const std::set<const Outcome*> answer = answer_outcomes(scenario, outcomes);
    for (const std::string& reading : spec.energy_models) {
      document.sections.push_back(cell_section(outcomes, reading, answer));
    }
  }
  if (!selected_cuts(scenario, outcomes).empty()) {
    document.sections.push_back(
        selection_section(scenario, outcomes, published ? &published->selected : nullptr));
  }
  if (published) append(published->remarks);
  return document;
}

}  // namespace papilio
