# Debian's libsimgrid-dev has a pkg-config file and no CMake package. Defines SimGrid::SimGrid.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SimGrid REQUIRED QUIET IMPORTED_TARGET simgrid)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SimGrid REQUIRED_VARS SimGrid_LINK_LIBRARIES
                                  VERSION_VAR SimGrid_VERSION)
if(NOT TARGET SimGrid::SimGrid)
  add_library(SimGrid::SimGrid ALIAS PkgConfig::SimGrid)
endif()
