#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/split.hpp>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sim/app/catalogue.hpp"
#include "sim/app/data_sheet.hpp"
#include "sim/app/prediction_subject.hpp"
#include "sim/base/output_folder.hpp"
#include "sim/profiles/prediction.hpp"

namespace papilio {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr const char* kPredicted = "predicted";

TableCell milli(double seconds) {
  return decimals(seconds * 1e3, 3);
}

TableCell percent(double share) {
  return signed_decimals(share * 100, 1);
}

/// What a roofline says nothing of because the device's file does not: what it takes to start a
/// layer. Empty: the file says it, or no roofline predicts.
std::string overhead_note(const PredictionSubject& subject, const Graph& graph) {
  if (subject.basis.method != PredictionMethod::kRoofline || !subject.basis.roofline ||
      subject.basis.roofline->overhead_s > 0) {
    return {};
  }
  std::size_t computing = 0;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    if (!work_of(graph, id).free) ++computing;
  }
  constexpr double kExample = 10e-6;
  return fmt::format(
      "Starting a layer is counted as taking no time (no launch_overhead_s in the device's file): "
      "10 µs for each of the {} that compute would be {} ms{}.",
      computing, milli(kExample * static_cast<double>(computing)).text(),
      by_data_sheet_alone(subject, graph.name()) ? " more"
                                                 : " of the total, which small layers then lack");
}

/// How the numbers came about.
std::string method_text(const PredictionSubject& subject, const std::string& without) {
  std::vector<std::string> names;
  for (const KnownTable& table : subject.basis.tables) {
    if (table.graph.name() != without) names.push_back(table.graph.name());
  }
  if (subject.basis.method == PredictionMethod::kRegression) {
    return fmt::format("regression over {} network{} at {}", names.size(),
                       names.size() == 1 ? "" : "s", subject.precision);
  }
  std::string calibration = "not calibrated, so nothing is slower than its data sheet";
  if (!names.empty()) {
    calibration = fmt::format("calibrated by {}", fmt::join(names, ", "));
  } else if (uses_total(subject, without)) {
    const KnownTotal& total = *subject.basis.total;
    const bool in_parts = total.graph.name() == without && !total.parts.empty();
    calibration = fmt::format("calibrated by the total of {}{} ({})", total.graph.name(),
                              in_parts ? ", part by part" : "",
                              to_string(subject.totals[subject.calibrating].from));
  }
  return fmt::format("roofline at {}, {}", subject.precision, calibration);
}

/// What is known of the device and disagrees with the prediction, or may.
/// @param model that is predicted; empty: several
std::vector<std::string> disagreements(const PredictionSubject& subject, const std::string& model) {
  std::vector<TableComparison> comparisons = subject.comparisons;
  const bool by_total = uses_total(subject, model);
  for (std::size_t i = 0; i < subject.totals.size(); ++i) {
    const TotalOfFile& total = subject.totals[i];
    if (by_total && i == subject.calibrating) continue;
    comparisons.push_back(
        {total.known,
         fmt::format("the total of {} ({})", total.known.graph.name(), to_string(total.from))});
  }
  const char* method =
      subject.basis.method == PredictionMethod::kRoofline ? "this roofline" : "the regression";
  std::vector<std::string> remarks;
  for (const TableComparison& other : comparisons) {
    const double predicted_s = predict(subject.basis, other.total.graph).total_s();
    const double ratio = other.total.latency_s / predicted_s;
    remarks.push_back(fmt::format("{} is {} ms on this device, where {} gives {}: {:.3g} times {}.",
                                  other.from, milli(other.total.latency_s).text(), method,
                                  milli(predicted_s).text(), std::max(ratio, 1 / ratio),
                                  ratio >= 1 ? "as much" : "less"));
    remarks.back().front() = 'T';
  }
  if (by_total && !subject.totals[subject.calibrating].doubt.empty()) {
    remarks.push_back("Doubt: " + subject.totals[subject.calibrating].doubt + ".");
  }
  return remarks;
}

