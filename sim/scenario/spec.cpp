#include "sim/scenario/spec.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/radio/radio.hpp"
#include "sim/scenario/conditions.hpp"
#include "sim/scenario/ranges.hpp"

namespace papilio {
namespace {

constexpr NumberRange kBits{.min = 1, .max = 32};
constexpr NumberRange kChannels{.min = 1, .max = 65536};
constexpr NumberRange kResultBytes{.min = 0, .max = 1e12};
constexpr NumberRange kIdlePower{.min = 0, .max = 1e6};
constexpr NumberRange kDelay{.min = 0, .max = 1e6};
constexpr NumberRange kLoadLevel{.min = 0, .max = 1e6, .min_excluded = true};
constexpr NumberRange kSpent{.min = 0, .max = 1e18};
constexpr NumberRange kTokens{.min = 1, .max = 1e6};

constexpr std::array<ConditionKey, 10> kConditionKeys{{
    {"mobile.load_level", kLoadLevel, false,
     [](ConditionsSpec& of, double value) { of.mobile_load_level = value; }},
    {"mobile.idle_power_w", kIdlePower, false,
     [](ConditionsSpec& of, double value) { of.mobile_idle_power_w = value; }},
    {"cloud.load_level", kLoadLevel, false,
     [](ConditionsSpec& of, double value) { of.cloud_load_level = value; }},
    {"edge.load_level", kLoadLevel, false,
     [](ConditionsSpec& of, double value) { of.edge_load_level = value; }, true},
    {"edge.backhaul.rate_bit_per_s", kRateRange, false,
     [](ConditionsSpec& of, double value) { of.backhaul_bit_per_s = value; }, true},
    {"edge.backhaul.delay_s", kDelay, false,
     [](ConditionsSpec& of, double value) { of.backhaul_delay_s = value; }, true},
    {"uplink_bit_per_s", kRateRange, false,
     [](ConditionsSpec& of, double value) { of.uplink_bit_per_s = value; }},
    {"downlink_bit_per_s", kRateRange, false,
     [](ConditionsSpec& of, double value) { of.downlink_bit_per_s = value; }},
    {"delay_s", kDelay, false, [](ConditionsSpec& of, double value) { of.delay_s = value; }},
    {"result_bytes", kResultBytes, true,
     [](ConditionsSpec& of, double value) { of.result_bytes = static_cast<std::int64_t>(value); }},
}};

}  // namespace

const ConditionKey* find_condition_key(std::string_view key) {
  const auto* const found = std::find_if(kConditionKeys.begin(), kConditionKeys.end(),
                                         [&](const ConditionKey& one) { return one.key == key; });
  return found == kConditionKeys.end() ? nullptr : found;
}

double ConditionsSpec::delay_of(std::string_view network) const {
  const auto own = std::find_if(network_delays.begin(), network_delays.end(),
                                [&](const NetworkDelay& one) { return one.network == network; });
  return own != network_delays.end() ? own->delay_s : delay_s.value_or(0);
}

const std::vector<std::string>& placement_names() {
  static const std::vector<std::string> kNames{"mobile-only", "cloud-only", "butterfly",
                                               "split",       "three-way",  "path"};
  return kNames;
}

const std::vector<std::string>& strategy_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = placement_names();
    names.emplace_back("plan");
    return names;
  }();
  return kNames;
}

