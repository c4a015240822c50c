#include "sim/planner/training_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "models/graph/operations.hpp"
#include "sim/report/format.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

TableCell whole_bytes(Bytes size) {
  return decimals(size.value(), 0);
}

TableCell time_cell(const Spend& spend) {
  return in_ms(Seconds{spend[Criterion::kLatency]});
}

TableCell energy_of(const Spend& spend, bool known) {
  return known ? in_mj(Joules{spend[Criterion::kEnergy]}) : none("n/a");
}

TableCell gain_cell(const TrainingAnswer& answer, const TrainingChoice& choice,
                    Criterion criterion) {
  const std::optional<double> gain = answer.gain(choice, criterion);
  return gain ? in_signed_percent(*gain, 1) : none("n/a");
}

std::string tier_name(const TrainingAnswer& answer, std::size_t tier) {
  return std::string{name(answer.costs.tiers()[tier])};
}

/// "mobile to pool2, then cloud".
std::string runs_text(const TrainingAnswer& answer, const std::vector<std::uint8_t>& tiers) {
  const std::vector<Cut>& cuts = answer.costs.network().cuts;
  std::vector<std::string> runs;
  for (std::size_t segment = 1; segment < tiers.size(); ++segment) {
    const std::size_t before = tiers[segment - 1];
    if (tiers[segment] == before) continue;
    runs.push_back(fmt::format("{} to {}", tier_name(answer, before), cuts[segment].name));
  }
  const std::string last = tier_name(answer, tiers.back());
  return runs.empty() ? last : fmt::format("{}, then {}", fmt::join(runs, ", "), last);
}

std::string placement_text(const TrainingAnswer& answer, const TrainingPlacement& placement) {
  std::string forward = runs_text(answer, placement.forward);
  if (placement.forward == placement.backward) return forward;
  return fmt::format("forward {}; backward {}", forward, runs_text(answer, placement.backward));
}

std::string_view part_title(TrainingPart::Kind kind) {
  using Kind = TrainingPart::Kind;
  switch (kind) {
    case Kind::kForward:
      return "forward";
    case Kind::kActivations:
      return "activations";
    case Kind::kOutputs:
      return "outputs";
    case Kind::kBackward:
      return "backward";
    case Kind::kGradients:
      return "gradients";
    case Kind::kWeights:
      return "weights";
    case Kind::kDone:
      return "done";
    case Kind::kStored:
      return "stored inputs";
    case Kind::kRenewed:
      return "weights for the next step";
  }
  return {};
}

/// Parts of one kind, one after another at the same place.
struct PartGroup {
  TrainingPart first;
  std::size_t last_segment;
  Bytes size;
  Spend spend;
};

std::vector<PartGroup> groups_of(const std::vector<TrainingPart>& parts) {
  std::vector<PartGroup> groups;
  for (const TrainingPart& part : parts) {
    const bool joins = !groups.empty() && groups.back().first.kind == part.kind &&
                       groups.back().first.from == part.from && groups.back().first.to == part.to;
    if (!joins) groups.push_back({part, part.segment, {}, {}});
    groups.back().last_segment = part.segment;
    groups.back().size += part.size;
    groups.back().spend += part.spend;
  }
  return groups;
}

/// The layers of segments, without the inputs: "conv1 … pool2", backward "pool2 … conv1".
std::string layers_text(const Graph& graph, const NetworkChain& network, const PartGroup& group) {
  const auto [low, high] = std::minmax(group.first.segment, group.last_segment);
  std::vector<std::string> names;
  for (std::size_t segment = low; segment <= high; ++segment) {
    for (const LayerId id : network.layers[segment]) {
      const Layer& layer = graph.layer(id);
      if (!std::holds_alternative<InputOp>(layer.op)) names.push_back(layer.name);
    }
  }
  if (names.empty()) return {};
  if (group.first.kind == TrainingPart::Kind::kBackward) std::reverse(names.begin(), names.end());
  return names.size() == 1 ? names.front() : fmt::format("{} … {}", names.front(), names.back());
}

class TrainingReport {
 public:
  TrainingReport(const TrainingPlanner& planner, const std::vector<TrainingAnswer>& answers)
      : planner_{planner}, answers_{answers} {}

  Document document(bool explain) {
    Document document{.title = fmt::format("Training for {}", planner_.scenario().spec.name)};
    document.paragraphs.push_back(introduction());
    for (const TrainingAnswer& answer : answers_) document.sections.push_back(choices(answer));
    document.sections.push_back(differences());
    if (explain) {
      for (const TrainingAnswer& answer : answers_) {
        for (const TrainingChoice& choice : answer.choices) {
          if (!choice.single) document.sections.push_back(parts(answer, choice));
        }
      }
    }
    document.sections.push_back(assumptions());
    return document;
  }

