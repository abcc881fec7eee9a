# SPDX-License-Identifier: BSD-3-Clause
# How sources of ours are compiled: targets to link privately.
set(UPCIEDEV_SANITIZE "" CACHE STRING "Sanitizers to build all with, as for -fsanitize=")
if(UPCIEDEV_SANITIZE)
    add_compile_options(-fsanitize=${UPCIEDEV_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
    add_link_options(-fsanitize=${UPCIEDEV_SANITIZE})
endif()
if(UPCIEDEV_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Our own code is built without warnings. Sanitizers make GCC warn of more.
add_library(upciedev_warnings INTERFACE)
if(UPCIEDEV_SANITIZE)
    target_compile_options(upciedev_warnings INTERFACE -w)
else()
    target_compile_options(upciedev_warnings INTERFACE -Wall -Wextra -Wconversion -Werror)
    if(CMAKE_UNITY_BUILD)
        # To the compiler every source but the first looks like a header.
        target_compile_options(upciedev_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
    endif()
endif()

# A command waits for people, boards and files: it need not be fast, but quick to build.
add_library(upciedev_command_options INTERFACE)
target_link_libraries(upciedev_command_options INTERFACE upciedev_warnings)
if(NOT UPCIEDEV_SANITIZE)
    target_compile_options(upciedev_command_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-O1 -g1>)
endif()

# Tests are compiled more often than they run, and keep their assertions.
add_library(upciedev_test_options INTERFACE)
target_link_libraries(upciedev_test_options INTERFACE upciedev_warnings)
if(NOT UPCIEDEV_SANITIZE)
    target_compile_options(upciedev_test_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-O0 -g1 -UNDEBUG>)
endif()
target_compile_definitions(upciedev_test_options INTERFACE UPCIEDEV_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
