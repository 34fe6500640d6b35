# SPDX-License-Identifier: MIT
# tests/support/test.cmake - how a test is declared
#
# km_test(NAME COMMAND ... [LABELS ...] [ENV NAME=VALUE ...] [CAN_SKIP])
#
# Its first label is its group, which is the first word of its name: the test
# unit.buddy.free has the label unit. All labels are in the list km_labels of
# scripts/lib.sh, and lint.groups and artefacts.groups compare. CAN_SKIP: the
# exit status 77 is "skipped".
#
# Tests with .slub7 behind their name run on SLUB in its other form. Those that
# KM_FORM_SMOKE matches run with all others, the rest has the label long.
#
# km_tests_file() writes tests.txt in the build folder: a line for each test,
# its name and the words of its command and environment, with tabs between. From
# it scripts/test --one knows what a test needs built.
#
# Those with .rseq behind their name run with percpu=rseq: KM_RSEQ_SMOKE with
# all others, the rest has the label long. km_rseq_env(OUT ENV...) adds that
# parameter to an environment.
include_guard(GLOBAL)

set(KM_FORM_SMOKE
	"^(unit[.]slub|(conformance[.]rows|torture[.](threads|fork)|misuse[.]double_later[.]here)[.]slub7$)")

set(KM_RSEQ_SMOKE
	"^(unit[.]shim[.]malloc|stress[.]api[.](fork|cross_free)|conformance[.]rows|torture[.](threads|fork|vfork|signals|handlers|fork_anywhere)|preload[.](memcached|perl))[.]rseq$")

function(km_rseq_env out)
	set(env ${ARGN})
	if(NOT env MATCHES "KMALLOC_CMDLINE=")
		list(APPEND env "KMALLOC_CMDLINE=percpu=rseq")
	else()
		list(TRANSFORM env REPLACE "^KMALLOC_CMDLINE=(.*)$"
			"KMALLOC_CMDLINE=\\1 percpu=rseq")
	endif()
	set(${out} ${env} PARENT_SCOPE)
endfunction()

function(km_test name)
	cmake_parse_arguments(PARSE_ARGV 1 T "CAN_SKIP" "" "COMMAND;LABELS;ENV")
	string(REGEX MATCH "^[a-z]+" group ${name})
	list(PREPEND T_LABELS ${group})
	if((name MATCHES "[.]slub7$" AND NOT name MATCHES "${KM_FORM_SMOKE}") OR
	   (name MATCHES "[.]rseq$" AND NOT name MATCHES "${KM_RSEQ_SMOKE}"))
		list(APPEND T_LABELS long)
	endif()
	list(REMOVE_ITEM T_LABELS "")
	list(REMOVE_DUPLICATES T_LABELS)
	set(words "") # a list would lose words that are empty
	foreach(word IN LISTS T_COMMAND)
		string(APPEND words " [==[${word}]==]")
	endforeach()
	cmake_language(EVAL CODE "add_test(NAME ${name} COMMAND ${words})")
	set_tests_properties(${name} PROPERTIES
		LABELS "${T_LABELS}" ENVIRONMENT "${T_ENV}")
	if(T_CAN_SKIP)
		set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
	endif()

	list(GET T_COMMAND 0 program)
	if(TARGET ${program})
		list(APPEND T_ENV $<TARGET_FILE:${program}>)
	endif()
	list(JOIN T_COMMAND "\t" command)
	list(JOIN T_ENV "\t" env)
	set_property(GLOBAL APPEND_STRING PROPERTY
		KM_TESTS "${name}\t${command}\t${env}\n")
endfunction()

function(km_tests_file)
	get_property(tests GLOBAL PROPERTY KM_TESTS)
	file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/tests.txt
		CONTENT "${tests}")
endfunction()
