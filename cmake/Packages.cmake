# 'cpack' makes Debian packages of what cmake/Install.cmake installs, one of each component; what they depend
# on follows from the programs (dpkg-shlibdeps) and from cmake/apt-packages.txt. Needs dpkg-dev and file.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME papilio)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The maintainers of Papilio <papilio@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
                                                GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SIMULATOR_PACKAGE_NAME papilio)
# The first line of each description is the project's.
set(CPACK_DEBIAN_SIMULATOR_DESCRIPTION
"Papilio answers where a network should be split between the mobile and the
cloud, on this radio, under this load, and what it costs in latency, mobile
energy and accuracy.")
set(CPACK_DEBIAN_SIMULATOR_PACKAGE_RECOMMENDS gnuplot-nox)
set(CPACK_DEBIAN_SIMULATOR_PACKAGE_SUGGESTS "papilio-tensor, bash-completion")

set(CPACK_DEBIAN_TENSOR_PACKAGE_NAME papilio-tensor)
set(CPACK_DEBIAN_TENSOR_PACKAGE_DEPENDS "papilio (= ${PROJECT_VERSION})")
# Without it LibTorch computes several times slower, with the reference BLAS.
set(CPACK_DEBIAN_TENSOR_PACKAGE_RECOMMENDS libopenblas0-pthread)
set(CPACK_DEBIAN_TENSOR_DESCRIPTION
"Runs, trains, imports and measures networks with LibTorch: the verbs infer,
serve, offload, validate, train, import, profile, datasets and codecs of papilio.")

# What the installed libraries are linked with, and what finds it.
file(STRINGS cmake/apt-packages.txt lines REGEX "^simulator +[^ ]+-dev$")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "papilio (= ${PROJECT_VERSION}), pkg-config")
list(FILTER lines EXCLUDE REGEX libsimgrid-dev)  # only the module is, and it is installed as it is
foreach(line ${lines})
  string(REGEX REPLACE "^simulator +" ", " dependency "${line}")
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${dependency}")
endforeach()
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpapilio-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"The rooms of the simulator as static libraries with their headers, for CMake's
find_package(Papilio).")

# A module of Python's is the component 'python', with files under lib/python3/dist-packages.
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-papilio)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "papilio (= ${PROJECT_VERSION}), python3 (>= 3.11), python3 (<< 3.12)")
set(CPACK_DEBIAN_PYTHON_DESCRIPTION
"The module papilio: checks, plans, runs and sweeps scenarios from Python.")

get_cmake_property(CPACK_COMPONENTS_ALL COMPONENTS)
list(REMOVE_ITEM CPACK_COMPONENTS_ALL Unspecified)
include(CPack)
