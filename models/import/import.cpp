#include "models/import/import.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "models/confined/confined.hpp"
#include "models/import/check.hpp"
#include "models/import/handover.hpp"
#include "models/import/onnx.hpp"
#include "models/import/opaque_plan.hpp"
#include "models/import/torchscript.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// ImageNet's.
constexpr TensorShape kUsualInput{3, 224, 224};

/// Whether a library's words are of memory that it did not get: LibTorch's, the C++ library's, or
/// OpenCV's.
bool lacks_memory(std::string_view words) {
  const auto has = [&](std::string_view part) { return words.find(part) != words.npos; };
  return has("can't allocate memory") || has("std::bad_alloc") || has("Insufficient memory");
}

ImportedNetwork read_and_check(const ImportRequest& request) {
  const ImportCheck none{.why_not = "--no-check"};
  if (boost::iequals(request.file.extension().string(), ".onnx")) {
    std::optional<TensorShape> shape;
    const bool of_first_alone = request.inputs.size() <= 1 &&
                                (request.inputs.empty() ||
                                 (request.inputs[0].name.empty() && request.inputs[0].batch == 0 &&
                                  !request.inputs[0].whole && !request.inputs[0].alone));
    if (!of_first_alone) {
      throw ConfigError{
          fmt::format("{}: error: an ONNX file states its inputs; --input takes another size of "
                      "the first alone, "
                      "as 3x224x224",
                      request.file.string())};
    }
    if (!request.inputs.empty()) shape = request.inputs.front().shape;
    OnnxNetwork network = import_onnx(request.file, shape, request.name, request.opaque);
    network.graph.add_note(to_string(request.check ? check_onnx(request.file, network) : none));
    return {std::move(network.graph), std::move(network.weights)};
  }
  std::vector<NamedInput> inputs = request.inputs;
  if (inputs.empty()) inputs.push_back({.name = {}, .shape = kUsualInput});
  ImportedNetwork network = import_torchscript(request.file, inputs, request.name, request.opaque);
  const ImportCheck check = request.check ? check_torchscript(request.file, network, inputs) : none;
  network.graph.add_note(to_string(check));
  return network;
}

/// What the child does.
std::string bytes_of_network(const ImportRequest& request) {
  try {
    return handover(read_and_check(request));
  } catch (const ConfigError& error) {
    if (lacks_memory(error.what())) throw std::bad_alloc{};
    throw;
  }
}

std::uint64_t memory_bytes(double gib) {
  constexpr double kGib = 1U << 30;
  const double machine =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return static_cast<std::uint64_t>(std::min(gib * kGib, machine));
}

/// Why there is no network, and what to do.
std::string remedy_for(const ConfinedFailure& failure) {
  const std::string what = failure.what();
  switch (failure.kind()) {
    case ConfinedFailure::Kind::kTime:
      return "reading and checking it " + what +
             " and was stopped; nothing was written. If its network needs that, give it more with "
             "--time-limit SECONDS";
    case ConfinedFailure::Kind::kMemory:
      return "reading and checking it " + what +
             " and was stopped; nothing was written. If its network needs that, give it more with "
             "--memory-limit GIB";
    case ConfinedFailure::Kind::kCrashed:
      return "what reads it " + what +
             "\nThe file is damaged, or made to do harm, which was kept from it; nothing was "
             "written. Save the network anew";
    case ConfinedFailure::Kind::kNoWalls:
      return "a network's file can do harm when it is read, and this system cannot keep it from "
             "that (" +
             what +
             "); import it on a Linux that has seccomp, or with --trust if you made it yourself";
  }
  return what;
}

}  // namespace

std::string opaque_file_of(const ImportedNetwork& network, const std::filesystem::path& archive) {
  return opaque_file(network.opaque, bytes_of_file(archive));
}

ImportedNetwork import_network(const ImportRequest& request) {
  const std::string file = request.file.string();
  // In this process, for threads do not outlive a fork; one is enough, and as many on each machine.
  set_operation_threads(1);
  std::string bytes;
  try {
    bytes = run_confined([&] { return bytes_of_network(request); },
                         {.seconds = request.seconds,
                          .memory_bytes = memory_bytes(request.memory_gib),
                          .answer_bytes = memory_bytes(request.memory_gib),  // the weights
                          .readable = {request.file},
                          .confined = !request.trusted,
                          .stop_requested = request.stop_requested});
  } catch (const ConfinedFailure& failure) {
    throw ConfigError{fmt::format("{}: error: {}", file, remedy_for(failure))};
  }
  try {
    return take_over(bytes, request.name);
  } catch (const ConfigError& error) {
    throw ConfigError{
        fmt::format("{}: error: the network made of it is none that a file can hold; rename its "
                    "modules, or save "
                    "it anew: {}",
                    file, error.what())};
  }
}

}  // namespace papilio