LayerProfile profile_of(const PredictionSubject& subject, const Graph& graph,
                        const LayerPrediction& prediction, const CrossValidation& validation) {
  LayerProfile profile{
      .device = subject.device,
      .model = graph.name(),
      .precision = subject.precision,
      .provenance = {kPredicted, "papilio-predict", method_text(subject, graph.name())}};
  if (const std::optional<double> half_width = validation.half_width()) {
    profile.note = fmt::format(
        "The measured total is expected within {:.0f} % of the predicted one (95 %), by {} "
        "networks "
        "each predicted from the others.",
        *half_width * 100, validation.networks.size());
  } else {
    profile.note = "How far off it is, nobody can tell: too few networks were measured.";
    if (by_data_sheet_alone(subject, graph.name())) {
      profile.note += " " + shipped_data_sheet_worth().text();
    }
  }
  if (const std::string note = overhead_note(subject, graph); !note.empty()) {
    profile.note += " " + note;
  }
  for (const std::string& remark : disagreements(subject, graph.name())) {
    profile.note += " " + remark;
  }
  if (const std::string opaque = opaque_note(graph); !opaque.empty()) profile.note += " " + opaque;
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    LayerProfile::Row row{.layer = graph.layer(id).name,
                          .latency_s = prediction.latency_s[id],
                          .energy_j = prediction.energy_j[id]};
    const std::string type = work_of(graph, id).type;
    const auto error = std::find_if(validation.types.begin(), validation.types.end(),
                                    [&](const auto& known) { return known.type == type; });
    if (error != validation.types.end() && error->half_width) {
      row.interval_s = row.latency_s * *error->half_width;
    }
    profile.rows.push_back(std::move(row));
  }
  return profile;
}

Section blocks_section(const PredictionSubject& subject, const Graph& graph,
                       const LayerPrediction& prediction) {
  const auto known =
      std::find_if(subject.basis.tables.begin(), subject.basis.tables.end(),
                   [&](const KnownTable& table) { return table.graph.name() == graph.name(); });
  const bool measured = known != subject.basis.tables.end();
  const bool energies = prediction.energy_j.back().has_value();
  struct Block {
    std::string name;
    double macs{0};
    double latency_s{0};
    double energy_j{0};
    double known_s{0};
  };
  std::vector<Block> blocks;
  Block all{"all"};
  for (LayerId id = 0; id < graph.layers().size(); ++id) {
    const Layer& layer = graph.layer(id);
    if (blocks.empty() || blocks.back().name != layer.block) blocks.push_back({layer.block});
    for (Block* block : {&blocks.back(), &all}) {
      block->macs += static_cast<double>(layer.macs);
      block->latency_s += prediction.latency_s[id];
      block->energy_j += prediction.energy_j[id].value_or(0);
      if (measured) {
        for (const LayerProfile::Row& row : known->profile.rows) {
          if (row.layer == layer.name) block->known_s += row.latency_s;
        }
      }
    }
  }
  blocks.push_back(all);
  Table table{.columns = {{"block", true}, {"MMAC"}, {"ms"}, {"%"}}};
  if (energies) table.columns.push_back({"mJ"});
  if (measured) table.columns.insert(table.columns.end(), {{"in the table, ms"}, {"error, %"}});
  for (const Block& block : blocks) {
    Table::Row row{block.name, decimals(block.macs / 1e6, 2), milli(block.latency_s),
                   decimals(100 * block.latency_s / all.latency_s, 1)};
    if (energies) row.push_back(milli(block.energy_j));
    if (measured) {
      row.push_back(milli(block.known_s));
      row.push_back(block.known_s > 0 ? percent(block.latency_s / block.known_s - 1) : none());
    }
    table.rows.push_back(std::move(row));
  }
  return {.title = "Blocks", .table = std::move(table)};
}

/// What the user must know of the error.
std::vector<std::string> error_remarks(const PredictionSubject& subject, const Graph& graph,
                                       const LayerPrediction& prediction,
                                       const CrossValidation& validation) {
  std::vector<std::string> remarks;
  if (const std::optional<double> half_width = validation.half_width()) {
    remarks.push_back(fmt::format(
        "Total {} ms ± {:.0f} % (95 %), by {} networks each predicted from the others: "
        "median error "
        "{:.1f} %, worst {} %.",
        milli(prediction.total_s()).text(), *half_width * 100, validation.networks.size(),
        validation.median_error() * 100, percent(validation.worst_error()).text()));
  } else {
    remarks.push_back(fmt::format(
        "Total {} ms. How far off it is, nobody can tell: it takes three measured networks.",
        milli(prediction.total_s()).text()));
    if (by_data_sheet_alone(subject, graph.name())) {
      remarks.push_back(shipped_data_sheet_worth().text());
    }
  }
  if (std::string note = overhead_note(subject, graph); !note.empty()) {
    remarks.push_back(std::move(note));
  }
  if (const std::string opaque = opaque_note(graph); !opaque.empty()) remarks.push_back(opaque);
  std::set<std::string> strange;
  double strange_s = 0;
  for (const LayerId id : prediction.strangers) {
    strange.insert(work_of(graph, id).type);
    strange_s += prediction.latency_s[id];
  }
  if (!strange.empty()) {
    remarks.push_back(fmt::format(
        "{:.1f} % of it is of layers of types that nobody measured, predicted by their family: {}.",
        100 * strange_s / prediction.total_s(), fmt::join(strange, ", ")));
  }
  return remarks;
}

