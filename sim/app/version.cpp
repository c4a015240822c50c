#include "sim/app/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include "sim/play/engine/simulate.hpp"

namespace papilio {

std::vector<std::pair<std::string, std::string>> library_versions() {
  std::string boost{BOOST_LIB_VERSION};
  std::replace(boost.begin(), boost.end(), '_', '.');
  return {{"SimGrid", simgrid_version()},
          {"libyaml", PAPILIO_LIBYAML_VERSION},
          {"yaml-cpp", PAPILIO_YAML_CPP_VERSION},
          {"Boost", boost},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)},
          {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"compiler", "GCC-compatible " __VERSION__}};
}

}  // namespace papilio
