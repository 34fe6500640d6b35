# SPDX-License-Identifier: MIT
# tests/common/preload.cmake - programs that run under the preload library
#
# km_preload_find()			sets KM_PRELOAD and KM_PRELOAD_STATIC to
#					the targets, empty under sanitizers
# km_preload_program(NAME SOURCES...)	a program whose mallocs all happen
# km_preload_module(NAME SOURCES...)	the same, to be loaded by one
# km_preload_test(NAME COMMAND ... LABELS ... [TIMEOUT s] [BEFORE target]
#		  [ENV ...])		run with LD_PRELOAD set; BEFORE is a
#					module that is preloaded ahead of it
include_guard(GLOBAL)

macro(km_preload_find)
	set(KM_PRELOAD "")
	set(KM_PRELOAD_STATIC "")
	if(NOT KM_SANITIZE)
		foreach(name IN ITEMS kmalloc_preload kmalloc-preload)
			if(TARGET ${name})
				set(KM_PRELOAD ${name})
			endif()
		endforeach()
		foreach(name IN ITEMS kmalloc_preload_static
				kmalloc-preload-static)
			if(TARGET ${name})
				set(KM_PRELOAD_STATIC ${name})
			endif()
		endforeach()
	endif()
endmacro()

function(km_preload_options target)
	target_include_directories(${target} PRIVATE
		${CMAKE_CURRENT_FUNCTION_LIST_DIR})
	target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
	target_compile_options(${target} PRIVATE
		-O1 -g -fno-builtin
		-Wall -Wextra -Wundef -Wcast-qual -Wwrite-strings
		$<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
		$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
		$<$<BOOL:${KM_WERROR}>:-Werror>
		$<$<C_COMPILER_ID:Clang>:-Wno-unknown-warning-option>
		$<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fsized-deallocation>
		-Wno-alloc-size-larger-than -Wno-free-nonheap-object
		-Wno-use-after-free -Wno-mismatched-dealloc
		-Wno-unused-result -Wno-deprecated-declarations)
	target_link_libraries(${target} PRIVATE
		pthread ${CMAKE_DL_LIBS})
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
	cmake_parse_arguments(T "" "TIMEOUT;BEFORE" "COMMAND;LABELS;ENV"
		${ARGN})
	if(NOT T_TIMEOUT)
		set(T_TIMEOUT 60)
	endif()
	set(lib $<TARGET_FILE:${KM_PRELOAD}>)
	set(served KTEST_LIB=$<TARGET_FILE_NAME:${KM_PRELOAD}>)
	if(T_BEFORE)
		set(lib $<TARGET_FILE:${T_BEFORE}>:${lib})
	endif()
	add_test(NAME ${name} COMMAND ${T_COMMAND})
	set_tests_properties(${name} PROPERTIES
		ENVIRONMENT "LD_PRELOAD=${lib};${served};${T_ENV}"
		LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT})
endfunction()
