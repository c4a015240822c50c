#include "sim/study/ask/pivot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/report/plot_quantity.hpp"
#include "sim/study/ask/facts.hpp"
#include "sim/study/ask/pivot_parts.hpp"
#include "sim/study/ask/statistics.hpp"

namespace papilio {
namespace {

using Strings = std::vector<std::string>;

Strings joined_lists(Strings a, const Strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Where the dimensions lie, but for the one that the best is chosen of.
PivotLayout layout_of(const Facts& facts, const PivotSpec& spec, bool exact) {
  PivotLayout layout;
  layout.row_names = exact ? joined_lists(spec.group, spec.rows) : spec.rows;
  layout.rows = facts.positions(layout.row_names);
  layout.cols = facts.positions(spec.cols);
  layout.groups = facts.positions(exact ? Strings{} : spec.group);
  layout.replicate = facts.position(kReplicate);
  return layout;
}

/// A ratio to a baseline turns the better end around.
bool greatest_is_best(const Column& column, const PivotSpec& spec) {
  return (column.better == Better::kMore) == spec.relative_to.empty();
}

std::size_t count_replicates(const Facts& facts, const PivotLayout& layout) {
  std::set<Label> replicates;
  for (const Fact& fact : facts.all) replicates.insert(fact.dimensions[layout.replicate]);
  return replicates.size();
}

/// What was done to the values before they came into tables, which the tables say.
struct Taken {
  std::size_t replicates{0};        ///< that are shown
  std::vector<std::string> merged;  ///< dimensions of which equal values were taken together
  bool limited{false};              ///< whether any scenario states a limit of accuracy
};

/// Makes the document: a section a group, and what must be said of all.
class PivotDocument {
 public:
  PivotDocument(const Facts& facts, const StoredStudy& study, const PivotSpec& spec,
                const PivotLayout& layout, const Column& column, const Taken& taken, bool exact)
      : facts_{facts},
        study_{study},
        spec_{spec},
        layout_{layout},
        column_{column},
        taken_{taken},
        exact_{exact},
        greatest_{greatest_is_best(column, spec)},
        format_{column,
                {.exact = exact,
                 .si = spec.si,
                 .relative = !spec.relative_to.empty(),
                 .digits = spec.digits}},
        tables_{facts, spec, layout, column, format_, exact} {}
  PivotDocument(const PivotDocument&) = delete;
  PivotDocument& operator=(const PivotDocument&) = delete;

  [[nodiscard]] Document make() const {
    Keys groups;
    std::vector<std::vector<const Fact*>> of_group;
    for (const Fact& fact : facts_.all) {
      const std::size_t group = groups.add(key_of(fact, layout_.groups));
      of_group.resize(std::max(of_group.size(), group + 1));
      of_group[group].push_back(&fact);
    }
    Document document{.title = title()};
    document.paragraphs.push_back(about());
    for (const std::string& note : study_.notes) document.paragraphs.push_back(note);
    for (std::size_t i = 0; i < of_group.size(); ++i) {
      document.sections.push_back(
          {.title = section_title(groups.all()[i]), .table = tables_.table_of(of_group[i])});
      // A LaTeX table stands alone.
      document.sections.back().caption =
          fmt::format("{}, by {}. {}", document.sections.back().title, placed(), about());
    }
    if (facts_.failed > 0) {
      document.sections.back().remarks.push_back(fmt::format(
          "{} points failed and are not in it: 'papilio study status' tells why.", facts_.failed));
    }
    return document;
  }

 private:
  [[nodiscard]] std::string title() const {
    std::string title = fmt::format("{}: {}", study_.name, column_.name);
    if (!spec_.relative_to.empty()) title += ", relative to " + spec_.relative_to;
    return title + " by " + placed();
  }

  /// "partition and network": what lies down and across.
  [[nodiscard]] std::string placed() const {
    return fmt::format(
        "{}{}", fmt::join(spec_.rows, ", "),
        spec_.cols.empty() ? "" : fmt::format(" and {}", fmt::join(spec_.cols, ", ")));
  }

  /// "latency, ms; energy_model stated": the quantity, its unit, and the group.
  [[nodiscard]] std::string section_title(const Key& group) const {
    std::string title = exact_ ? std::string{column_.name} : quantity_name(column_);
    if (!exact_ && !format_.unit().empty()) title += ", " + format_.unit();
    if (!spec_.relative_to.empty()) title += " relative to " + spec_.relative_to;
    if (layout_.groups.empty()) return title;
    const Strings values = tables_.shown(group);
    for (std::size_t i = 0; i < values.size(); ++i) {
      title += fmt::format("{}{} {}", i == 0 ? "; " : ", ", spec_.group[i], values[i]);
    }
    return title;
  }

  [[nodiscard]] std::string about() const {
    std::string text =
        fmt::format("Of {} points, by {}", study_.points,
                    study_.method == "simulation" ? "simulation" : "the closed form");
    if (!format_.unit().empty() && format_.unit() != "×") text += ", in " + format_.unit();
    if (!spec_.relative_to.empty()) {
      text += fmt::format("; × is {}'s value over the row's", spec_.relative_to);
    }
    if (layout_.best) {
      text += fmt::format("; the {} over {}, and its value, {}", greatest_ ? "greatest" : "least",
                          spec_.best,
                          taken_.limited ? "of those within the stated limits of accuracy"
                                         : "no accuracy limit stated");
    }
    if (taken_.replicates > 1) text += fmt::format("; over {} replicates", taken_.replicates);
    if (!spec_.over.empty()) text += fmt::format("; averaged over {}", fmt::join(spec_.over, ", "));
    if (!taken_.merged.empty())
      text += fmt::format("; the same for every {}", fmt::join(taken_.merged, ", "));
    for (const std::string& name : facts_.totals) text += fmt::format("; {} all", name);
    if (has_stat(spec_, "ci95")) {
      text += "; ± is the 95 % interval over replicates (Student's t; n/a of one)";
    }
    for (const auto& [name, values] : spec_.where) {
      text += fmt::format("; {} {}", name, fmt::join(values, " or "));
    }
    return text + ".";
  }

  const Facts& facts_;
  const StoredStudy& study_;
  const PivotSpec& spec_;
  const PivotLayout& layout_;
  const Column& column_;
  const Taken& taken_;
  bool exact_;
  bool greatest_;
  ValueFormat format_;
  PivotTable tables_;
};

}  // namespace

void fail_table(const std::string& message) {
  throw ConfigError{"papilio: error: " + message};
}

Document pivot(StudyDatabase& database, const StoredStudy& study, const PivotSpec& spec,
               bool exact) {
  for (const std::string& stat : spec.stats) {
    const Strings& known = stat_names();
    if (std::find(known.begin(), known.end(), stat) == known.end()) {
      fail_table(fmt::format("unknown statistic '{}'{}", stat, suggestion(stat, known)));
    }
  }
  if (!spec.best.empty() && !spec.over.empty()) {
    fail_table(
        fmt::format("--over {}: the best of averages need not be the best of anything; place it "
                    "with --rows, --cols or --group, or choose with --where",
                    fmt::join(spec.over, ",")));
  }
  const Column& column = value_column(spec.value, result_columns(study));
  FactsQuery query{.column = std::string{column.name}};
  for (const auto* names : {&spec.rows, &spec.cols, &spec.group, &spec.over}) {
    query.asked.insert(names->begin(), names->end());
  }
  for (const auto& [name, values] : spec.where) {
    query.asked.insert(name);
    // A baseline may lie at another value of an axis.
    if (spec.relative_to.empty()) query.kept[name] = values;
  }
  Facts facts = read_facts(database, study, query);
  PivotLayout layout = layout_of(facts, spec, exact);
  // What is chosen need not have the baseline in it: it is looked for before.
  std::optional<PivotBaseline> baseline;
  if (!spec.relative_to.empty()) baseline.emplace(facts, study, spec);
  keep_chosen(facts, spec);
  if (baseline) baseline->compare(facts);
  if (facts.all.empty()) fail_table("nothing is left to show; look at --where");
  if (!spec.best.empty()) layout.best = facts.position(spec.best);
  Taken taken{.replicates = count_replicates(facts, layout)};
  taken.merged = merge_equals(facts, spec, layout);
  if (layout.best) taken.limited = keep_best(facts, layout, greatest_is_best(column, spec));
  return PivotDocument{facts, study, spec, layout, column, taken, exact}.make();
}

}  // namespace papilio