 private:
  [[nodiscard]] std::string introduction() const {
    const ScenarioSpec& spec = planner_.scenario().spec;
    const TrainingSettings& settings = planner_.question().settings;
    std::string text = fmt::format(
        "{} on {} and {}: one step of training over a batch of {}, least {} on each radio",
        spec.model, spec.mobile_device, spec.cloud_device, settings.batch,
        planner_.question().goal.text());
    text += fmt::format(" (energy read as {}). ", name(planner_.reading()));
    text += fmt::format(
        "Activations and gradients cross at {} bits, inputs at {}; new weights come to the mobile "
        "at 32 bits, {}.",
        settings.bits, settings.input_bits,
        settings.sync_every == 1
            ? std::string{"in each step"}
            : fmt::format("once in {} steps, and each step bears its share", settings.sync_every));
    return text;
  }

  [[nodiscard]] Section choices(const TrainingAnswer& answer) const {
    Section section{.title = fmt::format("A step of training on {}", answer.network)};
    Table table{.columns = {{"", true},
                            {"placement", true},
                            {"time, ms"},
                            {"mobile energy, mJ"},
                            {"up, B"},
                            {"down, B"},
                            {"gain, time"},
                            {"gain, energy"}}};
    const auto add = [&](const TrainingChoice& choice) {
      const TrainingPlan& plan = choice.plan;
      table.rows.push_back({choice.title, placement_text(answer, plan.placement),
                            time_cell(plan.spend), energy_of(plan.spend, choice.energy_known),
                            whole_bytes(plan.upload), whole_bytes(plan.download),
                            gain_cell(answer, choice, Criterion::kLatency),
                            gain_cell(answer, choice, Criterion::kEnergy)});
    };
    for (const TrainingChoice& choice : answer.choices) add(choice);
    section.table = std::move(table);
    for (const TrainingChoice& choice : answer.choices) {
      if (choice.plan.unpaid > Bytes{0}) section.remarks.push_back(unpaid_text(choice));
    }
    return section;
  }

  static std::string unpaid_text(const TrainingChoice& choice) {
    const Spend whole = choice.plan.spend + choice.plan.unpaid_spend;
    const std::string energy =
        choice.energy_known
            ? fmt::format(" and {} mJ", in_mj(Joules{whole[Criterion::kEnergy]}).text())
            : std::string{};
    return fmt::format(
        "'{}' leaves out {:.0f} bytes that it needs: inputs stored by a forward pass on one tier "
        "for "
        "the backward pass on another, and the weights on their way back. With them the same "
        "placement takes {} ms{}.",
        choice.title, choice.plan.unpaid.value(), time_cell(whole).text(), energy);
  }

  [[nodiscard]] static Section differences() {
    return {
        .title = "What the ways are",
        .remarks = {
            "'coupled' is the best placement where a segment's forward and backward pass run on "
            "the same tier. The backward pass needs the activations that the forward pass "
            "stored, and the next forward pass the weights that the backward pass changed: so "
            "both are where they are needed. A change of tier is crossed twice, by activations "
            "and by gradients.",
            "'free' is JointDNN's graph of 2N layers (arXiv 1801.08618, Section 3): each pass on "
            "any tier, and only what crosses between neighbours is paid, and the weights' "
            "download. Stored activations and weights that would have to follow cost nothing, "
            "so it is a lower bound. Where it places both passes alike it is 'coupled'.",
            "'free, all paid' is the best of the same placements when each pays for that too: "
            "where "
            "it is no less than 'coupled', parting a segment's passes gains nothing.",
            "A gain is what is saved of the best single platform's time, or of the best single "
            "platform's mobile energy."}};
  }

