#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/radio/timeline.hpp"

namespace papilio {

/// One transfer: the request it belongs to and which of its attempts.
struct Flow {
  std::uint32_t request;
  std::uint32_t generation;
  std::uint32_t level{0};  ///< of the mobile's signal, in a Wi-Fi cell
  /// From its beginning to its end, once it has ended: a duration, which keeps the digits that a
  /// difference of two late dates has lost.
  double elapsed_s{0};
};

/// How much a link has done; integrated at every change.
struct LinkUse {
  double busy_s{0};        ///< time with a flow at least
  double flow_seconds{0};  ///< integral of the number of flows
  double bytes{0};         ///< of the flows that ended, and the part that aborted ones had sent
};

/// A link that its flows share max-min fair: each gets the same rate, but for a cap of its own.
class Link {
 public:
  Link() = default;
  virtual ~Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Begins a transfer.
  /// @param bytes > 0
  /// @param cap_byte_per_s the flow's own limit, > 0, infinite for none
  void start(double now, Flow flow, double bytes, double cap_byte_per_s);
  /// Ends a transfer early. @return the bytes that had been sent
  double abort(double now, Flow flow);

  /// Appends the flows that have ended by `now` to `ended`.
  /// @return `next_date()`
  virtual double advance(double now, std::vector<Flow>& ended) = 0;

  /// Date at which `advance` must be called, or infinity.
  [[nodiscard]] virtual double next_date() const = 0;
  [[nodiscard]] virtual std::uint32_t flows() const = 0;
  [[nodiscard]] virtual const RateTimeline& rate() const = 0;
  /// Use up to `now`.
  const LinkUse& use(double now) {
    integrate(now);
    return use_;
  }

 protected:
  virtual void do_start(double now, Flow flow, double bytes, double cap_byte_per_s) = 0;
  virtual double do_abort(double now, Flow flow) = 0;
  /// To be called with the number of flows still as it was.
  void integrate(double now);
  void carried(double bytes) { use_.bytes += bytes; }

 private:
  LinkUse use_;
  double last_s_{0};
};

/// A link as a queue in virtual time. All flows of one cap get the same rate, so each such class
/// has one clock, the bytes that a flow of it has received so far; a flow ends when the clock
/// reaches the value it began at plus its size. A change of the number of flows changes the clocks'
/// speed and nothing else: O(log n) an event, exact. Source: Parekh and Gallager 1993 (generalised
/// processor sharing); max-min among the caps by water filling.
class SharedLink final : public Link {
 public:
  explicit SharedLink(RateTimeline rate) : rate_{std::move(rate)} {}

  double advance(double now, std::vector<Flow>& ended) override;
  [[nodiscard]] double next_date() const override;
  [[nodiscard]] std::uint32_t flows() const override { return flows_; }
  [[nodiscard]] const RateTimeline& rate() const override { return rate_; }

 private:
  struct Entry {
    double finish;  // value of the class's clock
    double bytes;
    std::uint64_t order;
    Flow flow;  // until it ends, its elapsed_s is its beginning in the busy period
  };
  struct Class {
    double cap_byte_per_s{0};
    double clock{0};  // bytes
    double speed{0};  // bytes/s
    bool due{false};
    boost::container::small_vector<Entry, 1> heap;
  };

  void do_start(double now, Flow flow, double bytes, double cap_byte_per_s) override;
  double do_abort(double now, Flow flow) override;
  /// @param elapsed_s since the last time, to more digits than the dates have
  void run_clocks(double now, double elapsed_s);
  void run_clocks(double now) { run_clocks(now, now - last_s_); }
  void share();
  /// Time from the last change to the end of a class's first flow, or infinity.
  [[nodiscard]] static double left_s(const Class& one);

  RateTimeline rate_;
  // Inside the object, for most links have one class and a flow at a time: in a large fleet each
  // object elsewhere is a fetch from far memory.
  boost::container::small_vector<Class, 1> classes_;  // by rising cap
  double last_s_{0};
  double busy_s_{0};  // since the busy period began: a sum of durations
  double rate_now_{0};
  double change_s_{0};  // when the timeline must be asked again
  std::uint32_t flows_{0};
  std::uint64_t started_{0};
};

}  // namespace papilio