Document prediction_of(const PredictionSubject& subject, const Graph& graph,
                       const LayerPrediction& prediction, const CrossValidation& validation) {
  Section blocks = blocks_section(subject, graph, prediction);
  blocks.remarks = error_remarks(subject, graph, prediction, validation);
  for (std::string& remark : disagreements(subject, graph.name())) {
    blocks.remarks.push_back(std::move(remark));
  }
  return {.title = fmt::format("{} on {}, predicted", graph.name(), subject.device),
          .paragraphs = {fmt::format("By {}.", method_text(subject, graph.name()))},
          .sections = {std::move(blocks)}};
}

Section coefficients_section(const PredictionBasis& basis) {
  Table table{.columns = {{"type", true},
                          {"layers"},
                          {"us"},
                          {"us/million operations"},
                          {"ns/input"},
                          {"ns/output"},
                          {"ns/parameter"}}};
  const LayerRegression regression = learned(basis);
  for (const auto& [type, fit] : regression.types()) {
    const auto number = [&coefficients = fit.coefficients](Eigen::Index term, double unit) {
      const double value = coefficients[term] / unit;
      return value > 0 ? significant(value, 3) : none();
    };
    table.rows.push_back({type, fit.layers, number(0, 1e-6), number(1, 1e-12), number(2, 1e-9),
                          number(3, 1e-9), number(4, 1e-9)});
  }
  return {
      .title = "Regressions over all networks",
      .table = std::move(table),
      .remarks = {"Empty: least squares with the condition that no work takes less than no time "
                  "leaves the term out."}};
}

Document validation_of(const PredictionSubject& subject, const CrossValidation& validation) {
  Table networks{.columns = {{"network", true},
                             {"measured, ms"},
                             {"predicted, ms"},
                             {"error, %"},
                             {"of unknown types, %"}}};
  for (const CrossValidation::Network& network : validation.networks) {
    networks.rows.push_back({network.model, milli(network.measured_s), milli(network.predicted_s),
                             percent(network.error()), decimals(network.strange_share * 100, 1)});
  }
  Table types{.columns = {{"type", true},
                          {"layers"},
                          {"measured, ms"},
                          {"predicted, ms"},
                          {"error, %"},
                          {"median of a layer, %"}}};
  for (const CrossValidation::Type& type : validation.types) {
    types.rows.push_back({type.type, type.layers, milli(type.measured_s), milli(type.predicted_s),
                          percent(type.error()), decimals(type.median_error * 100, 1)});
  }
  Document document{
      .title = fmt::format("Networks on {}, each predicted from the others", subject.device),
      .paragraphs = {fmt::format("By {}.", method_text(subject, ""))},
      .sections = {{.title = "Networks",
                    .table = std::move(networks),
                    .remarks = {fmt::format("Median error {:.1f} %, worst {} %.",
                                            validation.median_error() * 100,
                                            percent(validation.worst_error()).text())}},
                   {.title = "Types of layers", .table = std::move(types)}}};
  for (std::string& remark : disagreements(subject, "")) {
    document.sections.front().remarks.push_back(std::move(remark));
  }
  if (subject.basis.method == PredictionMethod::kRegression) {
    document.sections.push_back(coefficients_section(subject.basis));
  }
  return document;
}

/// A prediction for one device: for files and for people.
struct Predicted {
  LayerProfile profile;
  Document document;
};

