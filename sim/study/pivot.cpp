#include "sim/study/pivot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "sim/base/error.hpp"
#include "sim/base/suggest.hpp"
#include "sim/study/facts.hpp"
#include "sim/study/statistics.hpp"

namespace papilio {
namespace {

using Strings = std::vector<std::string>;

[[noreturn]] void fail(const std::string& message) {
  throw ConfigError{"papilio: error: " + message};
}

/// Distinct keys in the order of coming.
class Keys {
 public:
  std::size_t add(const Key& key) {
    const auto [it, is_new] = places_.try_emplace(key, all_.size());
    if (is_new) all_.push_back(key);
    return it->second;
  }
  [[nodiscard]] const std::vector<Key>& all() const { return all_; }

 private:
  std::map<Key, std::size_t> places_;
  std::vector<Key> all_;
};

/// Makes the tables of one specification.
class Pivot {
 public:
  Pivot(Facts facts, const StoredStudy& study, const PivotSpec& spec, const Column& column,
        bool exact)
      : facts_{std::move(facts)},
        study_{study},
        spec_{spec},
        column_{column},
        exact_{exact},
        format_{column_,
                {.exact = exact,
                 .si = spec.si,
                 .relative = !spec.relative_to.empty(),
                 .digits = spec.digits}},
        row_names_{exact ? joined_lists(spec.group, spec.rows) : spec.rows},
        rows_{facts_.positions(row_names_)},
        cols_{facts_.positions(spec.cols)},
        groups_{facts_.positions(exact ? Strings{} : spec.group)},
        replicate_{facts_.position(kReplicate)} {}

