#include "sim/profiles/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace papilio {

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
  text("calibration_model", "A network whose whole time on the device was measured.");
  number(
      "calibration_latency_s",
      "Of that network; makes a roofline right where there is no table, else is held against it.");
  text("calibration_doubt", "What speaks against that number; told with what follows from it.");
  text("software", "What ran on it, and at which precision.");
  text("relative_speed", "Speed relative to another device, as printed.");
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
  bibliography.check(device, root, diagnostics);
  diagnostics.throw_if_any();
  return device;
}

}  // namespace papilio
