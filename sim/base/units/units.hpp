#pragma once

#include <compare>

/// Strong quantities in SI units. A `Quantity` compiles to the same instructions as a `double`;
/// only the products and ratios that have a physical meaning here exist, so a swapped argument or a
/// forgotten factor 8 does not compile. `tests/compile_fail` shows what is rejected.
namespace papilio {

/// A number with a dimension, told apart by `Tag`. Any finite or infinite value is allowed; the
/// functions that take one state their range.
template <class Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_{value} {}

  /// The number in the SI unit that the alias names.
  [[nodiscard]] constexpr double value() const { return value_; }

  // clang-tidy 14 takes the 0 that a defaulted <=> compares with for a pointer.
  constexpr auto operator<=>(const Quantity&) const = default;  // NOLINT(modernize-use-nullptr)

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity{a.value_ + b.value_};
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity{a.value_ - b.value_};
  }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity{a.value_ * k}; }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity{k * a.value_}; }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity{a.value_ / k}; }
  /// Ratio of two quantities of one kind: a plain number.
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }

 private:
  double value_{0.0};
};

using Seconds = Quantity<struct SecondsTag>;
using Joules = Quantity<struct JoulesTag>;
using Watts = Quantity<struct WattsTag>;
using Bytes = Quantity<struct BytesTag>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag>;
using JoulesPerByte = Quantity<struct JoulesPerByteTag>;

constexpr Joules operator*(Watts power, Seconds time) {
  return Joules{power.value() * time.value()};
}
constexpr Joules operator*(JoulesPerByte cost, Bytes size) {
  return Joules{cost.value() * size.value()};
}
constexpr Watts operator*(JoulesPerByte cost, BytesPerSecond rate) {
  return Watts{cost.value() * rate.value()};
}
constexpr Watts operator/(Joules energy, Seconds time) {
  return Watts{energy.value() / time.value()};
}
constexpr Seconds operator/(Bytes size, BytesPerSecond rate) {
  return Seconds{size.value() / rate.value()};
}

/// A rate printed in bit/s, as radios are, in bytes per second.
constexpr BytesPerSecond bits_per_second(double bits) {
  return BytesPerSecond{bits / 8.0};
}

/// A cost per bit in J/bit, which is the same as W per bit/s, as a cost per byte.
constexpr JoulesPerByte joules_per_bit(double joules) {
  return JoulesPerByte{joules * 8.0};
}

}  // namespace papilio
