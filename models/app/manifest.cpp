#include "models/app/manifest.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "models/app/command.hpp"
#include "sim/base/cli/version.hpp"

namespace papilio {
namespace {

std::string utc(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

nlohmann::ordered_json manifest_of(const std::string& verb, const Words& words,
                                   const nlohmann::ordered_json& settings,
                                   const TensorRuntime& runtime,
                                   std::chrono::system_clock::time_point started) {
  nlohmann::ordered_json libraries;
  for (const auto& [name, version] : tensor_library_versions()) libraries[name] = version;
  std::vector<std::string> command{"papilio", verb};
  command.insert(command.end(), words.begin(), words.end());
  return {{"papilio", program_version()},
          {"git_revision", git_revision()},
          {"command", command},
          {"settings", settings},
          {"threads", runtime.threads},
          {"device", runtime.device.str()},
          {"libraries", libraries},
          {"started", utc(started)},
          {"ended", utc(std::chrono::system_clock::now())}};
}

}  // namespace papilio
