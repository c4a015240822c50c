#include "sim/scenario/fleet_spec.hpp"

#include <nlohmann/json.hpp>

#include "sim/base/data/column_unit.hpp"
#include "sim/play/fleet/policy.hpp"
#include "sim/radio/radio.hpp"
#include "sim/radio/trace.hpp"
#include "sim/scenario/ranges.hpp"

namespace papilio {
namespace {

constexpr NumberRange kDate{.min = 0, .max = 1e9};
constexpr NumberRange kTime{.min = 0, .max = 1e9, .min_excluded = true};
constexpr NumberRange kCopies{.min = 1, .max = 1e6};
constexpr NumberRange kMobiles{.min = 1, .max = 1e7};
constexpr NumberRange kBytes{.min = 0, .max = 1e12};
constexpr NumberRange kEnergy{.min = 0, .max = 1e9};
constexpr NumberRange kLoad{.min = 0, .max = 1e3};
constexpr NumberRange kFactor{.min = 0, .max = 1e6, .min_excluded = true};
constexpr NumberRange kPriority{.min = -1e6, .max = 1e6};

/// A list of mappings that all have the same keys.
template <class Item, class Describe>
void list(FieldVisitor& visitor, std::string_view key, std::vector<Item>& items, Presence presence,
          std::string_view doc, const Describe& describe) {
  visitor.object_list(
      key,
      {.resize = [&](std::size_t n) { items.resize(n); },
       .size = [&] { return items.size(); },
       .describe = [&](std::size_t i, FieldVisitor& item) { describe(item, items[i]); }},
      presence, doc);
}

void describe_spans(FieldVisitor& visitor, std::string_view key, std::vector<SpanSpec>& spans,
                    bool with_factor, std::string_view doc) {
  list(visitor, key, spans, Presence::kOptional, doc, [&](FieldVisitor& item, SpanSpec& span) {
    item.number("from_s", span.from_s, kDate, Presence::kRequired, "Date of its beginning.");
    item.number("to_s", span.to_s, kDate, Presence::kRequired, "Date of its end.");
    if (with_factor) {
      item.number("factor", span.factor, kFactor, Presence::kRequired,
                  "What service times are multiplied by.");
    }
  });
}

void describe_steps(FieldVisitor& visitor, std::string_view key, std::string_view value,
                    std::vector<StepSpec>& steps, std::string_view doc) {
  list(visitor, key, steps, Presence::kOptional, doc, [&](FieldVisitor& item, StepSpec& step) {
    item.number("from_s", step.from_s, kDate, Presence::kRequired, "Date from which it holds.");
    item.number(value, step.value, kLoad, Presence::kRequired, "What holds from then on.");
  });
}

void describe_variation(FieldVisitor& visitor, std::string_view key, VariationSpec& variation,
                        std::string_view doc) {
  visitor.object(key, variation.present, doc, [&](FieldVisitor& nested) {
    nested.text("distribution", variation.distribution,
                {.choices = {"exponential", "uniform", "lognormal"}}, Presence::kRequired,
                "Distribution of the factor; its mean is 1.");
    nested.number("cv", variation.cv, kFactor,
                  "Coefficient of variation: of uniform (at most 0.577) and lognormal.");
  });
}

void describe_trace_table(FieldVisitor& visitor, TraceTableSpec& table) {
  visitor.text("time", table.time, {}, Presence::kOptional, "Name of the column of times.");
  visitor.text("time_unit", table.time_unit, {.choices = unit_names(UnitKind::kTime)},
               Presence::kOptional,
               "Its unit, where the name does not end in one; s without a header.");
  visitor.text("rate", table.rate, {}, Presence::kOptional, "Name of the column of rates.");
  visitor.text("rate_unit", table.rate_unit, {.choices = unit_names(UnitKind::kRate)},
               Presence::kOptional,
               "Its unit, where the name does not end in one; mbit_per_s without a header.");
  visitor.text("rate_holds", table.rate_holds,
               {.choices = {kSinceRowBeforeName, kUntilNextRowName}}, Presence::kOptional,
               "The time that a row's rate is about; since-row-before by default.");
}

void describe_direction(FieldVisitor& visitor, std::string_view key, DirectionSpec& direction,
                        std::string_view doc) {
  visitor.object(key, direction.present, doc, [&](FieldVisitor& nested) {
    nested.number("rate_bit_per_s", direction.rate_bit_per_s, kRateRange,
                  "Rate that the mobiles share; by default the radio's.");
    nested.text("trace", direction.trace, {}, Presence::kOptional,
                "File of the rate over time: Mahimahi packet deliveries, or a table of times and "
                "rates.");
    nested.object("trace_table", direction.trace_table.present,
                  "What the header of a table of rates does not say.",
                  [&](FieldVisitor& table) { describe_trace_table(table, direction.trace_table); });
    nested.number("cap_bit_per_s", direction.cap_bit_per_s, kRateRange,
                  "The most that one mobile gets.");
  });
}

void describe_cell(FieldVisitor& visitor, CellSpec& cell) {
  visitor.text("name", cell.name, {.identifier = true}, Presence::kRequired, "Unique.");
  visitor.integer("count", cell.count, kCopies, Presence::kOptional,
                  "How many equal cells, which take the mobiles of all groups in turn.");
  visitor.text("radio", cell.radio, {}, Presence::kRequired,
               "Gives the power, and the rates by default: see 'papilio radios list'.");
  visitor.boolean("radio_states", cell.radio_states, Presence::kOptional,
                  "Whether promotion, tail and idle listening are simulated.");
  describe_direction(visitor, "uplink", cell.uplink, "From the mobiles.");
  describe_direction(visitor, "downlink", cell.downlink, "To the mobiles.");
  visitor.number("trace_bin_s", cell.trace_bin_s, kTime, Presence::kOptional,
                 "Pieces that the deliveries of a Mahimahi trace are counted in.");
  visitor.number("trace_offset_s", cell.trace_offset_s, kDate,
                 "Time in the traces at date 0; by default drawn for each cell. Traces loop.");
  visitor.number("delay_s", cell.delay_s, kDate, Presence::kOptional,
                 "Propagation delay to the server, each way.");
  visitor.number("loss", cell.loss, kShareRange, Presence::kOptional,
                 "Probability that a message is lost whole, each way.");
  std::vector<double>& levels = cell.wifi_bit_per_s;
  visitor.object_list(
      "wifi_levels",
      {.resize = [&](std::size_t n) { levels.resize(n, 1); },
       .size = [&] { return levels.size(); },
       .describe =
           [&](std::size_t i, FieldVisitor& item) {
             item.number("rate_bit_per_s", levels[i], kRateRange, Presence::kRequired,
                         "Rate at this level of signal.");
           }},
      Presence::kOptional,
      "Makes it a Wi-Fi cell of SimGrid's model: up- and downlink share the air; rates by signal.");
  describe_spans(visitor, "outages", cell.outages, false, "Times in which nothing moves.");
}

void describe_server(FieldVisitor& visitor, ServerSpec& server) {
  visitor.text("name", server.name, {.identifier = true}, Presence::kRequired, "Unique.");
  visitor.integer("count", server.count, kCopies, Presence::kOptional,
                  "How many equal servers, which take the mobiles of all groups in turn.");
  visitor.text("device", server.device, {}, Presence::kOptional,
               "Gives the layers' times to mobiles that run a model.");
  visitor.integer("gpus", server.gpus, {.min = 1, .max = 65535}, Presence::kOptional,
                  "GPUs behind one queue.");
  visitor.text("discipline", server.discipline, {.choices = {"fifo", "priority"}},
               Presence::kOptional, "Order of the queue.");
  visitor.object("batching", server.batching, "Requests for the same layers computed at once.",
                 [&](FieldVisitor& nested) {
                   nested.integer("size", server.batch_size, {.min = 1, .max = 4096},
                                  Presence::kRequired, "The most in one batch.");
                   nested.number("delay_s", server.batch_delay_s, kDate, Presence::kOptional,
                                 "How long the first of a batch waits for others.");
                   list(nested, "times", server.batch_factors, Presence::kRequired,
                        "Time of a batch by its size; linear between.",
                        [](FieldVisitor& item, ServerSpec::BatchSize& batch) {
                          item.integer("size", batch.size, {.min = 1, .max = 4096},
                                       Presence::kRequired, "Requests in the batch.");
                          item.number("factor", batch.factor, kFactor, Presence::kRequired,
                                      "Its time by that of one request.");
                        });
                 });
  describe_steps(visitor, "load_level", "k", server.load_level,
                 "K_cloud over time: service times are multiplied by it; 1 before the first.");
  visitor.object("background", server.background,
                 "Jobs of others, as a Poisson process, with priority 0.",
                 [&](FieldVisitor& nested) {
                   nested.number("service_s", server.background_s, kTime, Presence::kRequired,
                                 "Mean time of a job.");
                   describe_variation(nested, "variation", server.background_variation,
                                      "Of that time; constant by default.");
                   describe_steps(nested, "load", "load", server.background_load,
                                  "Share of the GPUs' time that they ask for, over time.");
                 });
  describe_spans(visitor, "crashes", server.crashes, false,
                 "Times in which it is down: its queue is lost, and it forwards nothing.");
  describe_spans(visitor, "slow", server.slow, true, "Times in which it is slower.");
  visitor.object("backhaul", server.backhaul, "An edge server's link to the cloud.",
                 [&](FieldVisitor& nested) {
                   nested.number("rate_bit_per_s", server.backhaul_bit_per_s, kRateRange,
                                 "Each way, shared; unbounded by default.");
                   nested.number("delay_s", server.backhaul_delay_s, kDate, Presence::kOptional,
                                 "Propagation delay, each way.");
                 });
}

void describe_task(FieldVisitor& visitor, MobilesSpec::Task& task) {
  visitor.number("mobile_s", task.mobile_s, kDate, Presence::kOptional, "Time on the mobile.");
  visitor.number("mobile_j", task.mobile_j, kEnergy, Presence::kOptional, "Energy of that time.");
  visitor.integer("upload_bytes", task.upload_bytes, kBytes, Presence::kOptional,
                  "What crosses the radio; 0: all is done on the mobile.");
  visitor.number("edge_s", task.edge_s, kDate, Presence::kOptional, "Time on the edge server.");
  visitor.integer("backhaul_bytes", task.backhaul_bytes, kBytes, Presence::kOptional,
                  "What goes on from edge to cloud.");
  visitor.number("server_s", task.server_s, kDate, Presence::kOptional, "Time on the server.");
  visitor.integer("result_bytes", task.result_bytes, kBytes, Presence::kOptional, "The answer.");
  visitor.number("fallback_s", task.fallback_s, kDate,
                 "Time of doing the rest on the mobile, where recovery falls back to it.");
  visitor.number("fallback_j", task.fallback_j, kEnergy, "Energy of that.");
}

void describe_arrivals(FieldVisitor& visitor, MobilesSpec::Arrivals& arrivals) {
  visitor.text("process", arrivals.process,
               {.choices = {"closed-loop", "poisson", "periodic", "trace"}}, Presence::kRequired,
               "How requests come to each mobile.");
  visitor.number("think_s", arrivals.think_s, kTime,
                 "closed-loop: mean time from an answer to the next request.");
  visitor.text("think", arrivals.think, {.choices = {"exponential", "constant"}},
               Presence::kOptional, "closed-loop: distribution of that time (exponential).");
  visitor.integer("requests", arrivals.requests, {.min = 1, .max = 1e9},
                  "closed-loop, poisson, periodic: of each mobile, at most.");
  visitor.number("rate_per_s", arrivals.rate_per_s, kFactor, "poisson: requests per second.");
  visitor.number("period_s", arrivals.period_s, kTime,
                 "periodic: between frames; the first at a random time within a period.");
  visitor.number("jitter_s", arrivals.jitter_s, kDate,
                 "periodic: a frame comes up to this much late; less than the period.");
  visitor.text("file", arrivals.file, {}, Presence::kOptional,
               "trace: table with the dates of the requests, the same for each mobile.");
  visitor.number("deadline_s", arrivals.deadline_s, kTime, "An answer after this latency is late.");
  visitor.text("when_busy", arrivals.when_busy, {.choices = {"queue", "drop"}}, Presence::kOptional,
               "What becomes of a request that finds the mobile busy.");
}

void describe_mobiles(FieldVisitor& visitor, MobilesSpec& mobiles) {
  visitor.text("name", mobiles.name, {.identifier = true}, Presence::kRequired, "Unique.");
  visitor.integer("count", mobiles.count, kMobiles, Presence::kOptional, "How many.");
  visitor.text("cell", mobiles.cell, {}, Presence::kRequired, "One of the cells.");
  visitor.text("server", mobiles.server, {}, Presence::kRequired, "One of the servers.");
  visitor.text("edge", mobiles.edge, {}, Presence::kOptional,
               "One of the servers, which all traffic passes on its way to 'server'.");
  visitor.text("model", mobiles.model, {.identifier = true}, Presence::kOptional,
               "The network they run; else give 'task'.");
  visitor.text("device", mobiles.device, {}, Presence::kOptional,
               "What they are; has a layer profile of the model.");
  visitor.integer("result_bytes", mobiles.result_bytes, kBytes,
                  "Bytes of the answer; by default one byte for each output of the network.");
  visitor.object("task", mobiles.task.present, "What each request asks for, instead of a model.",
                 [&](FieldVisitor& nested) { describe_task(nested, mobiles.task); });
  visitor.object("arrivals", Presence::kRequired, "When requests come.",
                 [&](FieldVisitor& nested) { describe_arrivals(nested, mobiles.arrivals); });
  visitor.integer("overlap", mobiles.overlap, {.min = 0, .max = 10000}, Presence::kOptional,
                  "Requests that may be on their way while the mobile begins the next one.");
  visitor.number("load_level", mobiles.load_level, kFactor, Presence::kOptional,
                 "K_mobile: times and energies on the mobile are multiplied by it.");
  visitor.number("idle_power_w", mobiles.idle_power_w, kPowerRange,
                 "Power while a request waits for radio and servers, in W; by default what the "
                 "device's file or layer table says, else 0.");
  visitor.number("battery_j", mobiles.battery_j, kEnergy,
                 "Capacity; a mobile that has spent it drops its requests.");
  visitor.integer("priority", mobiles.priority, kPriority, Presence::kOptional,
                  "Of its requests at a server; the lowest goes first.");
  visitor.integer("wifi_level", mobiles.wifi_level, {.min = 0, .max = 1e3}, Presence::kOptional,
                  "Position in the cell's wifi_levels.");
  describe_variation(visitor, "service_variation", mobiles.service_variation,
                     "Random factor on each request's server times.");
  describe_variation(visitor, "upload_variation", mobiles.upload_variation,
                     "Random factor on each request's upload.");
  visitor.object("recovery", mobiles.recovery.present, "What a mobile does when no answer comes.",
                 [&](FieldVisitor& nested) {
                   MobilesSpec::Recovery& recovery = mobiles.recovery;
                   nested.number("timeout_s", recovery.timeout_s, kTime, Presence::kRequired,
                                 "From the start of an upload to its answer.");
                   nested.integer("retries", recovery.retries, {.min = 0, .max = 1000},
                                  Presence::kOptional, "Further attempts.");
                   nested.number("backoff_s", recovery.backoff_s, kDate, Presence::kOptional,
                                 "Pause before the first retry; doubles each time.");
                   nested.text("fallback", recovery.fallback, {.choices = {"none", "mobile"}},
                               Presence::kOptional,
                               "mobile: it computes the rest itself at last; none: it fails.");
                 });
}

void describe_fleet_strategy(FieldVisitor& visitor, FleetStrategySpec& spec) {
  // The schema describes each strategy apart.
  const PolicyEntry* policy = find_policy(spec.fixed.strategy);
  visitor.text(
      "strategy", spec.fixed.strategy, {.choices = fleet_strategy_names()}, Presence::kRequired,
      policy != nullptr ? policy->doc : "Where the layers run, or the policy that chooses.");
  if (!is_policy(spec.fixed.strategy)) {
    describe_cuts(visitor, spec.fixed);
    return;
  }
  visitor.text("name", spec.name, {}, Presence::kOptional,
               "What tables call it; needed where the same policy comes twice.");
  visitor.text_list("among", spec.among, {}, Presence::kOptional,
                    "Partitions to choose among, by name; by default all of the scenario's, "
                    "neurosurgeon's without butterfly units.");
  if (!spec.policy) spec.policy = find_policy(spec.fixed.strategy)->make();
  spec.policy->describe(visitor);
}

}  // namespace

const std::vector<std::string>& fleet_strategy_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = strategy_names();
    for (const PolicyEntry& policy : policies()) names.emplace_back(policy.name);
    return names;
  }();
  return kNames;
}

