# SPDX-License-Identifier: Apache-2.0
# llhttp: a system library when there is one, else the C sources that Debian's node-llhttp package ships.
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include PATH_SUFFIXES llhttp)
find_library(LLHTTP_LIBRARY llhttp)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
if(LLHTTP_LIBRARY)
    find_package_handle_standard_args(Llhttp REQUIRED_VARS LLHTTP_LIBRARY LLHTTP_INCLUDE_DIR)
    add_library(llhttp INTERFACE)
    target_link_libraries(llhttp INTERFACE ${LLHTTP_LIBRARY})
else()
    find_package_handle_standard_args(Llhttp REQUIRED_VARS LLHTTP_SOURCE_DIR LLHTTP_INCLUDE_DIR
        REASON_FAILURE_MESSAGE "install Debian's node-llhttp package, or a llhttp library with its header")
    # OBJECT, so that an installed static libscepscope is whole by itself.
    add_library(llhttp OBJECT ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c ${LLHTTP_SOURCE_DIR}/llhttp.c)
    set_target_properties(llhttp PROPERTIES POSITION_INDEPENDENT_CODE ON C_STANDARD 17)
    target_compile_options(llhttp PRIVATE -w)
endif()
target_include_directories(llhttp SYSTEM INTERFACE ${LLHTTP_INCLUDE_DIR})
if(TARGET llhttp AND NOT LLHTTP_LIBRARY)
    target_include_directories(llhttp PRIVATE ${LLHTTP_INCLUDE_DIR})
endif()
