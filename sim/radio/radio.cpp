#include "sim/radio/radio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace papilio {

std::string_view name(EnergyModel model) {
  return energy_model_names()[static_cast<std::size_t>(model)];
}

const std::vector<std::string>& energy_model_names() {
  static const std::vector<std::string> kNames{"stated", "throughput-only"};
  return kNames;
}

EnergyModel energy_model_by_name(std::string_view name) {
  const std::vector<std::string>& names = energy_model_names();
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) {
    throw std::invalid_argument{fmt::format("unknown energy model '{}'", name)};
  }
  return static_cast<EnergyModel>(it - names.begin());
}

namespace {

// Wide enough for any radio, and narrow enough that times and energies stay exact.
constexpr NumberRange kRate{.min = 1, .max = 1e15};
constexpr NumberRange kKnownRate{.min = 0, .max = 1e15};
constexpr NumberRange kAlpha{.min = 0, .max = 1};
constexpr NumberRange kPower{.min = 0, .max = 1e6};

void describe_known_rates(FieldVisitor& visitor, KnownRates& known) {
  describe_provenance(visitor, known.provenance);
  const auto rate = [&](std::string_view key, BytesPerSecond& value, Presence presence,
                        std::string_view doc) {
    constexpr double kBits = 8;
    double number = value.value() * kBits;
    visitor.number(key, number, kKnownRate, presence, doc);
    value = bits_per_second(number);
  };
  rate("least_uplink_bit_per_s", known.least_uplink, Presence::kOptional, "Of the upload.");
  rate("most_uplink_bit_per_s", known.most_uplink, Presence::kRequired, "Of the upload.");
  rate("least_downlink_bit_per_s", known.least_downlink, Presence::kOptional, "Of the download.");
  rate("most_downlink_bit_per_s", known.most_downlink, Presence::kRequired, "Of the download.");
}

void add_constants(const KnownRates& known, Described& about) {
  const auto add = [&](std::string_view key, BytesPerSecond value) {
    constexpr double kBits = 8;
    if (value.value() == 0) return;
    about.constants.emplace_back(
        fmt::format("known_rates.{}", key),
        Sourced{.value = value.value() * kBits, .provenance = known.provenance});
  };
  add("least_uplink_bit_per_s", known.least_uplink);
  add("most_uplink_bit_per_s", known.most_uplink);
  add("least_downlink_bit_per_s", known.least_downlink);
  add("most_downlink_bit_per_s", known.most_downlink);
}

}  // namespace

void describe_radio_file(FieldVisitor& visitor, RadioProfile& profile) {
  Described& about = profile.about;
  Radio& radio = profile.radio;
  visitor.text("title", about.title, {}, Presence::kRequired, "One line for people.");
  about.constants.clear();
  const auto constant = [&](std::string_view key, NumberRange range, std::string_view doc) {
    about.constants.emplace_back(key, Sourced{});
    Sourced& sourced = about.constants.back().second;
    describe_sourced_number(visitor, key, sourced, range, Presence::kRequired, doc);
    return sourced.value.value_or(1);
  };
  radio.uplink =
      bits_per_second(constant("uplink_bit_per_s", kRate, "Goodput from mobile to cloud."));
  radio.downlink =
      bits_per_second(constant("downlink_bit_per_s", kRate, "Goodput from cloud to mobile."));
  radio.alpha_uplink = joules_per_bit(
      constant("alpha_uplink_j_per_bit", kAlpha,
               "Transmit power per throughput: W per bit/s (1 mW per Mbit/s is 1e-9)."));
  radio.alpha_downlink = joules_per_bit(
      constant("alpha_downlink_j_per_bit", kAlpha, "Receive power per throughput: W per bit/s."));
  radio.beta = Watts{constant("beta_w", kPower, "Power of the active radio at no throughput.")};
  bool has_known = false;
  KnownRates known;
  visitor.object("known_rates", has_known,
                 "Rates at which the power coefficients are known to hold.",
                 [&](FieldVisitor& nested) { describe_known_rates(nested, known); });
  if (has_known) radio.known = known;
  for (const RadioMachineEntry& entry : radio_machines()) {
    bool present = false;
    const std::shared_ptr<RadioMachine> machine = entry.make();
    visitor.object(entry.key, present, entry.doc,
                   [&](FieldVisitor& nested) { machine->describe(nested); });
    if (!present) continue;
    profile.machine = machine;
    profile.machine_key = entry.key;
  }
}

RadioProfile load_radio(const ProfileLibrary& library, const Bibliography& bibliography,
                        std::string_view name) {
  const Node root = load_yaml(library.path_by_name("radios", name).string());
  Diagnostics diagnostics;
  RadioProfile profile;
  profile.about.name = profile.radio.name = name;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_radio_file(visitor, profile); }, diagnostics);
  bibliography.check(profile.about, root, diagnostics);
  if (const std::optional<KnownRates>& known = profile.radio.known) {
    bibliography.check(known->provenance, root, "known_rates", diagnostics);
    const auto in_order = [&](const std::string& way, BytesPerSecond least, BytesPerSecond most) {
      if (least <= most) return;
      const std::string key = fmt::format("known_rates.least_{}_bit_per_s", way);
      diagnostics.error(mark_of(root, key), key,
                        fmt::format("must not be above most_{}_bit_per_s", way));
    };
    in_order("uplink", known->least_uplink, known->most_uplink);
    in_order("downlink", known->least_downlink, known->most_downlink);
    add_constants(*known, profile.about);
  }
  std::string machine;
  for (const RadioMachineEntry& entry : radio_machines()) {
    const Node::Entry* found = root.find(entry.key);
    if (found == nullptr) continue;
    if (!machine.empty()) {
      diagnostics.error(
          found->value.mark, std::string{entry.key},
          fmt::format("a radio has one machine, and this one has '{}'; remove one", machine));
    }
    machine = entry.key;
  }
  if (profile.machine) {
    bibliography.check(profile.machine->source(), root, profile.machine_key, diagnostics);
    profile.machine->add_constants(profile.about);
  }
  for (const auto& [key, constant] : profile.about.constants) {
    if (is_assumed(constant.provenance)) profile.radio.assumed.push_back(key);
  }
  diagnostics.throw_if_any();
  return profile;
}

}  // namespace papilio
