# What every target of the project shares, and the one way to declare a room.
include_guard()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(papilio_options INTERFACE)
target_compile_features(papilio_options INTERFACE cxx_std_20)
target_include_directories(papilio_options INTERFACE ${PROJECT_SOURCE_DIR})
# Designated initialisers leave the other members at their defaults on purpose.
target_compile_options(papilio_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                 -Wsign-conversion -Wno-missing-field-initializers)
if(PAPILIO_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(papilio_options INTERFACE ${sanitizers})
  target_link_options(papilio_options INTERFACE ${sanitizers})
endif()

# papilio_room(FOLDER SOURCES file... [PUBLIC target...] [PRIVATE target...])
# Declares the library papilio::<last part of FOLDER> of one folder. PUBLIC: targets whose headers the
# folder's headers include; PRIVATE: those that only its sources include.
function(papilio_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(papilio_${name} STATIC ${ROOM_SOURCES})
  add_library(papilio::${name} ALIAS papilio_${name})
  target_link_libraries(papilio_${name} PUBLIC papilio_options ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
  papilio_tidy(papilio_${name})
endfunction()

# Runs clang-tidy with the compilation of `target`, under the tidy preset.
function(papilio_tidy target)
  if(PAPILIO_TIDY)
    find_program(PAPILIO_CLANG_TIDY NAMES clang-tidy-14 REQUIRED)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY
                          "${PAPILIO_CLANG_TIDY};--quiet;--extra-arg=-Wno-unknown-warning-option")
  endif()
endfunction()