  [[nodiscard]] Section parts(const TrainingAnswer& answer, const TrainingChoice& choice) const {
    Section section{.title = fmt::format("Parts of '{}' on {}", choice.title, answer.network)};
    Table table{.columns = {{"part", true},
                            {"layers", true},
                            {"where", true},
                            {"bytes"},
                            {"time, ms"},
                            {"share"},
                            {"mobile energy, mJ"}}};
    const TrainingCosts& costs = answer.costs;
    const double whole = choice.plan.spend[Criterion::kLatency];
    std::vector<TrainingPart> all = parts_of(costs, choice.plan.placement);
    if (choice.plan.pays_all) {
      for (const TrainingPart& part : left_out_of(costs, choice.plan.placement)) {
        all.push_back(part);
      }
    }
    for (const PartGroup& group : groups_of(all)) {
      const bool stays = group.first.from == group.first.to;
      Table::Row row{std::string{part_title(group.first.kind)}};
      row.emplace_back(where_text(costs, group));
      row.emplace_back(stays ? tier_name(answer, group.first.to)
                             : fmt::format("{} to {}", tier_name(answer, group.first.from),
                                           tier_name(answer, group.first.to)));
      row.push_back(stays ? none() : whole_bytes(group.size));
      row.push_back(time_cell(group.spend));
      row.push_back(in_percent(whole > 0 ? group.spend[Criterion::kLatency] / whole : 0, 1));
      row.push_back(energy_of(group.spend, choice.energy_known));
      table.rows.push_back(std::move(row));
    }
    section.table = std::move(table);
    return section;
  }

  /// The layers that compute or have the weights; of what crosses the place.
  [[nodiscard]] std::string where_text(const TrainingCosts& costs, const PartGroup& group) const {
    using Kind = TrainingPart::Kind;
    switch (group.first.kind) {
      case Kind::kForward:
      case Kind::kBackward:
        return layers_text(planner_.scenario().graph, costs.network(), group);
      case Kind::kActivations:
      case Kind::kGradients:
        return "after " + costs.network().cuts[group.first.segment].name;
      case Kind::kWeights:
      case Kind::kStored:
      case Kind::kRenewed:
        return layers_text(planner_.scenario().graph, costs.network(), group);
      case Kind::kOutputs:
      case Kind::kDone:
        return {};
    }
    return {};
  }

  [[nodiscard]] Section assumptions() const {
    const TrainingSettings& settings = planner_.question().settings;
    Section section{.title = "What is assumed"};
    section.remarks.push_back(fmt::format(
        "Assumed, not measured: a backward pass takes {:g} times its forward pass, in time and in "
        "the mobile's energy. 2 is what arithmetic makes of it: the gradient of a layer's inputs "
        "and that of its weights are each a product as large as the forward pass's.",
        settings.backward));
    section.remarks.push_back(batch_text());
    section.remarks.push_back(
        "Labels, the loss and the change of the weights cost nothing: a label is a few bytes, "
        "beside pictures and activations of thousands.");
    section.remarks.push_back(
        "Gradients and weights that come to the mobile are waited for, even where the scenario "
        "does "
        "not count its answers' download: the next layer, or the next step, needs them.");
    const auto& layers = planner_.scenario().graph.layers();
    if (std::any_of(layers.begin(), layers.end(),
                    [](const Layer& layer) { return layer.weights_of.has_value(); })) {
      section.remarks.push_back(
          "Layers that share weights are charged as if their gradients met at no cost, wherever "
          "they run.");
    }
    if (planner_.scenario().limits.stated()) {
      section.remarks.push_back("The scenario's limits are of a request, and limit nothing here.");
    }
    return section;
  }

  [[nodiscard]] std::string batch_text() const {
    std::vector<std::string> tiers;
    for (std::size_t i = 0; i < planner_.tiers().size(); ++i) {
      const BatchMultiple& factor = planner_.factors()[i];
      tiers.push_back(fmt::format("{:.4g} times a picture's on the {} ({})", factor.times,
                                  name(planner_.tiers()[i]),
                                  factor.measured ? "measured batches, of the whole network"
                                                  : "linear: its table has no measured batches"));
    }
    return fmt::format("A batch of {} takes {}.", planner_.question().settings.batch,
                       fmt::join(tiers, ", "));
  }

  const TrainingPlanner& planner_;
  const std::vector<TrainingAnswer>& answers_;
};

Json names_of(const TrainingAnswer& answer, const std::vector<std::uint8_t>& tiers) {
  Json names = Json::array();
  for (const std::uint8_t tier : tiers) names.push_back(tier_name(answer, tier));
  return names;
}

