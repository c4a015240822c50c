#include "sim/base/scratch_folder.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

#include "sim/base/error.hpp"

namespace papilio {
namespace fs = std::filesystem;

ScratchFolder::ScratchFolder() {
  std::error_code missing;
  const fs::path where = fs::temp_directory_path(missing);
  std::string name = (where / "papilio-XXXXXX").string();
  if (missing || ::mkdtemp(name.data()) == nullptr) {
    refuse_file(
        missing ? fs::path{"TMPDIR"} : where,
        "no temporary folder can be made there; set TMPDIR to a folder that may be written");
  }
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace papilio