/// Writes the table, but never over one that was measured or published.
void write(const fs::path& folder, LayerProfile profile, const Bibliography& bibliography,
           const Graph& graph) {
  OutputFolder out{folder / "layers" / profile.device};
  const fs::path file = out.path() / (profile.model + ".yaml");
  if (fs::exists(file)) {
    const ProfileLibrary there{{folder}};
    const LayerProfile old = load_layer_profile(there, bibliography, profile.device, graph);
    if (old.provenance.kind != kPredicted) {
      refuse_prediction(
          fmt::format("{} is {}, which a prediction does not replace; choose another folder with "
                      "-o",
                      file.string(), old.provenance.kind));
    }
  }
  out.add(profile.model + ".yaml",
          "# Made by 'papilio predict'; do not edit.\n" + write_fields([&](FieldVisitor& visitor) {
            describe_layer_profile(visitor, profile);
          }));
  out.commit();
}

}  // namespace

void predict_command(const Words& words) {
  CommandLine line{
      "predict --model NAME --device NAME [options]",
      "Predicts what the layers of a network take on a device where it was not measured: from "
      "other\n"
      "networks measured there, or from the device's data sheet; says how far off that is.",
      {"papilio predict --model densenet121 --device xeon-1-thread",
       "papilio predict --model resnet50 --device adreno-740,gtx-1080-ti -o results/profiles",
       "papilio predict --model resnet18 --device tesla-k40 -o my-profiles",
       "papilio predict --device xeon-1-thread --validate"}};
  line.add_options()("model", po::value<std::string>()->value_name("NAME"),
                     "network ('papilio models list')");
  line.add_options()("device", po::value<std::string>()->value_name("NAME,..."),
                     "device ('papilio devices list'), or several");
  line.add_options()("validate",
                     "instead: predict each network of the device from the others, and compare");
  line.add_options()("method", po::value<std::string>()->default_value("auto")->value_name("NAME"),
                     "regression (from measured layers), roofline (from the data sheet), or auto: "
                     "regression where three networks or more were measured");
  line.add_options()(
      "calibrate", po::value<std::string>()->value_name("NAME"),
      "roofline: the one network whose total makes it right: of a table, or one that the "
      "device's data state (default: all tables, else the first of those that is not recalled)");
  line.add_options()("precision", po::value<std::string>()->value_name("NAME"),
                     "fp32 or fp16 (default: that of the device's tables; where a roofline has no "
                     "peak rate there, and without tables, fp32)");
  add_profiles_option(line);
  line.add_options()("output,o", po::value<std::string>()->value_name("DIR"),
                     "write the table to DIR/layers/DEVICE/MODEL.yaml, for scenarios");
  line.add_format_option("md, csv (the first table), json, latex or html");
  if (!line.parse(words)) return;
  const auto format = line.get<std::string>("format");
  check_format(format);
  const bool validate = line.has("validate");
  if (validate == line.has("model"))
    refuse_prediction("which network? --model NAME, or --validate for all");
  if (validate && line.has("output")) refuse_prediction("-o goes with --model");
  const ProfileLibrary library = library_of(line);
  const Bibliography bibliography{library};
  if (!line.has("device"))
    refuse_prediction("which device? --device NAME; see 'papilio devices list'");
  std::vector<std::string> devices;
  boost::split(devices, line.get<std::string>("device"), [](char c) { return c == ','; });
  if (validate && devices.size() > 1) refuse_prediction("--validate is of one device");
  std::vector<Predicted> answers;
  answers.reserve(devices.size());
  for (const std::string& device : devices) {
    const PredictionSubject subject = subject_of(line, library, bibliography, device);
    const CrossValidation validation = cross_validate(subject.basis);
    if (validate) {
      if (validation.networks.empty()) {
        refuse_prediction(
            fmt::format("the device '{}' has fewer than two tables to compare with; measure more "
                        "('papilio profile')",
                        subject.device));
      }
      print(validation_of(subject, validation), format, line.is_wide());
      return;
    }
    const Graph graph = model_by_name(library, line.get<std::string>("model"));
    const LayerPrediction prediction = predict(subject.basis, graph);
    answers.push_back({profile_of(subject, graph, prediction, validation),
                       prediction_of(subject, graph, prediction, validation)});
  }
  // What cannot be predicted has been refused: nothing is written in part.
  for (const Predicted& answer : answers) {
    if (line.has("output")) {
      write(line.get<std::string>("output"), answer.profile, bibliography,
            model_by_name(library, answer.profile.model));
      tell_shadowed(library, {answer.profile.device, answer.profile.model});
    }
    print(answer.document, format, line.is_wide());
  }
}

}  // namespace papilio