  Document make() {
    if (spec_.relative_to.empty()) {
      keep();
    } else {
      // What is chosen need not have the baseline in it: it is looked for before.
      const Bases bases = find_bases();
      keep();
      take_relative(bases);
    }
    if (facts_.all.empty()) fail("nothing is left to show; look at --where");
    if (!spec_.best.empty()) best_ = facts_.position(spec_.best);
    for (const Fact& fact : facts_.all) replicates_.insert(fact.dimensions[replicate_]);
    merge_equals();
    if (best_) keep_best();
    Keys groups;
    std::vector<std::vector<const Fact*>> of_group;
    for (const Fact& fact : facts_.all) {
      const std::size_t group = groups.add(key_of(fact, groups_));
      of_group.resize(std::max(of_group.size(), group + 1));
      of_group[group].push_back(&fact);
    }
    Document document{.title = title()};
    document.paragraphs.push_back(about());
    for (const std::string& note : study_.notes) document.paragraphs.push_back(note);
    for (std::size_t i = 0; i < of_group.size(); ++i) {
      document.sections.push_back(
          {.title = section_title(groups.all()[i]), .table = table_of(of_group[i])});
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
  static Strings joined_lists(Strings a, const Strings& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

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
    if (groups_.empty()) return title;
    const Strings values = shown(group);
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
    if (best_) {
      text += fmt::format(
          "; the {} over {}, and its value, {}", greatest_is_best() ? "greatest" : "least",
          spec_.best,
          limited_ ? "of those within the stated limits of accuracy" : "no accuracy limit stated");
    }
    if (replicates_.size() > 1) text += fmt::format("; over {} replicates", replicates_.size());
    if (!spec_.over.empty()) text += fmt::format("; averaged over {}", fmt::join(spec_.over, ", "));
    if (!merged_.empty()) text += fmt::format("; the same for every {}", fmt::join(merged_, ", "));
    for (const std::string& name : facts_.totals) text += fmt::format("; {} all", name);
    if (has_stat("ci95")) {
      text += "; ± is the 95 % interval over replicates (Student's t; n/a of one)";
    }
    for (const auto& [name, values] : spec_.where) {
      text += fmt::format("; {} {}", name, fmt::join(values, " or "));
    }
    return text + ".";
  }

  [[nodiscard]] bool has_stat(const std::string& name) const {
    return std::find(spec_.stats.begin(), spec_.stats.end(), name) != spec_.stats.end();
  }

  /// Values to be compared with, by what they have in common with those that are.
  using Bases = std::map<Key, std::vector<Fact>>;

  /// The dimensions in which a value and its baseline are the same.
  [[nodiscard]] std::vector<std::size_t> common_dimensions() const {
    std::vector<std::size_t> common;
    for (std::size_t i = 0; i < facts_.names.size(); ++i) {
      if (!tells_partitions(i)) common.push_back(i);
    }
    return common;
  }

  /// Whether a dimension's values were chosen, and this is none of them.
  [[nodiscard]] bool is_left_out(const Fact& fact, const char* name) const {
    const auto it = std::find_if(spec_.where.begin(), spec_.where.end(),
                                 [&](const auto& one) { return one.first == name; });
    const std::optional<std::size_t> at = facts_.find(name);
    return it != spec_.where.end() && at &&
           std::none_of(it->second.begin(), it->second.end(), [&](const std::string& value) {
             return is_same_label(facts_.text(fact, *at), value);
           });
  }

  [[nodiscard]] Bases find_bases() const {
    const std::vector<std::size_t> common = common_dimensions();
    Bases bases;
    std::set<std::string> known;
    for (const Fact& fact : facts_.all) {
      bool is_base = false;
      for (const char* name : {"strategy", kPartition}) {
        const std::optional<std::size_t> at = facts_.find(name);
        if (!at) continue;
        known.insert(facts_.text(fact, *at));
        is_base = is_base || facts_.text(fact, *at) == spec_.relative_to;
      }
      if (!is_base || is_left_out(fact, "bits") || is_left_out(fact, "codec")) continue;
      bases[key_of(fact, common)].push_back(fact);
    }
    if (bases.empty()) {
      fail(fmt::format("--relative-to: no strategy or partition '{}'{}", spec_.relative_to,
                       suggestion(spec_.relative_to, {known.begin(), known.end()})));
    }
    return bases;
  }

  /// Divides the baseline's value by each point's, at the same axes, radio and replicate: with
  /// common random numbers the ratio varies less than its parts.
  void take_relative(const Bases& bases) {
    const std::vector<std::size_t> common = common_dimensions();
    std::vector<Fact> ratios;
    for (Fact& fact : facts_.all) {
      const auto it = bases.find(key_of(fact, common));
      if (it == bases.end()) continue;
      fact.value = base_of(fact, it->second).value / fact.value;
      ratios.push_back(std::move(fact));
    }
    facts_.all = std::move(ratios);
  }

  /// The one of several baselines that a point is compared with.
  [[nodiscard]] const Fact& base_of(const Fact& fact, const std::vector<Fact>& bases) const {
    std::vector<const Fact*> left;
    left.reserve(bases.size());
    for (const Fact& base : bases) left.push_back(&base);
    for (const char* name : {"bits", "codec"}) {
      const std::optional<std::size_t> at = facts_.find(name);
      if (!at) continue;
      std::vector<const Fact*> alike;
      for (const Fact* base : left) {
        if (base->dimensions[*at] == fact.dimensions[*at]) alike.push_back(base);
      }
      if (!alike.empty()) left = std::move(alike);
    }
    const auto other = std::find_if(left.begin(), left.end(), [&](const Fact* base) {
      return base->value != left.front()->value;
    });
    if (other == left.end()) return *left.front();
    Strings differ;
    for (std::size_t i = 0; i < facts_.names.size(); ++i) {
      if ((*other)->dimensions[i] != left.front()->dimensions[i]) differ.push_back(facts_.names[i]);
    }
    fail(fmt::format(
        "--relative-to '{}' means several that differ in {}; choose with --where, or name a cut",
        spec_.relative_to, fmt::join(differ, ", ")));
  }

  /// Whether a dimension says how the network is cut: what cloud-only is compared across.
  [[nodiscard]] bool tells_partitions(std::size_t dimension) const {
    static const Strings kOfPartitions{"strategy", "cut", "channels", "bits", "codec", kPartition};
    const std::string& name = facts_.names[dimension];
    if (dimension < study_.keys.size()) return study_.keys[dimension].starts_with("strategies");
    return std::find(kOfPartitions.begin(), kOfPartitions.end(), name) != kOfPartitions.end();
  }

  void keep() {
    for (const auto& [name, values] : spec_.where) {
      const std::size_t at = facts_.position(name);
      std::set<Label> labels;
      for (const Fact& fact : facts_.all) labels.insert(fact.dimensions[at]);
      std::set<std::string> known;
      for (const Label label : labels) known.insert(facts_.labels.text(label));
      std::set<Label> wanted;
      // A value may hold commas itself: ["3g","4g"].
      const std::string whole = fmt::format("{}", fmt::join(values, ","));
      const Strings meant = known.count(whole) > 0 ? Strings{whole} : values;
      for (const std::string& value : meant) {
        bool found = false;
        for (const Label label : labels) {
          if (!is_same_label(facts_.labels.text(label), value)) continue;
          wanted.insert(label);
          found = true;
        }
        if (found) continue;
        fail(fmt::format("--where: no {} is '{}'{}", name, value,
                         suggestion(value, {known.begin(), known.end()})));
      }
      std::erase_if(facts_.all,
                    [&](const Fact& fact) { return wanted.count(fact.dimensions[at]) == 0; });
    }
  }

  /// A ratio to a baseline turns the better end around.
  [[nodiscard]] bool greatest_is_best() const {
    return (column_.better == Better::kMore) == spec_.relative_to.empty();
  }

  /// A value of the dimension that the best is chosen of.
  struct Option {
    double sum{0};
    std::size_t count{0};
    bool admitted{true};

    [[nodiscard]] double average() const { return sum / static_cast<double>(count); }
  };

  /// Of each cell's points, keeps those of the best value of a dimension that may be chosen; where
  /// none may, one without a value, so that the cell says so.
  void keep_best() {
    std::map<Key, std::map<Label, Option>> cells;
    const auto cell = [&](const Fact& fact) {
      Key key = key_of(fact, groups_);
      for (const auto* more : {&rows_, &cols_}) {
        const Key part = key_of(fact, *more);
        key.insert(key.end(), part.begin(), part.end());
      }
      return key;
    };
    for (const Fact& fact : facts_.all) {
      Option& option = cells[cell(fact)][fact.dimensions[*best_]];
      option.sum += fact.value;
      option.count += 1;
      option.admitted = option.admitted && fact.admitted.value_or(true);
      limited_ = limited_ || fact.admitted.has_value();
    }
    const double sign = greatest_is_best() ? -1 : 1;
    std::map<Key, std::optional<Label>> winners;
    for (const auto& [key, options] : cells) {
      std::optional<Label>& winner = winners[key];
      for (const auto& [label, option] : options) {
        if (!option.admitted) continue;
        if (!winner || sign * option.average() < sign * options.at(*winner).average()) {
          winner = label;
        }
      }
    }
    const Label none = facts_.labels.of("none");
    std::set<Key> told;
    std::vector<Fact> kept;
    for (Fact& fact : facts_.all) {
      const Key key = cell(fact);
      const std::optional<Label> winner = winners.at(key);
      if (!winner && told.insert(key).second) {
        fact.dimensions[*best_] = none;
        fact.value = std::numeric_limits<double>::quiet_NaN();
        kept.push_back(std::move(fact));
      } else if (winner == std::optional{fact.dimensions[*best_]}) {
        kept.push_back(std::move(fact));
      }
    }
    facts_.all = std::move(kept);
  }

  /// Refuses to average over what nobody asked to be averaged over. Values that are equal in what
  /// the table has no place for, such as latencies under two readings of the energy, count once.
  void merge_equals() {
    std::set<std::size_t> placed{replicate_};
    for (const auto* some : {&rows_, &cols_, &groups_}) placed.insert(some->begin(), some->end());
    if (best_) placed.insert(*best_);
    const std::vector<std::size_t> over = facts_.positions(spec_.over);
    placed.insert(over.begin(), over.end());
    std::map<Key, std::size_t> first;
    const std::vector<std::size_t> key{placed.begin(), placed.end()};
    std::vector<Fact> kept;
    std::set<std::size_t> merged;
    for (Fact& fact : facts_.all) {
      const auto [it, is_new] = first.try_emplace(key_of(fact, key), kept.size());
      if (is_new) {
        kept.push_back(std::move(fact));
        continue;
      }
      const Fact& other = kept[it->second];
      std::vector<std::size_t> differ;
      for (std::size_t i = 0; i < facts_.names.size(); ++i) {
        if (fact.dimensions[i] != other.dimensions[i]) differ.push_back(i);
      }
      if (other.value == fact.value && (!best_ || other.admitted == fact.admitted)) {
        merged.insert(differ.begin(), differ.end());
        continue;
      }
      const std::string name = differ.empty() ? "nothing named" : facts_.names[differ.front()];
      fail(fmt::format(
          "values that differ in {0} would share a cell; add it to --rows, --cols or --group, "
          "{1}choose with --where {0}=…{2}",
          name, best_ ? "or " : "", best_ ? "" : fmt::format(", or average with --over {}", name)));
    }
    facts_.all = std::move(kept);
    for (const std::size_t i : merged) merged_.push_back(facts_.names[i]);
  }

  /// A label as the table has it: people want few digits.
  [[nodiscard]] std::string shown(Label label) const {
    const std::string& text = facts_.labels.text(label);
    const std::optional<double> number = number_of(text);
    constexpr std::size_t kFewDigits = 7;
    constexpr double kLarge = 1e5;
    if (exact_ || !number || text.size() <= kFewDigits) return text;
    return std::abs(*number) >= kLarge ? fmt::format("{:.0f}", *number)
                                       : fmt::format("{:.5g}", *number);
  }
  [[nodiscard]] Strings shown(const Key& key) const {
    Strings texts;
    for (const Label label : key) texts.push_back(shown(label));
    return texts;
  }

  /// A column's labels in one, without those that say nothing.
  [[nodiscard]] static std::string joined(Strings labels) {
    std::erase(labels, "");
    return fmt::format("{}", fmt::join(labels, ", "));
  }

  [[nodiscard]] Strings headers_of(const Strings& column) const {
    const std::string name = joined(column);
    Strings headers;
    for (const std::string& stat : spec_.stats) {
      if (behind_mean(stat)) continue;
      const std::string suffix =
          spec_.stats.size() == 1 || (stat == "mean" && has_stat("ci95") && !exact_) ? "" : stat;
      headers.push_back(name.empty()
                            ? (suffix.empty() ? header_of_value() : suffix)
                            : fmt::format("{}{}{}", name, suffix.empty() ? "" : " ", suffix));
    }
    return headers;
  }

  /// Whether a statistic has no column of its own: for people, an interval stands behind its mean.
  [[nodiscard]] bool behind_mean(const std::string& stat) const {
    const auto it = std::find(spec_.stats.begin(), spec_.stats.end(), "ci95");
    return !exact_ && stat == "ci95" && it != spec_.stats.begin() && *(it - 1) == "mean";
  }

  [[nodiscard]] std::string header_of_value() const {
    return exact_ || format_.unit().empty() ? std::string{column_.name} : format_.unit();
  }

  static bool has_values(const std::vector<const CellValues*>& cells) {
    return std::any_of(cells.begin(), cells.end(),
                       [](const CellValues* cell) { return !cell->by_replicate.empty(); });
  }

  /// The statistics of a cell; of several, that rows of one best choice have, their range.
  [[nodiscard]] Strings texts_of(const std::vector<const CellValues*>& cells) const {
    Strings texts;
    for (const std::string& stat : spec_.stats) {
      std::vector<double> values;
      for (const CellValues* cell : cells) {
        if (const std::optional<double> value = statistic(stat, *cell)) values.push_back(*value);
      }
      const auto written = [&](double value) {
        return stat == "n" ? fmt::format("{:.0f}", value) : format_(value);
      };
      std::string text;
      if (!values.empty()) {
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        text = written(*least);
        if (const std::string top = written(*most); top != text) text += " … " + top;
      }
      if (behind_mean(stat)) {
        if (!texts.back().empty()) texts.back() += " ± " + (text.empty() ? "n/a" : text);
      } else if (text.empty() && stat == "ci95" && !exact_ && has_values(cells)) {
        texts.emplace_back("n/a");
      } else {
        texts.push_back(text);
      }
    }
    return texts;
  }

  [[nodiscard]] Table table_of(const std::vector<const Fact*>& points) const {
    Keys rows;
    Keys cols;
    std::map<std::pair<std::size_t, std::size_t>, CellValues> cells;
    std::map<std::pair<std::size_t, std::size_t>, Label> winners;
    for (const Fact* fact : points) {
      const std::pair place{rows.add(key_of(*fact, rows_)), cols.add(key_of(*fact, cols_))};
      if (!std::isnan(fact->value)) {
        cells[place].by_replicate[fact->dimensions[replicate_]].push_back(fact->value);
      }
      if (best_) winners[place] = fact->dimensions[*best_];
    }
    const std::vector<std::size_t> order = order_of(rows.all());
    // Where rows are numbers, those that follow each other and agree are one stretch: what is left
    // is where the best moves.
    const bool merged = best_ && !exact_ && are_numbers(rows.all());
    std::vector<Stretch> stretches;
    for (const std::size_t r : order) {
      const Key& key = rows.all()[r];
      std::vector<std::optional<Label>> best;
      for (std::size_t c = 0; c < cols.all().size() && best_; ++c) {
        const auto it = winners.find({r, c});
        best.push_back(it == winners.end() ? std::nullopt : std::optional{it->second});
      }
      const bool goes_on = merged && !stretches.empty() && stretches.back().winners == best &&
                           std::equal(key.begin(), key.end() - 1, stretches.back().first.begin());
      if (!goes_on) stretches.push_back({key, key, best, {}});
      stretches.back().last = key;
      stretches.back().rows.push_back(r);
    }
    Table table;
    for (const std::string& name : row_names_) table.columns.push_back({name, true});
    if (merged) {
      table.columns.back().header += " from";
      table.columns.push_back({"to", true});
    }
    const std::vector<std::size_t> across = order_of(cols.all());
    for (const std::size_t c : across) {
      const Strings names = shown(cols.all()[c]);
      if (best_) table.columns.push_back({cols_.empty() ? spec_.best : joined(names), true});
      for (const std::string& header : headers_of(best_ && !cols_.empty() ? Strings{} : names)) {
        table.columns.push_back({header});
      }
    }
    for (const Stretch& stretch : stretches) {
      Strings row = shown(stretch.first);
      if (merged) row.push_back(shown(stretch.last.back()));
      for (const std::size_t c : across) {
        if (best_) row.push_back(stretch.winners[c] ? shown(*stretch.winners[c]) : "");
        std::vector<const CellValues*> of_column;
        for (const std::size_t r : stretch.rows) {
          if (const auto it = cells.find({r, c}); it != cells.end())
            of_column.push_back(&it->second);
        }
        for (std::string& text : texts_of(of_column)) row.push_back(std::move(text));
      }
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  /// Rows with the same best choice.
  struct Stretch {
    Key first;
    Key last;
    std::vector<std::optional<Label>> winners;  ///< `[columns]`
    std::vector<std::size_t> rows;
  };

  /// Whether the last dimension of all rows holds numbers.
  [[nodiscard]] bool are_numbers(const std::vector<Key>& rows) const {
    return std::all_of(rows.begin(), rows.end(), [&](const Key& row) {
      return number_of(facts_.labels.text(row.back())).has_value();
    });
  }

  /// Rows or columns by each of their dimensions in turn: by numbers where all its labels are, else
  /// as they came.
  [[nodiscard]] std::vector<std::size_t> order_of(const std::vector<Key>& keys) const {
    std::vector<std::size_t> order(keys.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<std::vector<double>> places(keys.size());
    const std::size_t dimensions = keys.empty() ? 0 : keys.front().size();
    for (std::size_t d = 0; d < dimensions; ++d) {
      const auto number = [&](const Key& key) { return number_of(facts_.labels.text(key[d])); };
      const bool numbers = std::all_of(keys.begin(), keys.end(),
                                       [&](const Key& key) { return number(key).has_value(); });
      std::map<Label, double> ranks;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const double rank =
            ranks.try_emplace(keys[i][d], static_cast<double>(ranks.size())).first->second;
        places[i].push_back(numbers ? number(keys[i]).value() : rank);
      }
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
    return order;
  }

  Facts facts_;
  const StoredStudy& study_;
  const PivotSpec& spec_;
  Column column_;
  bool exact_;
  ValueFormat format_;
  Strings row_names_;  // for machines, groups are columns before the rows'
  std::vector<std::size_t> rows_;
  std::vector<std::size_t> cols_;
  std::vector<std::size_t> groups_;
  std::size_t replicate_;
  std::optional<std::size_t> best_;
  bool limited_{false};         // whether any scenario states a limit of accuracy
  std::set<Label> replicates_;  // that are shown
  Strings merged_;              // dimensions of which equal values were taken together
};

}  // namespace

Document pivot(StudyDatabase& database, const StoredStudy& study, const PivotSpec& spec,
               bool exact) {
  for (const std::string& stat : spec.stats) {
    const Strings& known = stat_names();
    if (std::find(known.begin(), known.end(), stat) == known.end()) {
      fail(fmt::format("unknown statistic '{}'{}", stat, suggestion(stat, known)));
    }
  }
  if (!spec.best.empty() && !spec.over.empty()) {
    fail(
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
  return Pivot{read_facts(database, study, query), study, spec, column, exact}.make();
}

}  // namespace papilio
