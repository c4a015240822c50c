#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/random/stream.hpp"
#include "sim/play/fleet/calendar.hpp"
#include "sim/play/fleet/component.hpp"
#include "sim/play/fleet/link.hpp"
#include "sim/play/fleet/model.hpp"
#include "sim/play/fleet/result.hpp"
#include "sim/play/fleet/server.hpp"

namespace papilio {

/// What a link of a fleet is, for those who build it.
struct LinkPlace {
  enum class Kind { kUplink, kDownlink, kBackhaulUp, kBackhaulDown };
  Kind kind;
  std::uint32_t index;  ///< of the link, in its component
  std::uint32_t owner;  ///< position of the cell or server in the model
  std::uint32_t copy;   ///< of the owner, in 0..count-1
  const RateTimeline& rate;
};
using LinkFactory = std::function<std::unique_ptr<Link>(const LinkPlace& place)>;

/// Names of the kinds of resource that samples and means speak of, in their order.
std::vector<std::string> resource_names(const FleetModel& model);

/// How many equal copies each kind of resource has, in the order of `resource_names`.
std::vector<double> resource_copies(const FleetModel& model);

/// What the mobiles of a component share: the links of cells and backhauls, and the servers with
/// their background jobs. Links and servers are numbered within the component.
class Resources {
 public:
  /// @param model     outlives the resources, as does the component
  /// @param seed      of the replication
  /// @param make_link called once a link, in the order of their indices
  /// @param calendar  takes the events of links and servers; outlives the resources
  Resources(const FleetModel& model, const FleetComponent& component, std::uint64_t seed,
            const LinkFactory& make_link, Calendar& calendar);

  [[nodiscard]] Link& link(std::uint32_t link) { return *links_[link]; }
  [[nodiscard]] const Link& link(std::uint32_t link) const { return *links_[link]; }
  [[nodiscard]] std::uint32_t links() const { return static_cast<std::uint32_t>(links_.size()); }
  /// The uplink of one of the component's copies of a cell; its downlink is the next.
  [[nodiscard]] std::uint32_t uplink(std::uint32_t cell, std::uint32_t copy) const;
  /// An edge server's link to (0) or from (1) the cloud, or kNothing where it is unbounded.
  [[nodiscard]] std::uint32_t backhaul(std::uint32_t edge, std::uint32_t direction) const;
  /// Begins a transfer.
  void start(std::uint32_t link, double now, const Flow& flow, double bytes,
             double cap_byte_per_s) {
    links_[link]->start(now, flow, bytes, cap_byte_per_s);
    reschedule(link);
  }
  /// Ends a transfer early. @return the bytes that had been sent
  double abort(std::uint32_t link, double now, const Flow& flow) {
    const double sent = links_[link]->abort(now, flow);
    reschedule(link);
    return sent;
  }
  /// Whether a link's event is its pending one; takes it if so.
  bool take_link_event(const Event& event);
  /// Puts the link's next event on the calendar, if that is earlier than the pending one.
  void reschedule(std::uint32_t link);

  [[nodiscard]] Server& server(std::uint32_t server) { return *servers_[server]; }
  [[nodiscard]] const Server& server(std::uint32_t server) const { return *servers_[server]; }
  [[nodiscard]] std::uint32_t servers() const {
    return static_cast<std::uint32_t>(servers_.size());
  }
  /// One of the component's copies of a server of the model.
  [[nodiscard]] std::uint32_t server_of(std::uint32_t model, std::uint32_t copy) const;
  [[nodiscard]] const ServerModel& model_of(std::uint32_t server) const {
    return model_.servers[server_models_[server]];
  }
  /// A background job arrives at a server, and the next is put on the calendar.
  void play_background(std::uint32_t server, double now);

  /// Of every kind of `resource_names` but the mobiles, up to `now`.
  [[nodiscard]] std::vector<Totals> totals(double now);

 private:
  void make_links(const LinkFactory& make_link);
  void make_servers(std::uint64_t seed);
  void schedule_background(std::uint32_t server, double now);

  const FleetModel& model_;
  const FleetComponent& component_;
  Calendar& calendar_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<double> link_event_s_;       // date of each link's pending event
  std::vector<std::uint32_t> cell_links_;  // [cells] first link: uplink, downlink of copy 0, …
  std::vector<std::uint32_t> backhaul_links_;  // [servers] likewise, or kNothing
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<std::uint32_t> server_models_;  // [servers and their copies] position in the model
  std::vector<std::uint32_t> first_server_;   // [servers of the model] of their copies here
  struct Background {
    Stream arrivals;
    Stream work;
  };
  std::vector<Background> background_;  // [servers and their copies]
};

}  // namespace papilio
