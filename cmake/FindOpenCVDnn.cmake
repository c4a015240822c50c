# Finds OpenCV's dnn, which Debian ships without a CMake config unless all of OpenCV is installed, as
# the imported target OpenCVDnn::OpenCVDnn.
find_path(OpenCVDnn_INCLUDE opencv2/dnn.hpp PATH_SUFFIXES opencv4)
find_library(OpenCVDnn_DNN opencv_dnn)
find_library(OpenCVDnn_CORE opencv_core)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVDnn REQUIRED_VARS OpenCVDnn_DNN OpenCVDnn_CORE
                                                          OpenCVDnn_INCLUDE)
if(OpenCVDnn_FOUND AND NOT TARGET OpenCVDnn::OpenCVDnn)
  add_library(OpenCVDnn::OpenCVDnn INTERFACE IMPORTED)
  target_include_directories(OpenCVDnn::OpenCVDnn INTERFACE ${OpenCVDnn_INCLUDE})
  target_link_libraries(OpenCVDnn::OpenCVDnn INTERFACE ${OpenCVDnn_DNN} ${OpenCVDnn_CORE})
endif()
mark_as_advanced(OpenCVDnn_INCLUDE OpenCVDnn_DNN OpenCVDnn_CORE)
