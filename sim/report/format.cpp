#include "sim/report/format.hpp"

namespace papilio {
namespace {
constexpr double kMilli = 1e3;
}

TableCell in_ms(Seconds time, std::string_view unit) {
  return decimals(time.value() * kMilli, 1, unit);
}
TableCell in_mj(Joules energy, std::string_view unit) {
  return decimals(energy.value() * kMilli, 1, unit);
}

TableCell deviation_percent(double simulated, double printed) {
  return signed_decimals((simulated / printed - 1.0) * 100.0, 1);
}

TableCell accuracy_cell(const std::optional<double>& accuracy) {
  return accuracy ? in_percent(*accuracy, 1) : none();
}

TableCell accuracy_cell(const std::optional<double>& accuracy, bool exact) {
  return exact && !accuracy ? none("no loss") : accuracy_cell(accuracy);
}

TableCell ratio(double value) {
  return decimals(value, 1);
}

}  // namespace papilio
