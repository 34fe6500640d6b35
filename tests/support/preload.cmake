# SPDX-License-Identifier: MIT
# tests/support/preload.cmake - programs that run under the preload libraries
#
# A test runs once for each of them: under its own name on libkmalloc-preload;
# with .slab behind its name, and the label slab, on libkmalloc-preload-slab;
# with .slub7, and the label form, on libkmalloc-preload-slub7;
# with .rseq, and the label rseq, on libkmalloc-preload with percpu=rseq.
#
# km_preload_find()			sets KM_PRELOAD to their targets, empty
#					under sanitizers
# km_preload_variant(LIBRARY)		sets KM_VARIANT and KM_VARIANT_LABEL to
#					what its tests' names and labels end in
# km_preload_program(NAME SOURCES...)	a program whose mallocs all happen
# km_preload_module(NAME SOURCES...)	the same, to be loaded by one
# km_preload_test(NAME COMMAND ... LABELS ... [BEFORE target] [ENV ...])
#					run with LD_PRELOAD set; BEFORE is a
#					module that is preloaded ahead of it
include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/test.cmake)

macro(km_preload_find)
	set(KM_PRELOAD "")
	if(NOT KM_SANITIZE)
		foreach(name IN ITEMS kmalloc_preload kmalloc_preload_slab
				kmalloc_preload_slub7)
			if(TARGET ${name})
				list(APPEND KM_PRELOAD ${name})
			endif()
		endforeach()
	endif()
endmacro()

function(km_preload_variant library)
	set(KM_VARIANT "" PARENT_SCOPE)
	set(KM_VARIANT_LABEL "" PARENT_SCOPE)
	if(library MATCHES "_slab$")
		set(KM_VARIANT .slab PARENT_SCOPE)
		set(KM_VARIANT_LABEL slab PARENT_SCOPE)
	elseif(library MATCHES "_slub7$")
		set(KM_VARIANT .slub7 PARENT_SCOPE)
		set(KM_VARIANT_LABEL form PARENT_SCOPE)
	endif()
endfunction()

function(km_preload_options target)
	target_include_directories(${target} PRIVATE
		${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
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
	cmake_parse_arguments(PARSE_ARGV 1 T "" "BEFORE" "COMMAND;LABELS;ENV")
	foreach(library IN LISTS KM_PRELOAD)
		km_preload_variant(${library})
		set(lib $<TARGET_FILE:${library}>)
		set(served KTEST_LIB=$<TARGET_FILE_NAME:${library}>)
		if(T_BEFORE)
			set(lib $<TARGET_FILE:${T_BEFORE}>:${lib})
		endif()
		km_test(${name}${KM_VARIANT} COMMAND ${T_COMMAND}
			LABELS ${T_LABELS} ${KM_VARIANT_LABEL}
			ENV LD_PRELOAD=${lib} ${served} ${T_ENV})
		if(library MATCHES "preload$")
			km_rseq_env(env LD_PRELOAD=${lib} ${served} ${T_ENV})
			km_test(${name}.rseq COMMAND ${T_COMMAND}
				LABELS ${T_LABELS} rseq ENV ${env})
		endif()
	endforeach()
endfunction()
