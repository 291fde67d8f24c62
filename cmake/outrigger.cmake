# Flags that every target of ours shares, and the functions that declare targets.

# Both only make builds faster; without them everything works the same.
find_program(OUTRIGGER_CCACHE ccache)
if(OUTRIGGER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OUTRIGGER_CCACHE})
endif()
find_program(OUTRIGGER_LLD ld.lld)
if(OUTRIGGER_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(outrigger_flags INTERFACE)
target_include_directories(outrigger_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(outrigger_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wimplicit-fallthrough -fno-omit-frame-pointer
  # Designated initializers leave members out on purpose.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(outrigger_flags INTERFACE -Wno-sign-conversion)  # as g++, whose -Wconversion leaves signs alone
endif()
if(OUTRIGGER_WERROR)
  target_compile_options(outrigger_flags INTERFACE -Werror)
endif()
if(OUTRIGGER_SANITIZER)
  target_compile_options(outrigger_flags INTERFACE -fsanitize=${OUTRIGGER_SANITIZER} -fno-sanitize-recover=all)
  target_link_options(outrigger_flags INTERFACE -fsanitize=${OUTRIGGER_SANITIZER})
  # g++ 12 sees uninitialised or too small objects in library code once sanitizers change inlining.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(outrigger_flags INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endif()
if(OUTRIGGER_FUZZ)
  target_compile_options(outrigger_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(OUTRIGGER_COVERAGE)
  target_compile_options(outrigger_flags INTERFACE --coverage)
  target_link_options(outrigger_flags INTERFACE --coverage)
endif()

# outrigger_library(NAME [EXCEPTIONS] SOURCES ... DEPS ...)
# A static library of ours. EXCEPTIONS is for the thin adapters around libraries that throw; everything else is built without.
function(outrigger_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC outrigger_flags ${ARG_DEPS})
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  endif()
endfunction()

# outrigger_test(NAME SOURCES ... DEPS ...)
# One GTest executable, registered with ctest under its own name.
function(outrigger_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE outrigger_flags GTest::gmock GTest::gtest GTest::gtest_main ${ARG_DEPS})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:halt_on_error=1;ASAN_OPTIONS=detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

# outrigger_fuzzer(NAME SOURCES ... DEPS ... CORPUS folder)
# SOURCES define LLVMFuzzerTestOneInput. With OUTRIGGER_FUZZ this is a libFuzzer program called NAME; in every other build it
# is a ctest of that name which replays each file of CORPUS, so the corpus is a regression test under g++ and the sanitizers.
function(outrigger_fuzzer name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;DEPS" ${ARGN})
  get_filename_component(corpus ${ARG_CORPUS} ABSOLUTE)
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE outrigger_flags ${ARG_DEPS})
  if(OUTRIGGER_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${name} -runs=0 ${corpus})
    if(NOT TARGET fuzzers)
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers ${name})
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name} COMMAND ${name} ${corpus})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT 120
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:halt_on_error=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

# outrigger_benchmark(NAME SOURCES ... DEPS ...)
# One Google Benchmark executable. As a test it runs each case for a moment only, so that it cannot rot.
function(outrigger_benchmark name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE outrigger_flags benchmark::benchmark benchmark::benchmark_main ${ARG_DEPS})
  add_test(NAME ${name} COMMAND ${name} --benchmark_min_time=0.001)
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
