#include "sim/profiles/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace papilio {
namespace {

constexpr double kThousandth = 1e-3;

void describe_part(FieldVisitor& visitor, StatedTotal::Part& part) {
  visitor.text("to", part.to, {}, Presence::kRequired, "The last layer of the part.");
  visitor.number("latency_s", part.latency_s, kPositive, Presence::kRequired,
                 "Time of the part's layers.");
  visitor.number("energy_j", part.energy_j, kPositive, "Energy of the part's layers.");
}

void describe_total(FieldVisitor& visitor, StatedTotal& total) {
  visitor.text("model", total.model, {}, Presence::kRequired, "The network.");
  visitor.number("latency_s", total.latency_s, kPositive, Presence::kRequired,
                 "Time of the whole network.");
  visitor.number("energy_j", total.energy_j, kPositive, "Energy of the whole network.");
  describe_provenance(visitor, total.provenance);
  std::vector<StatedTotal::Part>& parts = total.parts;
  visitor.object_list(
      "parts",
      {.resize = [&](std::size_t n) { parts.resize(n); },
       .size = [&] { return parts.size(); },
       .describe = [&](std::size_t i, FieldVisitor& item) { describe_part(item, parts[i]); }},
      Presence::kOptional, "Of its first layers, part by part, where that is known.");
  visitor.text("doubt", total.doubt, {}, Presence::kOptional,
               "What speaks against the number; told with what follows from it.");
}

std::string amount_text(double latency_s, const std::optional<double>& energy_j) {
  std::string text = fmt::format("{:.6g} ms", latency_s / kThousandth);
  if (energy_j) text += fmt::format(", {:.6g} mJ", *energy_j / kThousandth);
  return text;
}

/// As one line of a table: "alexnet: 14.5 ms (up to pool2: 1.05 ms)".
std::string text_of(const StatedTotal& total) {
  std::string text =
      fmt::format("{}: {}", total.model, amount_text(total.latency_s, total.energy_j));
  for (const StatedTotal::Part& part : total.parts) {
    text += fmt::format("; up to {}: {}", part.to, amount_text(part.latency_s, part.energy_j));
  }
  return total.doubt.empty() ? text : fmt::format("{}; doubt: {}", text, total.doubt);
}

/// The parts of a total leave something for the layers behind them.
void check_parts(const StatedTotal& total, const Node& root, const std::string& path,
                 Diagnostics& diagnostics) {
  const auto error = [&](std::string_view message) {
    diagnostics.error(mark_of(root, path), path, message);
  };
  double latency_s = 0;
  double energy_j = 0;
  for (const StatedTotal::Part& part : total.parts) {
    if (part.energy_j.has_value() != total.energy_j.has_value()) {
      error(
          fmt::format("the part up to '{}' and the whole have energies, or neither; add the "
                      "one that is missing, or remove the other",
                      part.to));
      return;
    }
    latency_s += part.latency_s;
    energy_j += part.energy_j.value_or(0);
  }
  if (latency_s >= total.latency_s || (total.energy_j && energy_j >= *total.energy_j)) {
    error("the parts leave nothing of the whole for the layers behind them; check the numbers");
  }
}

}  // namespace

void describe_device_file(FieldVisitor& visitor, Device& device) {
  visitor.text("title", device.title, {}, Presence::kRequired, "One line for people.");
  // Described anew in the keys' order, from what stands there if it is being written.
  const auto before = std::exchange(device.constants, {});
  const auto standing = [&](std::string_view key) {
    const auto it = std::find_if(before.begin(), before.end(),
                                 [&](const auto& constant) { return constant.first == key; });
    return it == before.end() ? Sourced{} : it->second;
  };
  const auto keep = [&](std::string_view key, const Sourced& constant) {
    if (constant.has_value()) device.constants.emplace_back(key, constant);
  };
  const auto text = [&](std::string_view key, std::string_view doc) {
    Sourced constant = standing(key);
    describe_sourced_text(visitor, key, constant, doc);
    keep(key, constant);
  };
  const auto number = [&](std::string_view key, std::string_view doc) {
    Sourced constant = standing(key);
    describe_sourced_number(visitor, key, constant, kPositive, Presence::kOptional, doc);
    keep(key, constant);
  };
  text("gpu", "Graphics processor.");
  text("cpu", "Central processor.");
  text("memory", "Main or graphics memory, as printed.");
  number("memory_byte_per_s", "Peak memory bandwidth.");
  number("peak_fp32_flop_per_s", "Peak rate in single precision, a multiply-add being two.");
  number("peak_fp16_flop_per_s", "Peak rate in half precision, dense, a multiply-add being two.");
  number("launch_overhead_s", "Time that a layer takes which computes nothing.");
  number("idle_power_w", "Power while nothing is computed.");
  number("peak_power_w", "Greatest power of the part that computes: of a board, or of a module.");
  text("software", "What ran on it, and at which precision.");
  text("relative_speed", "Speed relative to another device, as printed.");
  std::vector<StatedTotal>& totals = device.totals;
  visitor.object_list(
      "totals",
      {.resize = [&](std::size_t n) { totals.resize(n); },
       .size = [&] { return totals.size(); },
       .describe = [&](std::size_t i, FieldVisitor& item) { describe_total(item, totals[i]); }},
      Presence::kOptional,
      "What whole networks take. The first that is not recalled makes a roofline "
      "right where no table does; each other one is held against predictions.");
}

std::optional<Sourced> find_constant(const Device& device, std::string_view key) {
  const auto it = std::find_if(device.constants.begin(), device.constants.end(),
                               [&](const auto& constant) { return constant.first == key; });
  if (it == device.constants.end()) return std::nullopt;
  return it->second;
}

std::optional<IdlePower> idle_power_of(const Device* device, const LayerProfile& profile) {
  if (device != nullptr) {
    if (const std::optional<Sourced> stated = find_constant(*device, "idle_power_w")) {
      return IdlePower{*stated->value,
                       fmt::format("{}'s file ({})", device->name, to_string(stated->provenance))};
    }
  }
  if (profile.conditions && profile.conditions->idle_power_w) {
    return IdlePower{*profile.conditions->idle_power_w,
                     fmt::format("the layer table {}/{} ({})", profile.device, profile.model,
                                 profile.conditions->power_from)};
  }
  return std::nullopt;
}

Device load_device(const ProfileLibrary& library, const Bibliography& bibliography,
                   std::string_view name) {
  const Node root = load_yaml(library.path_by_name("devices", name).string());
  Diagnostics diagnostics;
  Device device;
  device.name = name;
  read_fields(
      root, [&](FieldVisitor& visitor) { describe_device_file(visitor, device); }, diagnostics);
  for (std::size_t i = 0; i < device.totals.size(); ++i) {
    const StatedTotal& total = device.totals[i];
    const std::string path = fmt::format("totals.{}", i);
    check_parts(total, root, path, diagnostics);
    device.constants.emplace_back(path,
                                  Sourced{.text = text_of(total), .provenance = total.provenance});
  }
  bibliography.check(device, root, diagnostics);
  diagnostics.throw_if_any();
  return device;
}

}  // namespace papilio
