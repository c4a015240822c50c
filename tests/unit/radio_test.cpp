// Claim: the shipped radios give the powers that Table III implies.

#include "sim/radio/radio.hpp"

#include <gtest/gtest.h>

namespace papilio {
namespace {

Radio shipped(const char* name) {
  const ProfileLibrary library{{shipped_profiles()}};
  return load_radio(library, Bibliography{library}, name).radio;
}

TEST(Radio, PowersFollowTableIII) {
  // P_u = α_u·t_u + β: 868.98 mW/(Mbit/s) · 1.1 Mbit/s + 817.88 mW, and so on.
  EXPECT_NEAR(shipped("3g").uplink_power().value(), 1.77376, 5e-6);
  EXPECT_NEAR(shipped("4g").uplink_power().value(), 3.85262, 5e-6);
  EXPECT_NEAR(shipped("wifi").uplink_power().value(), 5.47911, 5e-6);
  // P_d = α_d·t_d + β: 122.12 · 2.0275 + 817.88.
  EXPECT_NEAR(shipped("3g").downlink_power().value(), 1.06548, 5e-6);
  EXPECT_DOUBLE_EQ(shipped("3g").uplink.value(), 137500);
}

TEST(EnergyModel, NamesRoundTrip) {
  for (const std::string& text : energy_model_names()) {
    EXPECT_EQ(name(energy_model_by_name(text)), text);
  }
  EXPECT_THROW(energy_model_by_name("measured"), std::invalid_argument);
}

}  // namespace
}  // namespace papilio
