#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

namespace papilio {

/// How tensors are computed in this process.
struct TensorRuntime {
  c10::Device device{c10::kCPU};
  int threads{1};  ///< of one operation on the CPU
};

/// Sets the number of threads and checks the device and the BLAS library, before any computation.
/// @param device  "cpu", "cuda" or "cuda:N"
/// @param threads 0: as many as the machine has processors
/// @throws ConfigError if the device is not there, or LibTorch would compute on the CPU with
/// neither
///         OpenBLAS nor MKL, which is several times slower
TensorRuntime start_tensor_runtime(std::string_view device, int threads);

/// Sets the number of threads for the operations that the calling thread starts.
void set_operation_threads(int threads);

/// Waits until a device has computed what it was given; a CPU has.
void catch_up(c10::Device device);

/// Starts this program anew, with OpenBLAS told which kernels to use, where it does not know the
/// processor: OpenBLAS 0.3.21 takes those younger than itself for a Pentium 4 of 2004 and computes
/// with SSE3 alone, and reads what it is told as it is loaded. Does nothing where
/// $OPENBLAS_CORETYPE is set, by the user or by this. docs/performance.md says what it gains.
void restart_with_fitting_kernels(char** argv);

/// Version of LibTorch, e.g. "1.13.1".
std::string torch_version();
/// What computes on a device, with versions, for a table's conditions: LibTorch, and the BLAS of
/// the CPU, or CUDA and cuDNN.
std::string library_versions(c10::Device device);
/// What the BLAS of the CPU says of itself, e.g. "OpenBLAS 0.3.21 … Haswell", or MKL's version.
std::string blas_version();
/// The instructions that oneDNN computes batches with, e.g. "AVX-512"; empty where LibTorch does
/// without it. They and OpenBLAS's kernels decide in which order sums are made, hence a training's
/// last digits.
std::string onednn_instructions();

}  // namespace papilio
