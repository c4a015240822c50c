#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sim/base/units/units.hpp"

namespace papilio {

/// Where layers can run, from the mobile outwards.
enum class Tier : std::uint8_t { kMobile, kEdge, kCloud };
/// "mobile", "edge" or "cloud".
std::string_view name(Tier tier);

/// Layers that one tier computes one after another.
struct Compute {
  Tier at{Tier::kMobile};
  Seconds time;   ///< >= 0
  Joules energy;  ///< of the mobile, >= 0; 0 J at the other tiers, whose energy is not modelled

  /// Mean power of the mobile meanwhile; 0 W where the layers take no time.
  [[nodiscard]] Watts power() const { return time > Seconds{0} ? energy / time : Watts{0}; }
};

/// What one tier sends to another: all tensors that cross a cut, or the network's output.
struct Transfer {
  Tier from{Tier::kMobile};
  Tier to{Tier::kCloud};
  Bytes size;          ///< >= 0; a whole number, but for the mean of measured payloads
  bool answer{false};  ///< the network's output on its way to the mobile
  /// Of an answer: who sends it goes on at once, and nothing waits until it has come, as a token
  /// that a decoder will itself read next.
  bool streamed{false};
  /// What both sides do with it beside computing and sending, told with the radio's delay; may be
  /// below 0, where that is less for it. Of transfers from or to the mobile.
  Seconds handling{};
};

/// One step of a request. The steps follow each other without overlap.
using Stage = std::variant<Compute, Transfer>;

/// Whether the mobile sends at a stage.
constexpr bool is_upload(const Stage& stage) {
  const auto* transfer = std::get_if<Transfer>(&stage);
  return transfer != nullptr && transfer->from == Tier::kMobile;
}

/// A list of stages. Up to six stages, which a plan over three tiers has, need no allocation.
using Stages = boost::container::small_vector<Stage, 6>;

/// A network partitioned over tiers, with a price for every part. A plan begins on the mobile; each
/// transfer starts at the tier of the stage before it, and where the last layers run elsewhere the
/// last stage is the answer.
struct Plan {
  std::string name;                ///< what tables call it: "cloud-only", "RB8", "RB1>RB8"
  Stages stages;                   ///< in the order of a request
  std::optional<double> accuracy;  ///< top-1 fraction, where it is known
  std::int64_t tokens{0};          ///< that a decoder generates, one after another; 0: it is none
  std::size_t first_token{0};      ///< of a decoder: the stages up to the one that brings the first
  /// Of the trained numbers that each tier must have stored, by tier; those that a tier's layers
  /// share once.
  std::array<Bytes, 3> weights{};

  /// What a tier must have stored.
  [[nodiscard]] Bytes weights_at(Tier tier) const {
    return weights.at(static_cast<std::size_t>(tier));
  }

  /// What all layers at a tier take together.
  [[nodiscard]] Seconds time_at(Tier tier) const;
  /// What the mobile's own layers take.
  [[nodiscard]] Joules mobile_energy() const;
  /// What all transfers of tensors from one tier to another carry; the answer is not counted.
  [[nodiscard]] Bytes bytes_between(Tier from, Tier to) const;
  /// What the mobile sends for each token of a decoder but the first; 0 B where there is none.
  [[nodiscard]] Bytes upload_per_token() const;
  /// What the mobile sends.
  [[nodiscard]] Bytes upload() const;
  /// Size of the last answer; 0 B where the last layers run on the mobile.
  [[nodiscard]] Bytes answer() const;
};

/// What a codec does to one request.
struct Coding {
  Bytes payload;       ///< in place of the tensor's own size; > 0
  Seconds encode;      ///< quantising and encoding on the mobile; >= 0
  Watts encode_power;  ///< of the mobile in that time; >= 0, or NaN where nobody knows
  Seconds decode;      ///< by the tier that gets the payload; >= 0
};

/// The plan with a codec around its first transfer: the tier that sends also encodes, and the tier
/// that receives also decodes.
/// @param plan with at least one transfer, between two computations
Plan coded(Plan plan, const Coding& coding);

}  // namespace papilio
