#include "sim/study/design/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/base/random/stream.hpp"
#include "sim/base/suggest.hpp"
#include "sim/base/text.hpp"
#include "sim/scenario/checker.hpp"
#include "sim/scenario/plan_reader.hpp"
#include "sim/study/design/kind.hpp"
#include "sim/study/design/sources.hpp"
#include "sim/study/store/columns.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostPoints = 1'000'000'000'000;

/// Checks a study's parts against each other and its base.
class StudyChecker {
 public:
  StudyChecker(Study& study, const Node& root, Diagnostics& diagnostics)
      : study_{study}, root_{root}, diagnostics_{diagnostics} {}

  void set_keys() {
    for (const Node::Entry& entry : study_.spec.set.entries) {
      try_to_set(entry.key, entry.value, entry.key_mark, false);
    }
  }

  void make_axes() {
    const StudySpec& spec = study_.spec;
    study_.size = static_cast<std::uint64_t>(spec.replicates);
    for (std::size_t i = 0; i < spec.grid.size(); ++i) {
      const std::string path = fmt::format("grid.{}", i);
      Axis axis =
          make_axis(spec.grid[i], root_, path, static_cast<std::uint64_t>(spec.seed), diagnostics_);
      for (const AxisColumn& column : axis.columns) check_column(column);
      if (axis.columns.empty()) continue;
      if (axis.size > kMostPoints / study_.size) {
        diagnostics_.error(mark_of(root_, "grid"), "grid",
                           "makes more than 1e12 points; shorten an axis");
        return;
      }
      study_.size *= axis.size;
      study_.axes.push_back(std::move(axis));
    }
  }

  void make_exclusions() {
    const Node& exclude = study_.spec.exclude;
    for (std::size_t i = 0; i < exclude.items.size(); ++i) {
      const Node& item = exclude.items[i];
      if (item.kind != Node::Kind::kMapping || item.entries.empty()) {
        diagnostics_.error(item.mark, fmt::format("exclude.{}", i),
                           "expected a mapping of names of axes, such as {channels: {above: 16}}");
        continue;
      }
      Exclusion tests;
      for (const Node::Entry& entry : item.entries) {
        tests.push_back(make_test(entry, fmt::format("exclude.{}.{}", i, entry.key)));
      }
      study_.exclusions.push_back(std::move(tests));
    }
  }

  void check_kind() {
    const StudySpec& spec = study_.spec;
    study_.kind->check(spec, [&](const char* key, const char* message) { error(key, message); });
    if (spec.replicates > 1 && keys_.count("seed") > 0) {
      error("replicates",
            "gives each replicate its seed, and so does the study's key 'seed' of the base; remove "
            "one");
    }
  }

 private:
  void error(const std::string& path, const std::string& message) {
    diagnostics_.error(mark_of(root_, path), path, message);
  }

  /// Sets a key of the base for good; where it does not exist, that is told.
  void try_to_set(const std::string& key, const Node& value, const Mark& where, bool axis) {
    // A key and one inside it would both claim the same values, and the last to come would win; but
    // an axis may refine what 'set' has put there.
    const std::optional<std::string> rival = rival_of(key, axis);
    if (rival) {
      diagnostics_.error(where, key,
                         *rival == key
                             ? "is set twice; remove one"
                             : fmt::format("is set together with '{}'; remove one", *rival));
      return;
    }
    keys_.insert(key);
    if (axis) axis_keys_.insert(key);
    if (key == "profiles" || key.starts_with("profiles.")) {
      diagnostics_.error(where, key,
                         "decides what all other names mean and stays as the base has it; give "
                         "folders with --profiles");
      return;
    }
    try {
      set_value(study_.base, key, value, where);
    } catch (const ConfigError&) {
      diagnostics_.error(where, key,
                         fmt::format("leads nowhere in the base '{}'; write a path such as "
                                     "strategies.0.bits, the number after the last adding one",
                                     study_.spec.base));
    }
  }

