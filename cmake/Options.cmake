# Build options, and the interface target that carries warnings and sanitizers to every target of ours.
option(STILLAGE_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(STILLAGE_BENCHMARKS "Build the benchmarks of bench/micro (needs libbenchmark-dev)" OFF)
option(STILLAGE_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(STILLAGE_FUZZERS "Build the fuzz targets as libFuzzer programs (needs clang)" OFF)
option(STILLAGE_WERROR "Treat warnings as errors" OFF)
set(STILLAGE_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
set(STILLAGE_SANITIZE_TESTS "${STILLAGE_SANITIZE}" CACHE STRING "Those of them with which the tests themselves are built")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_program(CCACHE ccache)
if(PROJECT_IS_TOP_LEVEL AND CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
      CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE}")
endif()

add_library(stillage_options INTERFACE)
target_compile_options(stillage_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wcast-align
                                                  $<$<BOOL:${STILLAGE_WERROR}>:-Werror>
                                                  # wrong about std::string in g++ 12 (its bug 105651)
                                                  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                                                  # takes a source that is compiled with others for a header
                                                  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)
if(STILLAGE_SANITIZE)
  # A target is built with what STILLAGE_SANITIZE is where it is made, and linked for all of them.
  define_property(TARGET PROPERTY STILLAGE_SANITIZE INITIALIZE_FROM_VARIABLE STILLAGE_SANITIZE)
  target_compile_options(stillage_options INTERFACE "-fsanitize=$<TARGET_PROPERTY:STILLAGE_SANITIZE>"
                                                    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(stillage_options INTERFACE -fsanitize=${STILLAGE_SANITIZE})
  # A null pointer that is used ends a program anyway, and -Wcast-align finds who would read across bounds; to check both at
  # each access takes a fifth of such a build.
  target_compile_options(stillage_options INTERFACE -fno-sanitize=null,alignment)
endif()
