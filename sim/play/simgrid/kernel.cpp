#include "sim/play/simgrid/kernel.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "sim/base/error.hpp"
#include "sim/play/simgrid/module.hpp"

namespace papilio {
namespace {

namespace sg = simgrid::s4u;

// SimGrid's own stacks are the fastest; AddressSanitizer can only follow those of threads.
#ifdef __SANITIZE_ADDRESS__
constexpr const char* kContextFactory = "thread";
#else
constexpr const char* kContextFactory = "raw";
#endif

}  // namespace

std::unique_ptr<sg::Engine> start_kernel(double together_s) {
  static bool started_before = false;
  if (std::exchange(started_before, true)) {
    throw SimulationError{"a process plays one simulation: SimGrid's clock cannot be set back"};
  }
  xbt_log_control_set("root.thresh:warning");
  std::string program{"papilio"};
  std::string contexts{fmt::format("--cfg=contexts/factory:{}", kContextFactory)};
  char* arguments[] = {program.data(), contexts.data(), nullptr};
  int argument_count = 2;
  auto engine = std::make_unique<sg::Engine>(&argument_count, static_cast<char**>(arguments));
  sg::Engine::set_config("network/model:CM02");
  sg::Engine::set_config("network/crosstraffic:0");
  sg::Engine::set_config(fmt::format("surf/precision:{}", together_s));
  return engine;
}

std::string kernel_version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  sg_version_get(&major, &minor, &patch);
  return fmt::format("{}.{}", major, minor);
}

}  // namespace papilio
