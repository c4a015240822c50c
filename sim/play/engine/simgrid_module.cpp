#include "sim/play/engine/simgrid_module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "sim/base/data/installation.hpp"
#include "sim/base/error.hpp"
#include "sim/play/engine/batch.hpp"

namespace papilio {
namespace {

[[noreturn]] void refuse_module(const std::string& file) {
  const char* problem = ::dlerror();
  throw ConfigError{fmt::format(
      "papilio: error: cannot load '{}', which simulates: {}; build or install Papilio again", file,
      problem == nullptr ? "it is another version's" : problem)};
}

const SimGridModule& load_module() {
  const std::string file = shipped_module("papilio-simgrid.so").string();
  // It stays loaded for as long as the process lives.
  void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) refuse_module(file);
  void* entry = ::dlsym(module, kSimGridModuleEntry);
  if (entry == nullptr) refuse_module(file);
  return *reinterpret_cast<const SimGridModule* (*)()>(entry)();
}

}  // namespace

const SimGridModule& simgrid_module() {
  static const SimGridModule& module = load_module();
  return module;
}

std::vector<PlayedRequest> play_batch(std::span<const World> worlds) {
  return simgrid_module().play_batch(worlds);
}

void play_fleet(const FleetTask& task, const FleetListener& listener) {
  simgrid_module().play_fleet(task, listener);
}

std::string simgrid_version() {
  return simgrid_module().version();
}

}  // namespace papilio
