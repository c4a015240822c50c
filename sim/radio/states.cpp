#include "sim/radio/states.hpp"

#include <algorithm>
#include <cmath>

namespace papilio {
namespace {

constexpr NumberRange kTime{.min = 0, .max = 1e6};
constexpr NumberRange kWatts{.min = 0, .max = 1e6};

double energy_of(const TailPhase& phase, double elapsed_s) {
  const double base = phase.power.value() * elapsed_s;
  if (phase.cycle <= Seconds{0}) return base;
  const double cycles = std::floor(elapsed_s / phase.cycle.value());
  const double rest = elapsed_s - cycles * phase.cycle.value();
  const double listening = cycles * phase.on.value() + std::min(rest, phase.on.value());
  return base + (phase.on_power - phase.power).value() * listening;
}

}  // namespace

Seconds RadioStates::tail_length() const {
  Seconds length;
  for (const TailPhase& phase : tail) length += phase.duration;
  return length;
}

Joules RadioStates::tail_energy(Seconds elapsed) const {
  double energy_j = 0;
  double left_s = elapsed.value();
  for (const TailPhase& phase : tail) {
    if (left_s <= 0) break;
    energy_j += energy_of(phase, std::min(left_s, phase.duration.value()));
    left_s -= phase.duration.value();
  }
  return Joules{energy_j};
}

Hearing RadioStates::hearing(Seconds elapsed) const {
  /// To the next listening time of a cycle; 0 within one.
  const auto until_on = [](double within_s, Seconds on, Seconds cycle) {
    if (cycle <= Seconds{0}) return 0.0;
    const double in_cycle = std::fmod(within_s, cycle.value());
    return in_cycle < on.value() ? 0.0 : cycle.value() - in_cycle;
  };
  double within_s = elapsed.value();
  for (std::size_t i = 0; i < tail.size(); ++i) {
    const TailPhase& phase = tail[i];
    const double left_s = phase.duration.value() - within_s;
    if (left_s <= 0) {
      within_s = -left_s;
      continue;
    }
    const double wait_s = until_on(within_s, phase.on, phase.cycle);
    if (wait_s < left_s) return {Seconds{wait_s}, false};
    return {Seconds{left_s}, i + 1 == tail.size()};
  }
  return {Seconds{until_on(within_s, idle_on, idle_cycle)}, true};
}

Watts RadioStates::idle_power() const {
  return idle_cycle > Seconds{0} ? idle_on_power * (idle_on / idle_cycle) : Watts{0};
}

RadioDraw RadioStates::draw(Seconds last, Seconds from, Seconds to) const {
  RadioDraw drawn;
  const Seconds end = last + tail_length();
  if (from < end) {
    drawn.tail = tail_energy(to - last) - tail_energy(std::max(Seconds{0}, from - last));
  }
  const Seconds idle = to - std::max(from, end);
  if (idle > Seconds{0}) drawn.idle = idle_power() * idle;
  return drawn;
}

void RadioStates::each_state(Seconds last, Seconds from, Seconds to, const TakeState& take) const {
  Seconds end = last;
  for (const TailPhase& phase : tail) {
    end += phase.duration;
    const Seconds until = std::min(end, to);
    if (until <= from) continue;
    take(phase.name, from, until);
    from = until;
  }
  if (from < to) take("idle", from, to);
}

void RadioStates::describe(FieldVisitor& visitor) {
  describe_provenance(visitor, provenance);
  const auto time = [](FieldVisitor& nested, std::string_view key, Seconds& value,
                       Presence presence, std::string_view doc) {
    double seconds = value.value();
    nested.number(key, seconds, kTime, presence, doc);
    value = Seconds{seconds};
  };
  const auto power = [](FieldVisitor& nested, std::string_view key, Watts& value, Presence presence,
                        std::string_view doc) {
    double watts = value.value();
    nested.number(key, watts, kWatts, presence, doc);
    value = Watts{watts};
  };
  time(visitor, "promotion_s", promotion, Presence::kRequired, "From idle to connected.");
  power(visitor, "promotion_w", promotion_power, Presence::kRequired, "Power of the promotion.");
  visitor.object_list(
      "tail",
      {.resize = [&](std::size_t n) { tail.resize(n); },
       .size = [&] { return tail.size(); },
       .describe =
           [&](std::size_t i, FieldVisitor& item) {
             TailPhase& phase = tail[i];
             item.text("phase", phase.name, {.identifier = true}, Presence::kRequired, "Its name.");
             time(item, "duration_s", phase.duration, Presence::kRequired, "How long it lasts.");
             power(item, "power_w", phase.power, Presence::kRequired,
                   "Power while it does not listen.");
             power(item, "on_w", phase.on_power, Presence::kOptional, "Power while it listens.");
             time(item, "on_s", phase.on, Presence::kOptional,
                  "Listening time at the start of each cycle.");
             time(item, "cycle_s", phase.cycle, Presence::kOptional,
                  "Length of a cycle; 0: it listens throughout.");
           }},
      Presence::kRequired, "Phases after the last transfer, in order.");
  power(visitor, "idle_on_w", idle_on_power, Presence::kOptional,
        "Power while an idle radio listens.");
  time(visitor, "idle_on_s", idle_on, Presence::kOptional, "Listening time of a cycle.");
  time(visitor, "idle_cycle_s", idle_cycle, Presence::kOptional,
       "Length of an idle radio's cycle; 0: it draws nothing.");
}

void RadioStates::add_constants(Described& about) const {
  const auto add = [&](const std::string& key, double value) {
    if (value == 0) return;
    about.constants.emplace_back("states." + key,
                                 Sourced{.value = value, .provenance = provenance});
  };
  add("promotion_s", promotion.value());
  add("promotion_w", promotion_power.value());
  for (const TailPhase& phase : tail) {
    add(phase.name + ".duration_s", phase.duration.value());
    add(phase.name + ".power_w", phase.power.value());
    add(phase.name + ".on_w", phase.on_power.value());
    add(phase.name + ".on_s", phase.on.value());
    add(phase.name + ".cycle_s", phase.cycle.value());
  }
  add("idle_on_w", idle_on_power.value());
  add("idle_on_s", idle_on.value());
  add("idle_cycle_s", idle_cycle.value());
}

}  // namespace papilio