  /// The key that was set before and is this one, inside it or, of axes, around it.
  [[nodiscard]] std::optional<std::string> rival_of(const std::string& key, bool axis) const {
    for (std::size_t dot = key.find('.'); axis && dot != std::string::npos;
         dot = key.find('.', dot + 1)) {
      if (const auto around = axis_keys_.find(key.substr(0, dot)); around != axis_keys_.end()) {
        return *around;
      }
    }
    if (keys_.count(key) > 0) return key;
    const auto inside = keys_.lower_bound(key + ".");
    if (inside != keys_.end() && inside->starts_with(key + ".")) return *inside;
    return std::nullopt;
  }

  void check_column(const AxisColumn& column) {
    if (column.size() > 0) try_to_set(column.key(), column.value(0), column.where(), true);
    const std::vector<std::string> reserved = reserved_column_names(study_.kind->stored().results);
    // SQL does not tell upper from lower case.
    if (std::find(reserved.begin(), reserved.end(), boost::to_lower_copy(column.name())) !=
        reserved.end()) {
      diagnostics_.error(column.where(), column.name(),
                         fmt::format("is the name of a column of the results; add another one, "
                                     "such as name: set_{}",
                                     column.name()));
    } else if (column.name().find_first_of("\"'\\") != std::string::npos) {
      diagnostics_.error(column.where(), column.name(),
                         "a name cannot hold quotes; add another one");
    } else if (!names_.insert(boost::to_lower_copy(column.name())).second) {
      diagnostics_.error(column.where(), column.name(), "two axes have this name; rename one");
    }
  }

  AxisTest make_test(const Node::Entry& entry, const std::string& path) {
    AxisTest test;
    bool known = false;
    for (std::size_t a = 0; a < study_.axes.size(); ++a) {
      for (std::size_t c = 0; c < study_.axes[a].columns.size(); ++c) {
        if (study_.axes[a].columns[c].name() != entry.key) continue;
        test.axis = a;
        test.column = c;
        known = true;
      }
    }
    if (!known) {
      diagnostics_.error(entry.key_mark, path,
                         "no axis of this name" + suggestion(entry.key, study_.column_names()));
      return test;
    }
    read_test(entry.value, path, test);
    // Of a sample, nobody knows beforehand.
    const AxisColumn& column = study_.axes[test.axis].columns[test.column];
    bool holds = column.sampled();
    for (std::size_t i = 0; i < column.size() && !holds; ++i) holds = test.holds(column, i);
    if (!holds) {
      diagnostics_.error(entry.value.mark, path,
                         fmt::format("holds for none of its values, {} … {}; remove it, or mend it",
                                     column.json(0), column.json(column.size() - 1)));
    }
    return test;
  }

  void read_test(const Node& value, const std::string& path, AxisTest& test) {
    if (value.kind != Node::Kind::kMapping) {
      add_alternatives(value, test);
      return;
    }
    for (const Node::Entry& bound : value.entries) {
      if (bound.key == "not") {
        add_alternatives(bound.value, test);
        test.negated = true;
        continue;
      }
      const std::vector<std::pair<std::string, std::optional<double>*>> bounds{
          {"below", &test.below},
          {"at_most", &test.at_most},
          {"above", &test.above},
          {"at_least", &test.at_least}};
      const auto found = std::find_if(bounds.begin(), bounds.end(),
                                      [&](const auto& one) { return one.first == bound.key; });
      const std::optional<double> number = bound.value.number();
      if (found == bounds.end()) {
        diagnostics_.error(bound.key_mark, path + "." + bound.key,
                           "unknown test; one of: below, at_most, above, at_least, not");
      } else if (!number) {
        diagnostics_.error(bound.value.mark, path + "." + bound.key,
                           "expected a number" + percent_remedy(bound.value.scalar));
      } else {
        *found->second = number;
      }
    }
  }

  /// What a value may be written as. A list may be a value, and one of one item is called as that:
  /// 3g means the value [3g] too.
  static void add_alternatives(const Node& value, AxisTest& test) {
    std::vector<std::string>& all = test.one_of;
    all.push_back(json_of(value).dump());
    const auto add = [&](const Node& item) {
      const std::string text = json_of(item).dump();
      if (const std::optional<double> number = item.number()) test.numbers.push_back(*number);
      all.push_back(text);
      all.push_back(fmt::format("[{}]", text));
    };
    if (value.kind != Node::Kind::kSequence) add(value);
    for (const Node& item : value.items) add(item);
  }