void describe_cuts(FieldVisitor& visitor, StrategySpec& spec) {
  if (spec.strategy == "plan") {
    visitor.text("from", spec.from, {}, Presence::kRequired,
                 "A file that 'papilio plan -o FILE' wrote; relative to this one.");
    visitor.text("network", spec.network, {}, Presence::kOptional,
                 "The radio whose plan it is; by default the plans of all.");
    return;
  }
  const bool path = spec.strategy == "path";
  const bool cuts = !path && spec.strategy != "mobile-only" && spec.strategy != "cloud-only";
  if (path) {
    visitor.object_list(
        "hops",
        {.resize = [&](std::size_t n) { spec.hops.resize(n); },
         .size = [&] { return spec.hops.size(); },
         .describe =
             [&](std::size_t i, FieldVisitor& item) {
               item.text("after", spec.hops[i].after, {}, Presence::kRequired,
                         "The cut, by block (RB1) or layer.");
               item.text("to", spec.hops[i].to, {.choices = {"mobile", "edge", "cloud"}},
                         Presence::kRequired, "Who computes what follows it.");
             }},
        Presence::kRequired, "Where the request goes, from the mobile on, in the network's order.");
  }
  if (spec.strategy == "three-way") {
    visitor.text("edge_after", spec.edge_after, {}, Presence::kRequired,
                 "The cut up to which the edge computes; 'output': all the rest.");
  }
  if (cuts) {
    visitor.text_list("after", spec.after, {}, Presence::kRequired,
                      "Cuts by block (RB1) or layer; 'blocks': after every block; 'all': every "
                      "place where one tensor crosses.");
  }
  if (spec.strategy == "butterfly" || spec.strategy == "three-way" || path) {
    const Presence presence =
        spec.strategy == "butterfly" ? Presence::kRequired : Presence::kOptional;
    visitor.integer_or_word_list(
        "channels", spec.channels, kChannels, {"paper", "smallest"}, presence,
        "D_r, the channels that cross; 'paper': as the published tables "
        "chose at each cut; 'smallest': the fewest within the stated "
        "limits by the file of accuracy_from, or within a budget of 0.02.");
  }
  if (cuts || path || spec.strategy == "cloud-only") {
    visitor.integer("bits", spec.bits, kBits, Presence::kOptional,
                    "Bits of one element that crosses.");
    visitor.text("codec", spec.codec, {}, Presence::kOptional,
                 "What encodes them: raw, or a codec that the file of 'payload' has rows of; for "
                 "cloud-only one of pictures, such as jpeg:90, webp:75 or file.");
  }
}

void describe_measurements(FieldVisitor& visitor, MeasurementsSpec& spec, bool of_fleet) {
  visitor.text("accuracy_from", spec.accuracy_from, {}, Presence::kOptional,
               "CSV file of measured accuracies, in place of the published ones.");
  visitor.number("accuracy_budget", spec.accuracy_budget, kShareRange,
                 "What is chosen may lose this much of the uncut network's accuracy, as a share: "
                 "0.01 is one percentage point ('--limit accuracy_loss=' of 'papilio plan'); "
                 "absent: no such limit. 'smallest' alone takes 0.02 then.");
  visitor.number(
      "least_accuracy", spec.least_accuracy, kShareRange,
      "What is chosen must be this accurate, as a share ('--limit accuracy=' of 'papilio "
      "plan'); absent: no such limit.");
  visitor.object(
      "payload", spec.payload.present,
      "Measured payloads, in place of sizes that follow from shapes.", [&](FieldVisitor& nested) {
        MeasurementsSpec::Payload& payload = spec.payload;
        nested.text("from", payload.from, {}, Presence::kRequired,
                    "CSV file of bytes and coding times by picture.");
        nested.boolean("count_frame", payload.count_frame, Presence::kOptional,
                       "Whether the frame around the codec's bytes crosses too.");
        nested.number("encode_power_w", payload.encode_power_w, kPowerRange,
                      "Power of the mobile while it encodes, in W; by default its mean "
                      "power over the layers of its table.");
        if (!of_fleet) return;
        nested.text("order", payload.order, {.choices = {"drawn", "in-turn"}}, Presence::kOptional,
                    "The picture of each request: drawn uniformly, or request n of each "
                    "mobile takes number n modulo their number, in the file's order.");
      });
}

void describe_calibration_key(FieldVisitor& visitor, std::string& file) {
  visitor.text("calibration", file, {}, Presence::kOptional,
               "File of what every plan's times and bytes are corrected by, 'kind: calibration'; "
               "relative to this file.");
}

