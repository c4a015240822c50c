#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>

#include "models/app/command.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/tensor/runtime.hpp"
#include "sim/base/cli/program.hpp"
#include "sim/base/cli/version.hpp"

namespace papilio {

std::vector<std::pair<std::string, std::string>> tensor_library_versions() {
  return {{"LibTorch", torch_version()},
          {"BLAS", blas_version()},
          {"oneDNN", onednn_instructions()},
          {"compiler", "GCC-compatible " __VERSION__}};
}

namespace {

std::vector<Command> commands() {
  const std::map<std::string, void (*)(const Words&)> runs{
      {"infer", infer_command},       {"serve", serve_command},       {"offload", offload_command},
      {"validate", validate_command}, {"train", train_command},       {"import", import_command},
      {"profile", profile_command},   {"datasets", datasets_command}, {"codecs", codecs_command}};
  std::vector<Command> all;
  for (const TensorVerb& verb : tensor_verbs()) {
    all.push_back({verb.name, verb.summary, runs.at(verb.name)});
  }
  return all;
}

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
  if (verb == "infer" || verb == "profile" || verb == "serve" || verb == "offload")
    papilio::restart_with_fitting_kernels(argv);
  return papilio::run_program(
      {.about = "papilio-tensor: the verbs of papilio that compute with real tensors",
       .commands = papilio::commands(),
       .examples = {"papilio datasets", "papilio train --help"},
       .print_version = papilio::print_version},
      argc, argv);
}
