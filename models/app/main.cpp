#include <fmt/format.h>

#include <string_view>

#include "models/app/command.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/cli/program.hpp"
#include "sim/cli/version.hpp"

namespace papilio {

std::vector<std::pair<std::string, std::string>> tensor_library_versions() {
  return {{"LibTorch", torch_version()},
          {"BLAS", blas_version()},
          {"oneDNN", onednn_instructions()},
          {"compiler", "GCC-compatible " __VERSION__}};
}

namespace {

void print_version() {
  fmt::print("papilio-tensor {} ({})\n", program_version(), git_revision());
  for (const auto& [library, version] : tensor_library_versions())
    fmt::print("{} {}\n", library, version);
}

}  // namespace
}  // namespace papilio

int main(int argc, char** argv) {
  // One picture at a time is OpenBLAS's work; batches are oneDNN's, which knows its processors.
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "infer" || verb == "profile") papilio::restart_with_fitting_kernels(argv);
  return papilio::run_program(
      {.about = "papilio-tensor: the verbs of papilio that compute with real tensors",
       .commands = {{"infer", "run real pictures through a network, whole or split",
                     papilio::infer_command},
                    {"train", "train butterfly units end to end, find the fewest channels",
                     papilio::train_command},
                    {"import", "make a network of a TorchScript archive", papilio::import_command},
                    {"profile", "measure what each layer takes on this machine",
                     papilio::profile_command},
                    {"datasets", "list the pictures that networks are trained and tested on",
                     papilio::datasets_command},
                    {"codecs", "list the codecs that features are encoded with",
                     papilio::codecs_command}},
       .examples = {"papilio datasets", "papilio train --help"},
       .print_version = papilio::print_version},
      argc, argv);
}
