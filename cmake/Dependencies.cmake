# What the simulator's libraries are made with: found by the project, and by the CMake package for whoever
# links them. Both define papilio_find(NAME ...), find_package or find_dependency.
papilio_find(fmt)
papilio_find(nlohmann_json)
papilio_find(yaml-cpp)
papilio_find(Boost 1.74 COMPONENTS program_options)
papilio_find(Eigen3 3.4 NO_MODULE)
papilio_find(GLPK 5.0)
papilio_find(SQLiteCpp 3.2)
papilio_find(PkgConfig)
papilio_find(Threads)
pkg_check_modules(LibYaml REQUIRED QUIET IMPORTED_TARGET yaml-0.1)
pkg_check_modules(XxHash REQUIRED QUIET IMPORTED_TARGET libxxhash)
