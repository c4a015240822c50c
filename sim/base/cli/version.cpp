#include "sim/base/cli/version.hpp"

namespace papilio {

/// Defined in the file that cmake/Revision.cmake writes for each program.
extern const char* const kGitRevision;

std::string program_version() {
  return PAPILIO_VERSION;
}
std::string git_revision() {
  return kGitRevision;
}

}  // namespace papilio
