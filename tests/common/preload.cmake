# SPDX-License-Identifier: MIT
# tests/common/preload.cmake - programs that run under the preload library
#
# km_preload_program(NAME SOURCES...)	build NAME, never optimising malloc away
# km_preload_test(NAME COMMAND... LABELS ... [TIMEOUT s] [BEFORE target] [ENV ...])
#	run a command with LD_PRELOAD set; BEFORE is a module preloaded first
# km_preload_skip(VAR)	TRUE where preloading makes no sense: under sanitizers

include_guard(GLOBAL)
find_package(Threads REQUIRED)

function(km_preload_skip var)
  set(flags "${CMAKE_C_FLAGS} ${CMAKE_EXE_LINKER_FLAGS} ${KM_SANITIZE} ${KMALLOC_SANITIZE}")
  if(NOT TARGET kmalloc-preload OR flags MATCHES "sanitize|address|undefined|thread")
    set(${var} TRUE PARENT_SCOPE)
  else()
    set(${var} FALSE PARENT_SCOPE)
  endif()
endfunction()

function(km_preload_options target)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE -O1 -g -fno-builtin -Wall -Wextra
    $<$<C_COMPILER_ID:Clang>:-Wno-unknown-warning-option>
    -Wno-free-nonheap-object -Wno-use-after-free -Wno-mismatched-dealloc
    -Wno-alloc-size-larger-than -Wno-unused-result -Wno-deprecated-declarations)
  target_link_libraries(${target} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
endfunction()

function(km_preload_program name)
  add_executable(${name} ${ARGN})
  km_preload_options(${name})
endfunction()

function(km_preload_module name)
  add_library(${name} MODULE ${ARGN})
  km_preload_options(${name})
endfunction()

function(km_preload_test name)
  cmake_parse_arguments(T "" "TIMEOUT;BEFORE" "COMMAND;LABELS;ENV" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 60)
  endif()
  set(lib $<TARGET_FILE:kmalloc-preload>)
  if(T_BEFORE)
    set(lib $<TARGET_FILE:${T_BEFORE}>:${lib})
  endif()
  add_test(NAME ${name} COMMAND ${T_COMMAND})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "LD_PRELOAD=${lib};KTEST_LIB=$<TARGET_FILE_NAME:kmalloc-preload>;${T_ENV}"
    LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT})
endfunction()
