#include "models/tensor/runtime.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <thread>
#include <utility>

#include "sim/base/error.hpp"

namespace papilio {
namespace {

/// A function of a library that LibTorch may have brought along.
template <class Function>
Function* loaded(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

/// A function of OpenBLAS, if it is the BLAS that this process has loaded. LibTorch asks for
/// libblas.so.3, for which Debian's alternatives choose among several.
template <class Function>
Function* openblas(const char* name) {
  return loaded<Function>(name);
}

/// Keeps the memory of freed tensors for the next ones. By default glibc maps each large block
/// anew, and the kernel's clearing of its pages takes a sixth of the time of a training step.
void keep_freed_memory() {
  constexpr int kLargestThreshold = 32 << 20;  // what glibc takes at most
  mallopt(M_MMAP_THRESHOLD, kLargestThreshold);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_ARENA_MAX, 1);  // other arenas give their memory back, or map, whatever is set
}

}  // namespace

void set_operation_threads(int threads) {
  at::set_num_threads(threads);
  if (auto* set = openblas<void(int)>("openblas_set_num_threads")) set(threads);
}

TensorRuntime start_tensor_runtime(std::string_view device, int threads) {
  TensorRuntime runtime;
  try {
    runtime.device = c10::Device{std::string{device}};
  } catch (const c10::Error&) {
    throw ConfigError{"papilio: error: unknown --device '" + std::string{device} +
                      "'; one of: cpu, cuda, cuda:N"};
  }
  if (runtime.device.is_cuda() && !at::globalContext().hasCUDA()) {
    throw ConfigError{
        "papilio: error: --device cuda: this LibTorch has no CUDA, or no GPU is there; use "
        "--device cpu"};
  }
  if (!runtime.device.is_cuda() && !runtime.device.is_cpu()) {
    throw ConfigError{"papilio: error: --device '" + std::string{device} +
                      "' is not supported; one of: cpu, cuda, cuda:N"};
  }
  // PyTorch's own builds have MKL inside. What a GPU computes needs neither.
  if (runtime.device.is_cpu() && !at::hasMKL() &&
      openblas<char*()>("openblas_get_config") == nullptr) {
    throw ConfigError{
        "papilio: error: LibTorch computes on another BLAS than OpenBLAS, several times slower; "
        "install libopenblas0-pthread, and choose it with 'update-alternatives --config "
        "libblas.so.3-x86_64-linux-gnu'"};
  }
  keep_freed_memory();
  runtime.threads = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
  set_operation_threads(runtime.threads);
  return runtime;
}

void catch_up(c10::Device device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard{device.type()};
  guard.synchronizeStream(guard.getStream(device));
}

void restart_with_fitting_kernels(char** argv) {
#ifdef __x86_64__
  constexpr const char* kChoice = "OPENBLAS_CORETYPE";
  auto* core = openblas<char*()>("openblas_get_corename");
  if (core == nullptr || std::string_view{core()} != "Prescott" ||
      std::getenv(kChoice) != nullptr) {
    return;
  }
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!avx512 && !avx2) return;
  ::setenv(kChoice, avx512 ? "SkylakeX" : "Haswell", 1);
  ::execv("/proc/self/exe", argv);  // where that fails, it is slow but right
#else
  static_cast<void>(argv);
#endif
}

std::string torch_version() {
  return TORCH_VERSION;
}

std::string library_versions(c10::Device device) {
  std::string versions = "LibTorch " + torch_version();
  if (device.is_cpu()) return versions + ", " + blas_version();
  // What it says of itself has a line for each library: "  - CUDA Runtime 12.1".
  std::istringstream lines{at::show_config()};
  constexpr std::string_view kItem{"  - "};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kItem)) continue;
    line.erase(0, kItem.size());
    if (line.starts_with("CUDA Runtime") || line.starts_with("CuDNN")) versions += ", " + line;
  }
  return versions;
}

std::string blas_version() {
  if (auto* config = openblas<char*()>("openblas_get_config")) return config();
  return at::hasMKL() ? at::get_mkl_version() : "an unknown BLAS";
}

std::string onednn_instructions() {
  auto* effective = loaded<int()>("dnnl_get_effective_cpu_isa");
  if (effective == nullptr) return "";
  // Of oneDNN's dnnl_cpu_isa_t, in which a set of instructions has the bits of those it includes.
  // Those beyond the plain AVX-512 are for other numbers than fp32.
  constexpr std::array<std::pair<int, const char*>, 4> kSets{
      {{0x27, "AVX-512"}, {0x7, "AVX2"}, {0x3, "AVX"}, {0x1, "SSE4.1"}}};
  const int found = effective();
  for (const auto& [bits, name] : kSets) {
    if ((found & bits) == bits) return name;
  }
  return "";
}

}  // namespace papilio