  Study& study_;
  const Node& root_;
  Diagnostics& diagnostics_;
  std::set<std::string> keys_;       // that are set
  std::set<std::string> axis_keys_;  // of them, by axes
  std::set<std::string> names_;
};

/// What a study says, but for where its base lies: that is part of it by its contents.
std::string definition_text(StudySpec spec) {
  spec.base.clear();
  return write_fields([&](FieldVisitor& visitor) { describe_study(visitor, spec); });
}

/// Some point must be a scenario: where none of several is, keys or devices are wrong, and that is
/// told before any work.
/// @return the folders of profiles that it searches beside those that come with Papilio
std::vector<std::string> check_some_point(const Study& study, Checker& checker,
                                          const Diagnostics& diagnostics) {
  constexpr std::uint64_t kTries = 16;
  constexpr std::uint64_t kLongestSearch = 1'000'000;
  ProfileCaches caches;
  std::string first_error;
  for (std::uint64_t i = 0; i < std::min(kTries, study.size); ++i) {
    std::uint64_t number = study.size / std::min(kTries, study.size) * i;
    Place place = study.place(number);
    for (std::uint64_t step = 0; study.excluded(place) && ++number < study.size; ++step) {
      if (step > kLongestSearch) break;
      study.advance(place);
    }
    if (study.excluded(place)) continue;
    const Node root = study.scenario(place, [](const AxisColumn&) { return false; });
    try {
      return study.kind->facts(root, study.source, caches).profiles;
    } catch (const ConfigError& error) {
      if (first_error.empty()) first_error = error.what();
    }
  }
  if (!first_error.empty()) throw ConfigError{first_error};
  checker.error("exclude", "leaves no point; remove a test");
  diagnostics.throw_if_any();
  return {};
}

}  // namespace

bool AxisTest::holds(const AxisColumn& values, std::size_t i) const {
  if (!one_of.empty()) {
    const std::string text = values.json(i);
    const std::optional<double> number = values.number(i);
    const bool among =
        std::find(one_of.begin(), one_of.end(), text) != one_of.end() ||
        (number && std::find(numbers.begin(), numbers.end(), *number) != numbers.end());
    if (among == negated) return false;
  }
  if (!below && !at_most && !above && !at_least) return true;
  const std::optional<double> number = values.number(i);
  return number && (!below || *number < *below) && (!at_most || *number <= *at_most) &&
         (!above || *number > *above) && (!at_least || *number >= *at_least);
}

Place Study::place(std::uint64_t number) const {
  Place place;
  place.values.resize(axes.size());
  const auto replicates = static_cast<std::uint64_t>(spec.replicates);
  place.replicate = static_cast<std::int64_t>(number % replicates);
  number /= replicates;
  for (std::size_t a = axes.size(); a-- > 0;) {
    place.values[a] = static_cast<std::size_t>(number % axes[a].size);
    number /= axes[a].size;
  }
  return place;
}

void Study::advance(Place& place) const {
  if (++place.replicate < spec.replicates) return;
  place.replicate = 0;
  for (std::size_t a = axes.size(); a-- > 0;) {
    if (++place.values[a] < axes[a].size) return;
    place.values[a] = 0;
  }
}

bool Study::excluded(const Place& place) const {
  return std::any_of(exclusions.begin(), exclusions.end(), [&](const Exclusion& exclusion) {
    return std::all_of(exclusion.begin(), exclusion.end(), [&](const AxisTest& test) {
      return test.holds(axes[test.axis].columns[test.column], place.values[test.axis]);
    });
  });
}

