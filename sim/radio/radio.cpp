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
constexpr NumberRange kAlpha{.min = 0, .max = 1};
constexpr NumberRange kPower{.min = 0, .max = 1e6};

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
  bool has_states = false;
  RadioStates states;
  visitor.object("states", has_states, "What the radio does around its transfers.",
                 [&](FieldVisitor& nested) { describe_radio_states(nested, states); });
  if (has_states) profile.states = states;
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
  if (profile.states) {
    bibliography.check(profile.states->provenance, root, "states", diagnostics);
    add_constants(*profile.states, profile.about);
  }
  diagnostics.throw_if_any();
  return profile;
}

}  // namespace papilio
