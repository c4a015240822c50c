#include "sim/play/fleet/radios.hpp"

namespace papilio {

EnergyLedger& Radios::payer(Request& request) {
  if (!request.abandoned) return request.energy;
  const Mobile& mobile = fleet_.mobile_of(request);
  const bool lasts =
      mobile.current != kNothing && fleet_.requests[mobile.current].number == request.number;
  return lasts ? fleet_.requests[mobile.current].energy : fleet_.between_of(mobile);
}

void Radios::end_upload(Request& request, double bytes, double elapsed_s, double now) {
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  const double active_s = mobile.radio.end_transfer(now, request.span_begin_s, elapsed_s);
  request.energy[EnergyPart::kTransmit] += cell.radio.alpha_uplink.value() * bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    request.energy[EnergyPart::kTransmit] += cell.radio.beta.value() * active_s;
  }
}

Radios::Reach Radios::reach(const Mobile& mobile, double now) const {
  const CellModel& cell = fleet_.cell_of(mobile);
  if (!cell.machine || mobile.radio.active()) return {SpanKind::kDownlink, 0};
  if (now < mobile.radio.last_s()) return {SpanKind::kAnswerPromotion, mobile.radio.last_s() - now};
  const Hearing hearing = cell.machine->hearing(Seconds{now - mobile.radio.last_s()});
  return {hearing.idle ? SpanKind::kPaging : SpanKind::kListening, hearing.wait.value()};
}

double Radios::hear_page(Request& request, double now) {
  Mobile& mobile = fleet_.mobile_of(request);
  const RadioMachine& machine = *fleet_.cell_of(mobile).machine;
  if (mobile.radio.active() || mobile.radio.last_s() > request.span_begin_s) {
    // Another attempt has woken the radio meanwhile.
    return mobile.radio.connect(machine, now, payer(mobile));
  }
  mobile.radio.charge(machine, now, payer(mobile));
  return mobile.radio.promote(machine, now, payer(request));
}

void Radios::end_download(Request& request, double bytes, double elapsed_s, double now) {
  Mobile& mobile = fleet_.mobile_of(request);
  const CellModel& cell = fleet_.cell_of(mobile);
  const double active_s = mobile.radio.end_transfer(now, request.span_begin_s, elapsed_s);
  EnergyLedger& ledger = payer(request);
  ledger[EnergyPart::kReceive] += cell.radio.alpha_downlink.value() * bytes;
  if (cell.energy_model == EnergyModel::kStated) {
    ledger[EnergyPart::kReceive] += cell.radio.beta.value() * active_s;
  }
}

}  // namespace papilio
