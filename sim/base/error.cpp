#include "sim/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace papilio::detail {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr,
               "papilio: internal error: check '%s' failed at %s:%d\n"
               "This is a defect of Papilio: please report it with the command and its input.\n",
               condition, file, line);
  std::abort();
}

}  // namespace papilio::detail
