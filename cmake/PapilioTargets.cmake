# What every target of the project shares, and the one way to declare a room.
include_guard()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# What compilers take as one source, where they take several, shares the headers' time: a third of it all.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 16)

add_library(papilio_options INTERFACE)
target_compile_features(papilio_options INTERFACE cxx_std_20)
target_include_directories(papilio_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                     $<INSTALL_INTERFACE:include/papilio>)
# Designated initialisers leave the other members at their defaults on purpose.
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
             -Wno-missing-field-initializers)
# Those of who links the installed libraries are their own.
target_compile_options(papilio_options INTERFACE "$<BUILD_INTERFACE:${warnings}>")
if(PAPILIO_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Their reports need lines and no variables, which would take a fifth of the build's time.
  target_compile_options(papilio_options INTERFACE ${sanitizers} -g1)
  target_link_options(papilio_options INTERFACE ${sanitizers})
  # Their data are full of addresses: two million to relocate, half of what a program's start would take.
  # The tests start thousands.
  target_link_options(papilio_options INTERFACE
                      $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
endif()

# Other people's files are read by C libraries too. What release programs are hardened with costs nothing
# that can be measured; debug builds have the sanitizers, from which FORTIFY would hide errors. Tests are
# no programs that anybody gives files to.
function(papilio_harden target)
  target_compile_options(${target} PRIVATE
    "$<$<CONFIG:Release>:-fstack-protector-strong;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endfunction()

# -O1 takes about half the time of -O3.
function(papilio_compile_briskly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# papilio_room(FOLDER [BRISK] SOURCES file... [PUBLIC target...] [PRIVATE target...])
# Declares the library papilio::<last part of FOLDER> of one folder. PUBLIC: targets whose headers the
# folder's headers include; PRIVATE: those that only its sources include. BRISK: what it does takes no
# time that anybody waits for (words, tables, files), so it is optimised less and compiled faster.
function(papilio_room name)
  cmake_parse_arguments(ROOM "BRISK" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(papilio_${name} STATIC ${ROOM_SOURCES})
  add_library(papilio::${name} ALIAS papilio_${name})
  target_link_libraries(papilio_${name} PUBLIC papilio_options ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
  if(ROOM_BRISK)
    papilio_compile_briskly(papilio_${name})
  endif()
  papilio_compile_as_room(papilio_${name})
endfunction()

# What all sources of rooms are compiled with. Position-independent, whose functions nobody replaces: the same
# objects go into programs and into Python's module, or the second would compile all of them again.
function(papilio_compile_as_room target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  if(PAPILIO_SANITIZE)
    # The tests run the rooms' code: half their time for a third more of the rooms' build.
    target_compile_options(${target} PRIVATE -O1)
  endif()
  papilio_harden(${target})
  papilio_tidy(${target})
endfunction()

# Sets `result` to the project's libraries that the targets link, directly or through another.
function(papilio_rooms_of result)
  set(rooms)
  set(open ${ARGN})
  while(open)
    list(POP_FRONT open target)
    if(NOT TARGET ${target} OR NOT target MATCHES "^papilio(::|_)")
      continue()
    endif()
    get_target_property(original ${target} ALIASED_TARGET)
    if(original)
      set(target ${original})
    endif()
    if(target IN_LIST rooms)
      continue()
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL INTERFACE_LIBRARY)
      continue()
    endif()
    list(APPEND rooms ${target})
    get_target_property(linked ${target} LINK_LIBRARIES)
    list(APPEND open ${linked})
  endwhile()
  set(${result} ${rooms} PARENT_SCOPE)
endfunction()

# papilio_revision(RESULT NAME SOURCES file... LIBRARIES target...)
# Sets RESULT to a source that holds the git revision of what NAME is built of. It is written anew whenever a
# source of it or of its rooms was compiled or HEAD moved, and only then, so that a build with nothing to do
# does nothing.
function(papilio_revision result name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;LIBRARIES" ${ARGN})
  set(revision_source ${CMAKE_CURRENT_BINARY_DIR}/${name}_revision.cpp)
  set(state ${PROGRAM_SOURCES})
  foreach(file HEAD logs/HEAD)
    if(EXISTS ${PROJECT_SOURCE_DIR}/.git/${file})
      list(APPEND state ${PROJECT_SOURCE_DIR}/.git/${file})
    endif()
  endforeach()
  papilio_rooms_of(rooms ${PROGRAM_LIBRARIES})
  add_custom_command(
    OUTPUT ${revision_source}
    COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${PROJECT_SOURCE_DIR} -DOUTPUT=${revision_source}
            -P ${PROJECT_SOURCE_DIR}/cmake/Revision.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/Revision.cmake ${state} ${rooms}
    COMMENT "Writing the git revision of ${name}")
  # It alone is compiled again when HEAD moves.
  set_source_files_properties(${revision_source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(${result} ${revision_source} PARENT_SCOPE)
endfunction()

# papilio_program(NAME SOURCES file... LIBRARIES target...)
# Declares a program in the build folder, with the git revision that it was built from.
function(papilio_program name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;LIBRARIES" ${ARGN})
  papilio_revision(revision_source ${name} SOURCES ${PROGRAM_SOURCES} LIBRARIES ${PROGRAM_LIBRARIES})
  add_executable(${name} ${PROGRAM_SOURCES} ${revision_source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  target_link_libraries(${name} PRIVATE ${PROGRAM_LIBRARIES})
  papilio_compile_briskly(${name})
  papilio_harden(${name})
  target_compile_options(${name} PRIVATE "$<$<CONFIG:Release>:-fPIE>")
  target_link_options(${name} PRIVATE "$<$<CONFIG:Release>:-pie;-Wl,-z,relro,-z,now,-z,noexecstack>")
  papilio_tidy(${name})
endfunction()

# What clang-tidy runs with: a plugin that spares it the declarations of system headers, tried on planted
# faults before any source is called clean.
if(PAPILIO_TIDY)
  find_program(PAPILIO_CLANG_TIDY NAMES clang-tidy-14 REQUIRED)
  find_path(PAPILIO_CLANG_HEADERS clang-tidy/ClangTidyModule.h PATHS /usr/lib/llvm-14/include
            REQUIRED NO_DEFAULT_PATH)
  add_library(papilio_tidy_scope MODULE ${PROJECT_SOURCE_DIR}/cmake/TidyScope.cpp)
  target_compile_features(papilio_tidy_scope PRIVATE cxx_std_17)
  target_compile_options(papilio_tidy_scope PRIVATE -g0 -Wall -Wextra)
  target_include_directories(papilio_tidy_scope SYSTEM PRIVATE ${PAPILIO_CLANG_HEADERS})
  set(scope_test ${PROJECT_SOURCE_DIR}/tests/style/tidy_scope.sh)
  set(scope_stamp ${CMAKE_BINARY_DIR}/tidy/scope.stamp)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/tidy/tests)
  # Parts of tests are read as tests are.
  configure_file(${PROJECT_SOURCE_DIR}/tests/.clang-tidy ${CMAKE_BINARY_DIR}/tidy/tests/.clang-tidy COPYONLY)
  add_custom_command(
    OUTPUT ${scope_stamp}
    COMMAND sh ${scope_test} ${PAPILIO_CLANG_TIDY} $<TARGET_FILE:papilio_tidy_scope> ${PROJECT_SOURCE_DIR}
    COMMAND ${CMAKE_COMMAND} -E touch ${scope_stamp}
    DEPENDS ${scope_test} papilio_tidy_scope ${PROJECT_SOURCE_DIR}/.clang-tidy
    COMMENT "clang-tidy on planted faults" VERBATIM)
  add_custom_target(papilio_tidy_scope_test ALL DEPENDS ${scope_stamp})
endif()

# Under the tidy preset, nothing of `target` is built: clang-tidy reads its sources, several as one (see
# tidy.sh; those that a unity build leaves out, by themselves), and again when one of them or any header of
# the project has changed. What sees LibTorch's headers is left out: Clang 14 and 16 cannot parse them as
# C++20 (vectors of an incomplete type, constexpr there).
function(papilio_tidy target)
  if(NOT PAPILIO_TIDY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  get_target_property(linked ${target} LINK_LIBRARIES)
  papilio_rooms_of(rooms ${target} ${linked})
  foreach(room ${rooms})
    get_target_property(of_room ${room} LINK_LIBRARIES)
    list(APPEND linked ${of_room})
  endforeach()
  if(torch IN_LIST linked)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  set(together)
  set(stamps)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    cmake_path(IS_PREFIX CMAKE_BINARY_DIR ${source} is_generated)
    if(is_generated)
      continue()
    endif()
    get_source_file_property(is_alone ${source} SKIP_UNITY_BUILD_INCLUSION)
    if(is_alone)
      papilio_tidy_part(stamp ${target} ${source})
      list(APPEND stamps ${stamp})
      continue()
    endif()
    list(APPEND together ${source})
    list(LENGTH together count)
    if(count EQUAL CMAKE_UNITY_BUILD_BATCH_SIZE)
      papilio_tidy_part(stamp ${target} ${together})
      list(APPEND stamps ${stamp})
      set(together)
    endif()
  endforeach()
  if(together)
    papilio_tidy_part(stamp ${target} ${together})
    list(APPEND stamps ${stamp})
  endif()
  add_custom_target(${target}_tidy ALL DEPENDS ${stamps})
endfunction()

# Sets `result` to what is made when clang-tidy finds nothing in these sources of `target`.
function(papilio_tidy_part result target)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/*.hpp
                                              ${PROJECT_SOURCE_DIR}/models/*.hpp
                                              ${PROJECT_SOURCE_DIR}/tests/*.hpp)
  list(GET ARGN 0 first)
  cmake_path(RELATIVE_PATH first BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE name)
  set(part ${CMAKE_BINARY_DIR}/tidy/${name})
  cmake_path(REMOVE_EXTENSION part)
  set(part ${part}.${target}.cpp)
  cmake_path(GET part PARENT_PATH folder)
  file(MAKE_DIRECTORY ${folder})
  # The target is not built; as a source of it, the part has its flags, and here its sources' own.
  target_sources(${target} PRIVATE ${part})
  set_source_files_properties(${part} PROPERTIES GENERATED ON)
  foreach(source ${ARGN})
    get_source_file_property(definitions ${source} COMPILE_DEFINITIONS)
    if(definitions)
      set_property(SOURCE ${part} APPEND PROPERTY COMPILE_DEFINITIONS ${definitions})
    endif()
  endforeach()
  add_custom_command(
    OUTPUT ${part}.stamp
    COMMAND sh ${PROJECT_SOURCE_DIR}/cmake/tidy.sh ${part} ${ARGN} --
            ${PAPILIO_CLANG_TIDY} --load=$<TARGET_FILE:papilio_tidy_scope>
            --checks=papilio-own-declarations -p ${CMAKE_BINARY_DIR} --quiet
    COMMAND ${CMAKE_COMMAND} -E touch ${part}.stamp
    DEPENDS ${ARGN} ${headers} papilio_tidy_scope ${PROJECT_SOURCE_DIR}/.clang-tidy
            ${PROJECT_SOURCE_DIR}/tests/.clang-tidy ${PROJECT_SOURCE_DIR}/cmake/tidy.sh
    COMMENT "clang-tidy ${name}" VERBATIM)
  set(${result} ${part}.stamp PARENT_SCOPE)
endfunction()
