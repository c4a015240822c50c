# Writes OUTPUT, a source that holds the files of the report's page as constants. Run at build time with
# SKELETON, STYLE, DRAWING, SCRIPT and CHART, the paths of the files. Their texts are not interpreted.
include(${CMAKE_CURRENT_LIST_DIR}/Base64.cmake)

set(source "#include \"sim/page/assets.hpp\"\n\nnamespace papilio {\n\n")
foreach(asset kPageSkeleton:SKELETON kPageStyle:STYLE kPageDrawing:DRAWING kPageScript:SCRIPT kChartLibrary:CHART)
  string(REPLACE ":" ";" asset ${asset})
  list(GET asset 0 name)
  list(GET asset 1 variable)
  file(READ "${${variable}}" text)
  string(FIND "${text}" ")papilio\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${${variable}} holds what ends the literal that is made of it")
  endif()
  file(SHA256 "${${variable}}" hash)
  base64_of_hex(hash ${hash})
  string(APPEND source "const Asset ${name}{R\"papilio(${text})papilio\", \"${hash}\"};\n\n")
endforeach()
file(WRITE "${OUTPUT}" "${source}}  // namespace papilio\n")