std::uint64_t Study::count() const {
  if (exclusions.empty()) return size;
  // What no exclusion looks at multiplies; the others are gone through.
  std::set<std::size_t> touched;
  for (const Exclusion& exclusion : exclusions) {
    for (const AxisTest& test : exclusion) touched.insert(test.axis);
  }
  std::uint64_t each = static_cast<std::uint64_t>(spec.replicates);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (touched.count(a) == 0) each *= axes[a].size;
  }
  std::uint64_t kept = 0;
  Place place = this->place(0);
  while (true) {
    if (!excluded(place)) ++kept;
    auto axis = touched.rbegin();
    while (axis != touched.rend() && ++place.values[*axis] == axes[*axis].size) {
      place.values[*axis++] = 0;
    }
    if (axis == touched.rend()) return kept * each;
  }
}

std::optional<std::int64_t> Study::seed(std::int64_t replicate) const {
  if (spec.replicates == 1) return std::nullopt;
  const StreamFamily family{static_cast<std::uint64_t>(spec.seed), "replicates"};
  Stream stream{family, static_cast<std::uint64_t>(replicate)};
  constexpr double kHalf = 1U << 26U;  // two draws of 26 bits: below what YAML keeps exactly
  const double high = std::floor(stream.uniform() * kHalf);
  const double low = std::floor(stream.uniform() * kHalf);
  return static_cast<std::int64_t>(high * kHalf + low);
}

std::string Study::json(const Place& place) const {
  std::string text{"{"};
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (const AxisColumn& column : axes[a].columns) {
      if (text.size() > 1) text += ',';
      text += column.quoted_name();
      text += ':';
      text += column.json(place.values[a]);
    }
  }
  return text + '}';
}

std::vector<std::string> Study::column_names() const {
  std::vector<std::string> names;
  for (const Axis& axis : axes) {
    for (const AxisColumn& column : axis.columns) names.push_back(column.name());
  }
  return names;
}

Study load_study(const ScenarioSource& source) {
  const Node root = read_scenario(source);
  Study study;
  Diagnostics diagnostics;
  Checker checker{root, diagnostics};
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_study(visitor, study.spec); }, diagnostics);
  diagnostics.throw_if_any();
  // Values of axes compare as numbers, whatever they are written as: they are made one text.
  for (AxisSpec& axis : study.spec.grid) {
    tidy_numbers(axis.column.values);
    for (ColumnSpec& column : axis.columns) tidy_numbers(column.values);
  }
  tidy_numbers(study.spec.exclude);

  const fs::path base = fs::path{source.file}.parent_path() / study.spec.base;
  if (!fs::is_regular_file(base)) {
    checker.error("base",
                  fmt::format("no file '{}' beside the study; check the path", study.spec.base));
    diagnostics.throw_if_any();
  }
  study.file = source.file;
  study.source = {.file = base.string(), .overrides = {}, .profiles = source.profiles};
  study.base = read_scenario(study.source);
  const Node::Entry* kind = study.base.find("kind");
  if (kind != nullptr && kind->value.scalar == "study") {
    checker.error(
        "base", fmt::format("'{}' is a study itself; name a scenario or a fleet", study.spec.base));
    diagnostics.throw_if_any();
  }
  study.kind = &study_kind_of(study.base);
  StudyChecker parts{study, root, diagnostics};
  parts.set_keys();
  insert_plans(study.base, study.source);  // of 'set'
  Node set = study.base;  // the axes try their first values on the base, which must not stay
  parts.make_axes();
  study.base = std::move(set);
  parts.make_exclusions();
  parts.check_kind();
  diagnostics.throw_if_any();

  for (const std::string& folder : check_some_point(study, checker, diagnostics))
    study.folders.emplace_back(folder);
  const std::size_t named = study.folders.size();
  study.folders = profile_folders(std::move(study.folders));
  std::set<std::string> texts;
  gather_texts(study.base, texts);
  gather_texts(root, texts);
  study.lasting = lasting_folders(study.folders, named, texts);
  if (study.lasting.size() == named) study.lasting = source.profiles;
  study.digest = Digest{}
                     .add(kModelVersion)
                     .add(definition_text(study.spec))
                     .add(json_of(study.base).dump())
                     .add(SourceHasher{study.folders, base.parent_path()}.hash(texts))
                     .hash();
  return study;
}

std::string effective_yaml(const Study& study) {
  StudySpec spec = study.spec;
  return write_fields([&](FieldVisitor& visitor) { describe_study(visitor, spec); });
}

}  // namespace papilio
