#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/trace_events.hpp"
#include "sim/play/fleet/spans.hpp"

namespace papilio {

/// Of what of a fleet's run a timeline is drawn.
struct TraceSample {
  std::uint32_t mobiles{8};                              ///< those with the lowest numbers
  double from_s{0};                                      ///< requests that arrive from this date on
  double to_s{std::numeric_limits<double>::infinity()};  ///< and before this one
  /// After so many events of a component the timeline ends, but for the requests in flight.
  std::uint64_t most_events{std::numeric_limits<std::uint64_t>::max()};
};

/// Which component of a run's is recorded.
struct TracePlace {
  std::size_t strategy{0};  ///< position in the model's
  std::size_t component{0};
  std::size_t components{1};  ///< of the run
};

/// Draws a timeline of a component while that is played: of sampled mobiles, and of the links and
/// servers that serve them. Hands on the text as it goes, and holds no more of it than a piece.
class Recorder final : public SpanSink {
 public:
  using Write = std::function<void(const std::string& text)>;

  /// @param model outlives the recorder
  /// @param write takes pieces of the text, in order; may throw
  Recorder(const FleetModel& model, const TraceSample& sample, const TracePlace& place,
           Write write);

  void begin(const FleetState& fleet) override;
  void leave(const Span& end) override;
  void end(const Request& request, double now) override;
  void batch(std::uint32_t server, std::uint32_t gpu, const std::vector<Job>& jobs,
             double now) override;
  void pass(double now, std::uint64_t ended) override;
  void finish(double now) override;

 private:
  /// A recorded request: its span on the mobile's track, and the last slice of it.
  struct Trail {
    std::uint64_t id{0};
    std::string name;
    TraceLane lane{};
    Tick begun{0};
    bool drawn{false};
  };
  struct SampledMobile {
    const Mobile* mobile{nullptr};  // null: of another component
    std::uint32_t process{0};
    double radio_s{0};  // up to where its radio's lane is drawn
    double last_s{-std::numeric_limits<double>::infinity()};  // end of its last transfer
    double battery{-1};
    bool touched{false};
    std::map<std::uint32_t, Trail> trails;  // by the requests' numbers
  };
  /// A counter of what passes in each second.
  struct Rate {
    std::uint32_t process{0};
    std::string name;
    double amount{0};
    double told{0};
  };
  struct WatchedLink {
    std::uint32_t link{0};
    std::uint32_t process{0};
    std::uint32_t first_lane{0};
    std::string name;
    std::string flows_name;
    std::uint32_t flows{0};
    std::size_t rate{0};        // position in `rates_`
    std::vector<Tick> lanes{};  // where the last slice of each ends
  };
  struct WatchedServer {
    std::uint32_t server{0};
    std::uint32_t process{0};
    std::size_t waiting{0};
    std::vector<bool> named{};  // [GPUs] whether their lane has its name
  };
  struct LastBatch {
    TraceLane lane{};
    Tick begun{0};
    bool drawn{false};
  };

  void watch_mobile(const Mobile& mobile, std::size_t place);
  void watch_link(std::uint32_t link, std::uint32_t process, const std::string& name,
                  std::uint32_t first_lane);
  void watch_server(std::uint32_t server, std::uint32_t process);
  [[nodiscard]] SampledMobile* sampled(std::uint32_t number);
  [[nodiscard]] std::uint64_t next_id();
  [[nodiscard]] bool recorded(const Job& job);

  Trail* trail_of(SampledMobile& mobile, const Span& span);
  void draw_track(const SampledMobile& mobile, const Trail* trail, const Span& span);
  void draw_lane(SampledMobile& mobile, Trail* trail, const Span& span);
  void draw_processor(const SampledMobile& mobile, Trail* trail, const Span& span);
  void draw_flow(std::uint32_t link, const SampledMobile& mobile, Trail* trail, const Span& span);
  void draw_radio(SampledMobile& mobile, const Span& span);
  void fill_radio(SampledMobile& mobile, double until_s);
  void draw_waiting_power(const SampledMobile& mobile, const Span& span);
  void go_on(Trail* trail, TraceLane lane, Tick begins);
  void count_bytes(const Span& span);
  void tell_rates(double now);
  void tell_counters(double now);
  void tell_batteries(double now);
  void close(double now);
  void hand_on(std::size_t least);

  const FleetModel& model_;
  TraceSample sample_;
  TracePlace place_;
  Write write_;
  TraceEvents events_;
  const FleetState* fleet_{nullptr};
  std::uint32_t process_{0};  // of the component
  std::uint64_t ids_{0};
  std::vector<SampledMobile> mobiles_;
  std::vector<WatchedLink> links_;
  std::vector<std::uint32_t> place_of_link_;  // [links] in `links_`, or kNothing
  std::vector<WatchedServer> servers_;
  std::vector<std::uint32_t> place_of_server_;
  std::vector<Rate> rates_;  // the first: requests
  std::uint64_t ended_{0};
  double second_s_{0};  // the one that `rates_` are of
  LastBatch last_batch_;
  bool open_{true};
  double closed_s_{std::numeric_limits<double>::infinity()};
};

}  // namespace papilio