bool is_policy(const std::string& strategy) {
  return find_policy(strategy) != nullptr;
}

void describe_fleet(FieldVisitor& visitor, FleetSpec& spec) {
  visitor.text("kind", spec.kind, {.choices = {"fleet"}}, Presence::kRequired,
               "Many mobiles over time; a scenario without this key is one request a cell.");
  visitor.integer("version", spec.version, {.min = 1, .max = 1}, Presence::kOptional,
                  "Version of this format.");
  visitor.text("name", spec.name, {.identifier = true}, Presence::kRequired,
               "Names the results folder.");
  visitor.text("description", spec.description, {}, Presence::kOptional, "One line for people.");
  visitor.integer("seed", spec.seed, kSeedRange, Presence::kOptional,
                  "Seed of every random number.");
  visitor.number("duration_s", spec.duration_s, kTime,
                 "No request arrives after it; those that have arrived are played to their end.");
  visitor.number("warm_up_s", spec.warm_up_s, kDate, Presence::kOptional,
                 "Requests that arrive before are simulated, not counted.");
  visitor.integer("replications", spec.replications, {.min = 1, .max = 1e5}, Presence::kOptional,
                  "Independent repetitions; with 2 or more they give the confidence intervals.");
  visitor.text("links", spec.links, {.choices = {"queue", "simgrid"}}, Presence::kOptional,
               "queue: exact processor sharing in virtual time; simgrid: SimGrid's solver.");
  visitor.text("energy_model", spec.energy_model, {.choices = energy_model_names()},
               Presence::kOptional, "Reading of the radio's energy: docs/models/radio.md.");
  visitor.text("published", spec.published, {}, Presence::kOptional,
               "Published tables; give the paper's channels.");
  describe_measurements(visitor, spec.measurements, true);
  describe_calibration_key(visitor, spec.calibration);
  describe_limits(visitor, spec.limits);
  visitor.text_list("profiles", spec.profiles, {}, Presence::kOptional,
                    "Folders of profiles searched before the shipped ones; relative to this file.");
  list(visitor, "windows", spec.windows, Presence::kOptional,
       "Stretches of time that are reported by themselves.",
       [](FieldVisitor& item, FleetSpec::WindowSpec& window) {
         item.text("name", window.name, {}, Presence::kRequired, "Unique.");
         item.number("from_s", window.from_s, kDate, Presence::kRequired, "Its beginning.");
         item.number("to_s", window.to_s, kDate, Presence::kRequired, "Its end.");
       });
  list(visitor, "cells", spec.cells, Presence::kRequired, "Radio cells.", describe_cell);
  list(visitor, "servers", spec.servers, Presence::kRequired, "Servers of cloud and edge.",
       describe_server);
  list(visitor, "mobiles", spec.mobiles, Presence::kRequired, "Groups of mobiles that are alike.",
       describe_mobiles);
  std::vector<FleetStrategySpec>& strategies = spec.strategies;
  visitor.object_list(
      "strategies",
      {.discriminator = "strategy",
       .variants = fleet_strategy_names(),
       .resize = [&](std::size_t n) { strategies.resize(n); },
       .size = [&] { return strategies.size(); },
       .describe = [&](std::size_t i,
                       FieldVisitor& item) { describe_fleet_strategy(item, strategies[i]); },
       .select =
           [&](const std::string& variant) {
             strategies.front() = {};
             strategies.front().fixed.strategy = variant;
           }},
      Presence::kOptional,
      "Each is a run of the whole fleet on the same random numbers; needed by mobiles with a "
      "model.");
  visitor.object("output", Presence::kOptional, "What is written beside the tables.",
                 [&](FieldVisitor& nested) {
                   nested.number("timeseries_s", spec.timeseries_s, kDate, Presence::kOptional,
                                 "Interval of timeseries.csv; 0: none.");
                   nested.number("records", spec.records, kShareRange, Presence::kOptional,
                                 "Share of the requests that records.csv holds, the same requests "
                                 "for every strategy; 1: all, 0: none.");
                 });
}

std::string fleet_schema() {
  FleetSpec spec;
  nlohmann::ordered_json schema =
      schema_of_fields([&](FieldVisitor& visitor) { describe_fleet(visitor, spec); });
  schema["title"] = "Papilio fleet";
  return schema.dump(2) + "\n";
}

}  // namespace papilio
