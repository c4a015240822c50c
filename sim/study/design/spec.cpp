#include "sim/study/design/spec.hpp"

#include <nlohmann/json.hpp>

namespace papilio {
namespace {

constexpr NumberRange kSeed{.min = 0, .max = 9e15};
constexpr NumberRange kCount{.min = 1, .max = 1e9};
constexpr NumberRange kReplicates{.min = 1, .max = 1e6};

void describe_key(FieldVisitor& visitor, ColumnSpec& column) {
  visitor.text("key", column.key, {}, Presence::kRequired,
               "Key of the base scenario, as a dotted path: strategies.0.bits.");
  visitor.text("name", column.name, {}, Presence::kOptional,
               "What tables and databases call it; by default the key.");
}

void describe_list(FieldVisitor& visitor, ColumnSpec& column) {
  describe_key(visitor, column);
  visitor.anything("values", column.values, Node::Kind::kSequence, Presence::kRequired,
                   "Values of any kind, one after another.");
}

void describe_interval(FieldVisitor& visitor, ColumnSpec& column) {
  describe_key(visitor, column);
  visitor.number("from", column.from, {}, Presence::kRequired, "Least value.");
  visitor.number("to", column.to, {}, Presence::kRequired, "Greatest value.");
  visitor.boolean("whole", column.whole, Presence::kOptional, "Round to whole numbers.");
}

void describe_axis(FieldVisitor& visitor, AxisSpec& axis) {
  visitor.text("axis", axis.axis, {.choices = axis_names()}, Presence::kRequired,
               "How its values are given.");
  const auto columns = [&](std::string_view key, std::string_view doc, const auto& describe) {
    visitor.object_list(
        key,
        {.discriminator = {},
         .variants = {},
         .resize = [&](std::size_t n) { axis.columns.resize(n); },
         .size = [&] { return axis.columns.size(); },
         .describe = [&](std::size_t i, FieldVisitor& item) { describe(item, axis.columns[i]); },
         .select = {}},
        Presence::kRequired, doc);
  };
  if (axis.axis == "list") {
    describe_list(visitor, axis.column);
  } else if (axis.axis == "range") {
    describe_interval(visitor, axis.column);
    visitor.number("step", axis.step, kPositive, "Distance of the values; or give 'count'.");
    visitor.integer("count", axis.count, kCount, "How many values, both ends included.");
  } else if (axis.axis == "log_range") {
    describe_interval(visitor, axis.column);
    visitor.integer("count", axis.count, kCount,
                    "How many values, at equal ratios, both ends included.");
  } else if (axis.axis == "zip") {
    columns("columns", "Lists of equal length, taken in step.",
            [](FieldVisitor& item, ColumnSpec& column) { describe_list(item, column); });
  } else {
    visitor.integer("count", axis.count, kCount, "How many samples.");
    columns("variables", "What is drawn, each uniformly in its interval.",
            [](FieldVisitor& item, ColumnSpec& column) {
              describe_interval(item, column);
              item.text("scale", column.scale, {.choices = {"linear", "log"}}, Presence::kOptional,
                        "Uniform in the value, or in its logarithm.");
            });
  }
}

}  // namespace

const std::vector<std::string>& axis_names() {
  static const std::vector<std::string> kNames{"list", "range",  "log_range",
                                               "zip",  "random", "latin-hypercube"};
  return kNames;
}

void describe_study(FieldVisitor& visitor, StudySpec& spec) {
  visitor.text("kind", spec.kind, {.choices = {"study"}}, Presence::kRequired,
               "Many runs of one scenario with other values.");
  visitor.integer("version", spec.version, {.min = 1, .max = 1}, Presence::kOptional,
                  "Version of this format.");
  visitor.text("name", spec.name, {.identifier = true}, Presence::kRequired,
               "Names the study in its database, and the database.");
  visitor.text("description", spec.description, {}, Presence::kOptional, "One line for people.");
  visitor.text("base", spec.base, {}, Presence::kRequired,
               "The scenario or fleet, relative to this file.");
  visitor.integer("seed", spec.seed, kSeed, Presence::kOptional, "Seed of samples and replicates.");
  visitor.text("method", spec.method, {.choices = {"simulation", "closed-form"}},
               Presence::kOptional, "How cells are evaluated; fleets are simulated.");
  visitor.integer("replicates", spec.replicates, kReplicates, Presence::kOptional,
                  "Runs of each point of a fleet, with independent seeds that are the same at "
                  "every point.");
  visitor.boolean("records", spec.records, Presence::kOptional,
                  "Whether a fleet's records ('output.records') are stored too.");
  visitor.anything("set", spec.set, Node::Kind::kMapping, Presence::kOptional,
                   "Keys of the base, as dotted paths, with values in place of its own.");
  std::vector<AxisSpec>& grid = spec.grid;
  visitor.object_list(
      "grid",
      {.discriminator = "axis",
       .variants = axis_names(),
       .resize = [&](std::size_t n) { grid.resize(n); },
       .size = [&] { return grid.size(); },
       .describe = [&](std::size_t i, FieldVisitor& item) { describe_axis(item, grid[i]); },
       .select = [&](const std::string& variant) { grid.front() = {.axis = variant}; }},
      Presence::kRequired, "The axes; points are all combinations, the last axis fastest.");
  visitor.anything("exclude", spec.exclude, Node::Kind::kSequence, Presence::kOptional,
                   "Points left out: mappings of names of axes to a value, a list of values, or "
                   "{below, at_most, above, at_least, not}; all must hold.");
}

std::string study_schema() {
  StudySpec spec;
  nlohmann::ordered_json schema =
      schema_of_fields([&](FieldVisitor& visitor) { describe_study(visitor, spec); });
  schema["title"] = "Papilio study";
  return schema.dump(2) + "\n";
}

}  // namespace papilio
