#pragma once

#include <cstdint>

#include "sim/play/fleet/state.hpp"

namespace papilio {

/// The radios of all mobiles, and who is charged for what they draw: the request that a mobile
/// serves, or the time between requests. Cells without a radio machine cost nothing here but the
/// transfers themselves.
class Radios {
 public:
  /// @param fleet outlives the radios
  explicit Radios(FleetState& fleet) : fleet_{fleet} {}

  /// Charges what a radio has drawn by itself up to now.
  void charge(Mobile& mobile, double now, EnergyLedger& ledger) {
    const CellModel& cell = fleet_.cell_of(mobile);
    if (cell.machine) mobile.radio.charge(*cell.machine, now, ledger);
  }
  /// A request wants to send. @return time until its radio is connected, in s
  double connect(Request& request, double now) {
    Mobile& mobile = fleet_.mobile_of(request);
    const CellModel& cell = fleet_.cell_of(mobile);
    return cell.machine ? mobile.radio.connect(*cell.machine, now, request.energy) : 0;
  }

  /// A request's upload begins.
  void begin_upload(Request& request, double now) {
    Mobile& mobile = fleet_.mobile_of(request);
    charge(mobile, now, request.energy);
    mobile.radio.begin_transfer(now);
  }
  /// It ends, whole or not.
  /// @param bytes     that were sent
  /// @param elapsed_s since it began, to more digits than the dates have
  void end_upload(Request& request, double bytes, double elapsed_s, double now);

  /// What must pass before an answer can be sent to a mobile.
  struct Reach {
    SpanKind span;    ///< kListening, kPaging or kAnswerPromotion; kDownlink: nothing
    double length_s;  ///< of that span
  };
  /// An answer for a mobile is in its cell.
  [[nodiscard]] Reach reach(const Mobile& mobile, double now) const;
  /// An idle radio hears that an answer has come, and is promoted to take it.
  /// @return the length of the promotion, in s
  double hear_page(Request& request, double now);
  /// An answer's transfer begins.
  void begin_download(const Request& request, double now) {
    Mobile& mobile = fleet_.mobile_of(request);
    charge(mobile, now, payer(mobile));
    mobile.radio.begin_transfer(now);
  }
  /// It ends, whole or not; parameters as of `end_upload`.
  void end_download(Request& request, double bytes, double elapsed_s, double now);

 private:
  [[nodiscard]] EnergyLedger& payer(Mobile& mobile) {
    return mobile.current == kNothing ? fleet_.between_of(mobile)
                                      : fleet_.requests[mobile.current].energy;
  }
  /// Of a request's answer: what an attempt left behind, its request pays while that lasts.
  [[nodiscard]] EnergyLedger& payer(Request& request);

  FleetState& fleet_;
};

}  // namespace papilio
