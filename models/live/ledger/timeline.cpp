#include <fmt/format.h>

#include "models/live/ledger/ledger.hpp"
#include "sim/base/embedded_json.hpp"
#include "sim/base/trace_events.hpp"

namespace papilio {
namespace {

constexpr std::uint32_t kMobile = 1;
constexpr std::uint32_t kServer = 2;

/// Draws what fills a lane, where it takes any time.
void draw(TraceEvents& events, TraceLane lane, const std::string& name, double from_s,
          double length_s) {
  const Tick from = tick_of(from_s);
  const Tick to = tick_of(from_s + length_s);
  if (to > from) events.slice(lane, json_quoted(name), from, to, length_s);
}

}  // namespace

std::string live_timeline(const LiveRunFacts& facts, const std::vector<LiveRecord>& records) {
  TraceEvents events;
  events.name_process(kMobile, "mobile");
  events.name_process(kServer, "server");
  events.name_lane({kMobile, 1}, "processor");
  events.name_lane({kServer, 1}, "computing");
  for (const LiveRecord& record : records) {
    const std::string name = fmt::format("request {}", record.number);
    // Several may be under way at once: each has its track over the lanes.
    const std::uint64_t id = record.number + 1;
    const std::string track = json_quoted(name);
    events.begin_span(kMobile, id, track, tick_of(record.arrival_s));
    const auto part = [&](const char* what, double from_s, double length_s) {
      const Tick from = tick_of(from_s);
      const Tick to = tick_of(from_s + length_s);
      if (to <= from) return;
      events.begin_span(kMobile, id, json_quoted(what), from);
      events.end_span(kMobile, id, json_quoted(what), to);
    };
    part("queue", record.arrival_s, record.queue_s);
    const bool away = record.batch > 0;
    if (away) {
      double date_s = record.sent_s;
      part("uplink", date_s, record.uplink_s);
      date_s += record.uplink_s;
      part("wait", date_s, record.wait_s);
      date_s += record.wait_s;
      part("service", date_s, record.service_s);
      draw(events, {kServer, 1}, name, date_s, record.service_s);
      part("downlink", date_s + record.service_s, record.downlink_s);
    } else if (record.recovery_s > 0) {
      part("recovery", record.sent_s, record.recovery_s);
    }
    events.end_span(kMobile, id, track, tick_of(record.ended_s));
    if (record.part) {
      draw(events, {kMobile, 1}, name + ", layers before the cut", record.begun_s, record.prefix_s);
      draw(events, {kMobile, 1}, name + ", encode", record.begun_s + record.prefix_s,
           record.encode_s);
    }
    if (record.local_s > 0) {
      draw(events, {kMobile, 1}, name + ", whole network", record.ended_s - record.local_s,
           record.local_s);
    }
  }
  return TraceEvents::begin(
             {{"run", json_quoted(facts.name)}, {"requests", fmt::format("{}", records.size())}}) +
         events.text() + TraceEvents::end();
}

}  // namespace papilio
