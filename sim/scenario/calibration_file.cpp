#include "sim/scenario/calibration_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "sim/scenario/references.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace {

constexpr NumberRange kCalibrationFactor{.min = 0, .max = 1000, .min_excluded = true};
constexpr NumberRange kCalibrationTime{.min = -1, .max = 1e6};
constexpr NumberRange kCalibrationBytes{.min = 0, .max = 1e9};

void describe_computing(FieldVisitor& visitor, std::string_view key,
                        Calibration::Computing& computing, std::string_view doc,
                        std::string_view fixed_doc) {
  bool present = computing != Calibration::Computing{};
  visitor.object(key, present, doc, [&](FieldVisitor& nested) {
    nested.number("factor", computing.factor, kCalibrationFactor, Presence::kOptional,
                  "What its times are multiplied by.");
    nested.number("fixed_s", computing.fixed_s, kCalibrationTime, Presence::kOptional, fixed_doc);
  });
}

void describe_messages(FieldVisitor& visitor, std::string_view key, Calibration::Messages& messages,
                       std::string_view doc) {
  bool present = messages != Calibration::Messages{};
  visitor.object(key, present, doc, [&](FieldVisitor& nested) {
    nested.number("factor", messages.factor, kCalibrationFactor, Presence::kOptional,
                  "What its bytes are multiplied by.");
    nested.number("message_bytes", messages.message_bytes, kCalibrationBytes, Presence::kOptional,
                  "Bytes that each message has on top.");
    nested.number("message_s", messages.message_s, kCalibrationTime, Presence::kOptional,
                  "What both sides do with each message beside computing and sending; told with "
                  "the propagation delay.");
  });
}

}  // namespace

void describe_calibration(FieldVisitor& visitor, CalibrationFile& file) {
  visitor.text("kind", file.kind, {.choices = {"calibration"}}, Presence::kRequired,
               "What plans are corrected by.");
  visitor.integer("version", file.version, {.min = 1, .max = 1}, Presence::kOptional,
                  "Version of this format.");
  visitor.text("name", file.name, {.identifier = true}, Presence::kRequired,
               "What reports call it.");
  visitor.text("description", file.description, {}, Presence::kOptional,
               "Of which measurements it is, when, and what it was tested on.");
  Calibration& calibration = file.calibration;
  describe_computing(visitor, "mobile", calibration.mobile, "Computing on the mobile.",
                     "On top of each computation that an upload follows.");
  describe_computing(visitor, "server", calibration.server, "Computing on the edge and the cloud.",
                     "On top of each computation.");
  describe_messages(visitor, "upload", calibration.upload, "What the mobile sends.");
  describe_messages(visitor, "download", calibration.download, "What the mobile gets.");
}

CalibrationFile read_calibration(const std::string& path) {
  const Node root = load_yaml(path);
  CalibrationFile file;
  Diagnostics diagnostics;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_calibration(visitor, file); }, diagnostics);
  diagnostics.throw_if_any();
  return file;
}

CalibrationFile load_calibration(std::string& name, const ScenarioSource& source,
                                 Checker& checker) {
  if (name.empty()) return {};
  const fs::path file = (fs::path{source.file}.parent_path() / name).lexically_normal();
  if (!fs::is_regular_file(file)) {
    checker.error("calibration",
                  fmt::format("no file '{}' beside the scenario; check the path", name));
    return {};
  }
  name = effective_name(source, name);
  return read_calibration(file.string());
}

}  // namespace papilio
