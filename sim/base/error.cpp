#include "sim/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace papilio {

void refuse_file(const std::filesystem::path& file, std::string_view problem) {
  throw ConfigError{file.string() + ": error: " + std::string{problem}};
}

namespace {

DefectHandler defect_handler = nullptr;

}  // namespace

void set_defect_handler(DefectHandler handler) {
  defect_handler = handler;
}

}  // namespace papilio

namespace papilio::detail {
namespace {

[[noreturn]] void ask_for_report() {
  std::fputs("This is a defect of Papilio: please report it with the command and its input.\n",
             stderr);
  std::abort();
}

}  // namespace

void check_failed(const char* condition, const char* file, int line) {
  if (defect_handler != nullptr) {
    defect_handler("check '" + std::string{condition} + "' failed at " + file + ":" +
                   std::to_string(line));
  }
  std::fprintf(stderr, "papilio: internal error: check '%s' failed at %s:%d\n", condition, file,
               line);
  ask_for_report();
}

void unexpected(const char* what) {
  std::fprintf(stderr, "papilio: internal error: unexpected exception: %s\n", what);
  ask_for_report();
}

}  // namespace papilio::detail