Spend LimitsSpec::spend() const {
  Spend spend = Spend::unlimited();
  for (std::size_t i = 0; i < kCriteria; ++i) {
    if (most.at(i)) spend[static_cast<Criterion>(i)] = *most.at(i);
  }
  return spend;
}

void describe_limits(FieldVisitor& visitor, LimitsSpec& spec) {
  constexpr std::array<std::string_view, kCriteria> kDocs{
      "Latency of a request that waits for nothing, in s.",
      "Energy of the mobile for it, in J.",
      "Time of the cloud's processor for it, in s.",
      "Bytes that the mobile sends for it.",
      "Bytes of the trained numbers that the mobile stores.",
      "Likewise of the edge.",
      "Likewise of the cloud."};
  visitor.object("limits", spec.present,
                 "What is chosen may spend at most this; all is simulated all the same.",
                 [&](FieldVisitor& nested) {
                   for (std::size_t i = 0; i < kCriteria; ++i) {
                     nested.number(name(static_cast<Criterion>(i)), spec.most.at(i), kSpent,
                                   kDocs.at(i));
                   }
                 });
}

namespace {

void describe_edge(FieldVisitor& visitor, ScenarioSpec& spec) {
  ConditionsSpec& conditions = spec.conditions;
  visitor.text("device", spec.edge_device, {}, Presence::kRequired,
               "A device with a layer profile of the model.");
  visitor.number("load_level", conditions.edge_load_level, kLoadLevel, Presence::kOptional,
                 "K_edge: times on the edge are multiplied by it.");
  bool has_backhaul =
      conditions.backhaul_bit_per_s.has_value() || conditions.backhaul_delay_s.has_value();
  visitor.object("backhaul", has_backhaul, "Its link to the cloud; takes no time by default.",
                 [&](FieldVisitor& nested) {
                   nested.number("rate_bit_per_s", conditions.backhaul_bit_per_s, kRateRange,
                                 "Each way; unbounded by default.");
                   nested.number("delay_s", conditions.backhaul_delay_s, kDelay,
                                 "Propagation delay, each way.");
                 });
}

}  // namespace

