#include "sim/python/child.hpp"

#include <pthread.h>
#include <pybind11/pybind11.h>

#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "sim/base/embedded_json.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

using Json = nlohmann::ordered_json;

// Whether this thread holds the lock.
thread_local bool holds_lock = false;

std::mutex& plain_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// A process that Python forks, as multiprocessing does, must not begin with a lock that a thread
/// holds which it does not have. A child of `in_child` needs no lock.
std::mutex& work_mutex() {
  static const int kRegistered = ::pthread_atfork(
      [] {
        if (!holds_lock) plain_mutex().lock();
      },
      [] {
        if (!holds_lock) plain_mutex().unlock();
      },
      [] {
        if (!holds_lock) plain_mutex().unlock();
      });
  static_cast<void>(kRegistered);
  return plain_mutex();
}

// How the work ended: the first byte of what the child hands back.
constexpr char kDone = 'D';
constexpr char kConfigError = 'C';
constexpr char kSimulationError = 'S';
constexpr char kDefect = 'I';

std::string error_bytes(char kind, const std::exception& error,
                        const std::vector<ErrorPlace>& places = {}) {
  Json json{{"text", error.what()}, {"places", Json::array()}};
  for (const ErrorPlace& place : places) {
    json["places"].push_back({place.file, place.line, place.column, place.key, place.message});
  }
  return kind + json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// In the child: its errors become bytes, which keep their kinds.
std::string outcome_of(const std::function<Packed(const Workers::Send&)>& work,
                       const Workers::Send& send) {
  // Here a defect may abort, with its message on stderr, as it does in the child's own workers.
  set_defect_handler(nullptr);
  try {
    return kDone + joined(work(send));
  } catch (const LocatedError& error) {
    return error_bytes(kConfigError, error, error.places());
  } catch (const ConfigError& error) {
    return error_bytes(kConfigError, error);
  } catch (const WorkerLost& error) {
    return error_bytes(kDefect, error);
  } catch (const SimulationError& error) {
    return error_bytes(kSimulationError, error);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return error_bytes(kDefect, error);
  }
}

[[noreturn]] void rethrow(char kind, const std::string& bytes) {
  const Json json = parsed_json(bytes);
  if (json.is_discarded()) throw Defect{"a child process died while it told of an error"};
  const auto text = json.at("text").get<std::string>();
  if (kind == kSimulationError) throw SimulationError{text};
  if (kind != kConfigError) throw Defect{text};
  std::vector<ErrorPlace> places;
  places.reserve(json.at("places").size());
  for (const Json& place : json.at("places")) {
    places.push_back({.file = place.at(0).get<std::string>(),
                      .line = place.at(1).get<std::size_t>(),
                      .column = place.at(2).get<std::size_t>(),
                      .key = place.at(3).get<std::string>(),
                      .message = place.at(4).get<std::string>()});
  }
  if (places.empty()) throw ConfigError{text};
  throw LocatedError{text, std::move(places)};
}

/// What a child that ended handed back.
Packed result_of(const Workers::Ended& ended) {
  if (ended.how != Workers::Ended::How::kDone) throw Defect{ended.bytes};
  Packed packed;
  if (ended.bytes.empty()) throw Defect{"a child process died before it handed anything back"};
  const char kind = ended.bytes.front();
  const std::string rest = ended.bytes.substr(1);
  if (kind != kDone) rethrow(kind, rest);
  if (!split(rest, packed)) throw Defect{"a child process died while it handed its results back"};
  return packed;
}

}  // namespace

OneAtATime::OneAtATime() {
  work_mutex().lock();
  holds_lock = true;
}

OneAtATime::~OneAtATime() {
  holds_lock = false;
  work_mutex().unlock();
}

Packed in_child(const std::function<Packed(const Workers::Send&)>& work,
                const ChildOptions& options) {
  Workers workers{1};
  {
    const pybind11::gil_scoped_release release;
    const OneAtATime only;
    workers.start(0, [&](const Workers::Send& send) { return outcome_of(work, send); });
  }
  while (true) {
    Workers::News news;
    {
      const pybind11::gil_scoped_release release;
      news = workers.wait();
    }
    if (options.on_tick) options.on_tick();
    for (const Workers::Part& part : news.parts) {
      if (options.on_part) options.on_part(part.bytes);
    }
    if (!news.ended.empty()) return result_of(news.ended.front());
  }
}

}  // namespace papilio
