#include "models/import/opaque_layer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/confined/confined.hpp"
#include "models/import/layer_list.hpp"
#include "models/import/opaque_part.hpp"
#include "models/import/opaque_plan.hpp"
#include "models/import/wire.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/error.hpp"

namespace papilio {
namespace {

std::string_view bytes_of_floats(const at::Tensor& numbers) {
  return {reinterpret_cast<const char*>(numbers.data_ptr<float>()),
          static_cast<std::size_t>(numbers.numel()) * sizeof(float)};
}

at::Tensor floats_of_bytes(std::string_view bytes, const std::vector<std::int64_t>& sizes) {
  const at::Tensor numbers = at::empty(sizes, at::kFloat);
  if (bytes.size() != static_cast<std::size_t>(numbers.numel()) * sizeof(float)) {
    throw ConfigError{"another number of numbers came than was expected"};
  }
  if (!bytes.empty()) std::memcpy(numbers.data_ptr<float>(), bytes.data(), bytes.size());
  return numbers;
}

/// What the child does: answers with an opaque layer's numbers.
class Answering {
 public:
  Answering(std::filesystem::path file, int threads) : file_{std::move(file)}, threads_{threads} {}

  std::string answer(std::string_view question) {
    try {
      if (!program_) load();
      Taker taker{question};
      std::vector<at::Tensor> operands(taker.count(sizeof(std::uint64_t)));
      for (at::Tensor& operand : operands) {
        const std::vector<std::int64_t> sizes = taker.numbers();
        operand = floats_of_bytes(taker.text(), sizes);
      }
      return std::string{bytes_of_floats(program_->run(operands).contiguous())};
    } catch (const ConfigError&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {  // of LibTorch, or of the code in the file
      const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
      throw ConfigError{of_torch != nullptr ? of_torch->what_without_backtrace() : error.what()};
    }
  }

 private:
  void load() {
    set_operation_threads(threads_);
    bytes_ = bytes_of_file(file_);
    const auto [plan, archive] = parts_of_opaque_file(bytes_);
    program_.emplace(archive, plan_of_bytes(plan));
  }

  std::filesystem::path file_;
  int threads_;
  std::string bytes_;
  std::optional<OpaqueProgram> program_;
};

/// The parent's end.
class Asking {
 public:
  Asking(std::filesystem::path file, const ConfinedLimits& limits, int threads)
      : file_{std::move(file)},
        worker_{[answering = std::make_shared<Answering>(file_, threads)](
                    std::string_view question) { return answering->answer(question); },
                limits} {}

  at::Tensor ask(const Layer& layer, const std::vector<at::Tensor>& operands) {
    std::string question;
    put(question, operands.size());
    for (const at::Tensor& operand : operands) {
      put(question, operand.sizes().vec());
      put(question, bytes_of_floats(operand.to(at::kCPU, at::kFloat).contiguous()));
    }
    std::vector<std::int64_t> sizes{1};
    sizes.insert(sizes.end(), layer.shape.begin(), layer.shape.end());
    const std::scoped_lock lock{mutex_};
    try {
      return floats_of_bytes(worker_.ask(question), sizes);
    } catch (const ConfinedFailure& failure) {
      if (failure.kind() == ConfinedFailure::Kind::kNoWalls) {
        throw ConfigError{fmt::format(
            "{}: error: the layer '{}' is computed by a program that can do harm, and this system "
            "cannot keep it from that ({}); compute it on a Linux that has seccomp",
            file_.string(), layer.name, failure.what())};
      }
      throw ConfigError{fmt::format(
          "{}: error: what computes the layer '{}' {}; import the network again, or take another "
          "input",
          file_.string(), layer.name, failure.what())};
    } catch (const ConfigError& error) {
      throw ConfigError{fmt::format("{}: error: the layer '{}' cannot be computed: {}",
                                    file_.string(), layer.name, error.what())};
    }
  }

 private:
  std::filesystem::path file_;
  ConfinedWorker worker_;
  std::mutex mutex_;
};

}  // namespace

Network::Opaque computed_by_file(const std::filesystem::path& file, const Graph& graph,
                                 const OpaqueLimits& limits) {
  if (graph.opaque_layers().empty() || !std::filesystem::is_regular_file(file)) return {};
  std::int64_t greatest = 0;
  for (const LayerId id : graph.opaque_layers()) {
    greatest = std::max(greatest, graph.layer(id).shape.elements());
  }
  constexpr double kGib = 1U << 30;
  const double machine =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  const ConfinedLimits bounds{
      .seconds = limits.seconds,
      .memory_bytes = static_cast<std::uint64_t>(std::min(limits.memory_gib * kGib, machine)),
      .answer_bytes = std::max<std::size_t>(static_cast<std::size_t>(greatest) * sizeof(float),
                                            std::size_t{1} << 16U),  // an error's text
      .readable = {file},
      .stop_requested = limits.stop_requested};
  const auto asking = std::make_shared<Asking>(file, bounds, limits.threads);
  return [asking](const Layer& layer, const std::vector<at::Tensor>& operands) {
    return asking->ask(layer, operands);
  };
}

}  // namespace papilio
