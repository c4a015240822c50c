#include "sim/report/format.hpp"

#include <fmt/format.h>

namespace papilio {
namespace {
constexpr double kMilli = 1e3;
}

std::string in_ms(Seconds time) {
  return fmt::format("{:.1f}", time.value() * kMilli);
}
std::string in_mj(Joules energy) {
  return fmt::format("{:.1f}", energy.value() * kMilli);
}

std::string deviation_percent(double simulated, double printed) {
  const std::string text = fmt::format("{:+.1f}", (simulated / printed - 1.0) * 100.0);
  return text == "-0.0" ? "+0.0" : text;
}

std::string accuracy_text(const std::optional<double>& accuracy) {
  return accuracy ? fmt::format("{:.1f} %", *accuracy * 100.0) : std::string{};
}

std::string ratio(double value) {
  return fmt::format("{:.1f}", value);
}

}  // namespace papilio
