# What 'cmake --install' puts where; docs/install.md says it to users. The prefix may be moved. Components:
#   simulator    the program, the module with which it simulates, its data, documents, completion and man pages
#   tensor       papilio-tensor
#   development  static libraries, headers, the CMake package
#   python       the module, where one is built: into lib/python3/dist-packages
# cmake/Packages.cmake makes a Debian package of each.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS papilio RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT simulator)
# Where sim/base/data/installation.cpp looks for it.
install(TARGETS papilio_simgrid_module LIBRARY DESTINATION lib/papilio COMPONENT simulator)
install(DIRECTORY profiles DESTINATION ${CMAKE_INSTALL_DATADIR}/papilio COMPONENT simulator)
install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/papilio COMPONENT simulator
        PATTERN bench EXCLUDE)
# As they lie in the sources, so that what help and documents say of docs/... is found.
set(documents ${CMAKE_INSTALL_DATADIR}/doc/papilio)
install(FILES README.md CITATION.cff DESTINATION ${documents} COMPONENT simulator)
install(FILES LICENSE DESTINATION ${documents} RENAME copyright COMPONENT simulator)
install(DIRECTORY docs DESTINATION ${documents} COMPONENT simulator
        PATTERN adr EXCLUDE PATTERN extending.md EXCLUDE PATTERN ARCHITECTURE.md EXCLUDE)

if(TARGET papilio-tensor)
  install(TARGETS papilio-tensor RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tensor)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/papilio-tensor RENAME copyright
          COMPONENT tensor)
endif()

# The rooms that 'papilio' is made of, but for those that only a program needs.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Papilio)
get_target_property(linked papilio LINK_LIBRARIES)
papilio_rooms_of(rooms ${linked})
list(REMOVE_ITEM rooms papilio_cli papilio_verbs)
list(APPEND rooms papilio_options papilio_units)
foreach(room ${rooms})
  string(REGEX REPLACE "^papilio_" "" exported ${room})
  set_target_properties(${room} PROPERTIES EXPORT_NAME ${exported})
endforeach()
install(TARGETS ${rooms} EXPORT PapilioTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/papilio COMPONENT development)
install(EXPORT PapilioTargets NAMESPACE Papilio:: DESTINATION ${package} COMPONENT development)
foreach(folder sim models/graph models/zoo models/networks)
  get_filename_component(parent ${folder} DIRECTORY)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/papilio/${parent}
          COMPONENT development FILES_MATCHING PATTERN "*.hpp" PATTERN app EXCLUDE PATTERN cli EXCLUDE
          PATTERN simgrid EXCLUDE)
endforeach()
configure_package_config_file(cmake/PapilioConfig.cmake.in ${PROJECT_BINARY_DIR}/PapilioConfig.cmake
                              INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PapilioConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/PapilioConfig.cmake ${PROJECT_BINARY_DIR}/PapilioConfigVersion.cmake
              cmake/Dependencies.cmake
        DESTINATION ${package} COMPONENT development)
install(FILES cmake/FindGLPK.cmake
        DESTINATION ${package}/modules COMPONENT development)
install(FILES docs/ARCHITECTURE.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libpapilio-dev
        COMPONENT development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libpapilio-dev RENAME copyright
        COMPONENT development)

# What the program tells of itself: the manual's pages, and what makes shells complete its words.
set(told ${PROJECT_BINARY_DIR}/told)
add_custom_command(
  OUTPUT ${told}/papilio.bash ${told}/_papilio ${told}/man/papilio.1
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${told}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${told}
  COMMAND papilio __manual ${told}/man
  COMMAND papilio completion bash > ${told}/papilio.bash
  COMMAND papilio completion zsh > ${told}/_papilio
  DEPENDS papilio COMMENT "Writing the manual and the shells' completion" VERBATIM)
add_custom_target(papilio_told ALL
                  DEPENDS ${told}/papilio.bash ${told}/_papilio ${told}/man/papilio.1)
install(DIRECTORY ${told}/man/ DESTINATION ${CMAKE_INSTALL_DATADIR}/man/man1 COMPONENT simulator
        PATTERN papilio-tensor.1 EXCLUDE)
if(TARGET papilio-tensor)
  install(FILES ${told}/man/papilio-tensor.1 DESTINATION ${CMAKE_INSTALL_DATADIR}/man/man1 COMPONENT tensor)
endif()
install(FILES ${told}/papilio.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME papilio COMPONENT simulator)
# Debian's zsh looks into another folder of /usr than all others do.
install(CODE "
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(papilio_zsh vendor-completions)
  else()
    set(papilio_zsh site-functions)
  endif()
  file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/zsh/\${papilio_zsh}\" TYPE FILE FILES \"${told}/_papilio\")"
        COMPONENT simulator)

include(Packages)