void describe_scenario(FieldVisitor& visitor, ScenarioSpec& spec) {
  ConditionsSpec& conditions = spec.conditions;
  visitor.integer("version", spec.version, {.min = 1, .max = 1}, Presence::kOptional,
                  "Version of this format.");
  visitor.text("name", spec.name, {.identifier = true}, Presence::kRequired,
               "Names the results folder.");
  visitor.text("description", spec.description, {}, Presence::kOptional, "One line for people.");
  visitor.integer("seed", spec.seed, kSeedRange, Presence::kOptional,
                  "Seed of every random number; a scenario without a random part draws none.");
  visitor.text("model", spec.model, {.identifier = true}, Presence::kRequired,
               "The network: see 'papilio models list'.");
  visitor.object("input", spec.input.present, "What the network reads.", [&](FieldVisitor& nested) {
    nested.integer("tokens", spec.input.tokens, kTokens, Presence::kRequired,
                   "Of a network that reads sequences: words, pieces or steps.");
  });
  visitor.object("generate", spec.generate.present,
                 "Of a decoder, as gpt2: it goes on with tokens of its own.",
                 [&](FieldVisitor& nested) {
                   nested.integer("tokens", spec.generate.tokens, kTokens, Presence::kRequired,
                                  "How many follow the input, one after another.");
                 });
  visitor.object("mobile", Presence::kRequired, "The mobile.", [&](FieldVisitor& nested) {
    nested.text("device", spec.mobile_device, {}, Presence::kRequired,
                "A device with a layer profile of the model: see 'papilio profiles list'.");
    nested.number("load_level", conditions.mobile_load_level, kLoadLevel, Presence::kOptional,
                  "K_mobile: times and energies on the mobile are multiplied by it.");
    nested.number("idle_power_w", conditions.mobile_idle_power_w, kIdlePower,
                  "Power while it waits for the radio and the cloud, in W; by default what its "
                  "device's file or layer table says, else 0.");
  });
  visitor.object("cloud", Presence::kRequired, "The cloud.", [&](FieldVisitor& nested) {
    nested.text("device", spec.cloud_device, {}, Presence::kRequired,
                "A device with a layer profile of the model.");
    nested.number("load_level", conditions.cloud_load_level, kLoadLevel, Presence::kOptional,
                  "K_cloud: times on the cloud are multiplied by it.");
  });
  visitor.object("edge", conditions.has_edge,
                 "A server between radio and cloud, which all traffic passes.",
                 [&](FieldVisitor& nested) { describe_edge(nested, spec); });
  visitor.text_list("networks", spec.networks, {}, Presence::kRequired,
                    "Radios: see 'papilio radios list'.");
  visitor.number("uplink_bit_per_s", conditions.uplink_bit_per_s, kRateRange,
                 "Rate of the upload, in place of every radio's own; its powers follow.");
  visitor.number("downlink_bit_per_s", conditions.downlink_bit_per_s, kRateRange,
                 "Rate of the download, likewise.");
  visitor.text_list("energy_models", spec.energy_models, {.choices = energy_model_names()},
                    Presence::kOptional,
                    "Readings of the radio's energy: 'stated' is alpha*t + beta, 'throughput-only' "
                    "drops beta and charges the download by the byte.");
  visitor.integer("result_bytes", conditions.result_bytes, kResultBytes,
                  "Bytes of the answer; by default one byte for each output of the network.");
  visitor.boolean("download_takes_time", conditions.download_takes_time, Presence::kOptional,
                  "Whether the answer's transfer is part of the latency.");
  visitor.number(
      "delay_s", conditions.delay_s, kDelay,
      "Propagation delay each way over the radio, on every network; an edge's backhaul has one "
      "of its own.");
  std::vector<NetworkDelay>& delays = conditions.network_delays;
  visitor.object_list("network_delays",
                      {.resize = [&](std::size_t n) { delays.resize(n); },
                       .size = [&] { return delays.size(); },
                       .describe =
                           [&](std::size_t i, FieldVisitor& item) {
                             item.text("network", delays[i].network, {}, Presence::kRequired,
                                       "One of the scenario's networks.");
                             item.number("delay_s", delays[i].delay_s, kDelay, Presence::kRequired,
                                         "Each way, in s.");
                           }},
                      Presence::kOptional, "Propagation delays of single networks.");
  visitor.text("published", spec.published, {}, Presence::kOptional,
               "Published tables to compare with; also gives accuracies and the paper's channels.");
  describe_measurements(visitor, spec.measurements, false);
  describe_calibration_key(visitor, spec.calibration);
  describe_limits(visitor, spec.limits);
  visitor.text_list("profiles", spec.profiles, {}, Presence::kOptional,
                    "Folders of profiles searched before the shipped ones; relative to this file.");
  std::vector<StrategySpec>& strategies = spec.strategies;
  visitor.object_list(
      "strategies",
      {.discriminator = "strategy",
       .variants = strategy_names(),
       .resize = [&](std::size_t n) { strategies.resize(n); },
       .size = [&] { return strategies.size(); },
       .describe =
           [&](std::size_t i, FieldVisitor& item) {
             item.text("strategy", strategies[i].strategy, {.choices = strategy_names()},
                       Presence::kRequired, "Where the layers run.");
             describe_cuts(item, strategies[i]);
           },
       .select = [&](const std::string& variant) { strategies.front().strategy = variant; }},
      Presence::kRequired, "What is evaluated, in the order of the output.");
}

std::string scenario_schema() {
  ScenarioSpec spec;
  nlohmann::ordered_json schema =
      schema_of_fields([&](FieldVisitor& visitor) { describe_scenario(visitor, spec); });
  schema["title"] = "Papilio scenario";
  return schema.dump(2) + "\n";
}

}  // namespace papilio