Json json_of_choice(const TrainingAnswer& answer, const TrainingChoice& choice) {
  const TrainingPlan& plan = choice.plan;
  const auto energy = [&](const Spend& spend) {
    return choice.energy_known ? Json(spend[Criterion::kEnergy]) : Json();
  };
  const auto gain = [&](Criterion criterion) {
    const std::optional<double> share = answer.gain(choice, criterion);
    return share ? Json(*share) : Json();
  };
  const Spend whole = plan.spend + plan.unpaid_spend;
  return {{"name", choice.title},
          {"placement", placement_text(answer, plan.placement)},
          {"forward", names_of(answer, plan.placement.forward)},
          {"backward", names_of(answer, plan.placement.backward)},
          {"step_s", plan.spend[Criterion::kLatency]},
          {"mobile_energy_j", energy(plan.spend)},
          {"cloud_s", plan.spend[Criterion::kCloudTime]},
          {"upload_bytes", plan.upload.value()},
          {"download_bytes", plan.download.value()},
          {"time_gain", gain(Criterion::kLatency)},
          {"energy_gain", gain(Criterion::kEnergy)},
          {"unpaid_bytes", plan.unpaid.value()},
          {"paid_step_s", whole[Criterion::kLatency]},
          {"paid_mobile_energy_j", energy(whole)}};
}

Json segments_json(const TrainingPlanner& planner, const TrainingCosts& costs) {
  Json segments = Json::array();
  for (std::size_t segment = 0; segment < costs.segments(); ++segment) {
    Json layers = Json::array();
    for (const LayerId id : costs.network().layers[segment]) {
      layers.push_back(planner.scenario().graph.layer(id).name);
    }
    segments.push_back({{"after", costs.network().cuts[segment].name},
                        {"layers", std::move(layers)},
                        {"activation_bytes", costs.activations(segment).value()},
                        {"gradient_bytes", costs.gradients(segment).value()},
                        {"weight_bytes", costs.weights(segment).value()}});
  }
  return segments;
}

}  // namespace

Document training_document(const TrainingPlanner& planner,
                           const std::vector<TrainingAnswer>& answers, bool explain) {
  return TrainingReport{planner, answers}.document(explain);
}

Table training_table(const std::vector<TrainingAnswer>& answers) {
  Table table{.columns = {{"network", true},
                          {"plan", true},
                          {"placement", true},
                          {"step_s"},
                          {"mobile_energy_j"},
                          {"cloud_s"},
                          {"upload_bytes"},
                          {"download_bytes"},
                          {"time_gain"},
                          {"energy_gain"},
                          {"unpaid_bytes"}}};
  for (const TrainingAnswer& answer : answers) {
    for (const TrainingChoice& choice : answer.choices) {
      const TrainingPlan& plan = choice.plan;
      const auto gain = [&](Criterion criterion) {
        const std::optional<double> share = answer.gain(choice, criterion);
        return share ? TableCell{*share} : none();
      };
      table.rows.push_back(
          {answer.network, choice.title, placement_text(answer, plan.placement),
           plan.spend[Criterion::kLatency],
           choice.energy_known ? TableCell{plan.spend[Criterion::kEnergy]} : none(),
           plan.spend[Criterion::kCloudTime], plan.upload.value(), plan.download.value(),
           gain(Criterion::kLatency), gain(Criterion::kEnergy), plan.unpaid.value()});
    }
  }
  return table;
}

Json training_json(const TrainingPlanner& planner, const std::vector<TrainingAnswer>& answers) {
  const ScenarioSpec& spec = planner.scenario().spec;
  const TrainingSettings& settings = planner.question().settings;
  Json factors = Json::object();
  for (std::size_t i = 0; i < planner.tiers().size(); ++i) {
    const BatchMultiple& factor = planner.factors()[i];
    factors[std::string{name(planner.tiers()[i])}] = {
        {"times", factor.times}, {"kind", factor.measured ? "measured" : "linear"}};
  }
  Json all = Json::array();
  for (const TrainingAnswer& answer : answers) {
    Json one{{"network", answer.network}, {"plans", Json::array()}};
    for (const TrainingChoice& choice : answer.choices) {
      one["plans"].push_back(json_of_choice(answer, choice));
    }
    all.push_back(std::move(one));
  }
  return {
      {"scenario", spec.name},
      {"model", spec.model},
      {"mobile", spec.mobile_device},
      {"cloud", spec.cloud_device},
      {"target", planner.question().goal.text()},
      {"energy_model", std::string{name(planner.reading())}},
      {"training",
       {{"batch", settings.batch},
        {"bits", settings.bits},
        {"input_bits", settings.input_bits},
        {"backward", {{"times", settings.backward}, {"kind", "assumed"}}},
        {"sync_every", settings.sync_every},
        {"batch_factors", std::move(factors)}}},
      {"segments", answers.empty() ? Json::array() : segments_json(planner, answers.front().costs)},
      {"answers", std::move(all)}};
}

}  // namespace papilio
