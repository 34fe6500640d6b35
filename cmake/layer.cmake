# SPDX-License-Identifier: MIT
#
# km_layer(): one folder of src/ is one layer is one static archive.
#
#	km_layer(NAME <name> SOURCES <globs>... [EXCLUDE <regex>]
#		 DEPENDS <lower layers>... [OPTIONS <compiler options>...]
#		 [LIBRARIES <outside libraries>...])
#
# SOURCES are patterns, so that a new file needs no edit here. A layer without
# a source file (headers only) makes no archive, and a lower layer without an
# archive is left out of DEPENDS.

# What every compilation of the library itself gets: warnings, code generation.
add_library(km_flags INTERFACE)
target_include_directories(km_flags INTERFACE
	${PROJECT_SOURCE_DIR}/src
	${PROJECT_SOURCE_DIR}/include
	${PROJECT_BINARY_DIR}/include)
target_compile_definitions(km_flags INTERFACE _GNU_SOURCE)
target_compile_options(km_flags INTERFACE
	-Wall -Wextra -Wundef -Wcast-qual -Wwrite-strings
	$<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
	$<$<BOOL:${KM_WERROR}>:-Werror>
	-fasynchronous-unwind-tables)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
	target_compile_options(km_flags INTERFACE -mcx16)
endif()
if(KM_SANITIZE)
	add_compile_options(-fsanitize=${KM_SANITIZE} -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${KM_SANITIZE})
	if(KM_SANITIZE STREQUAL "undefined")
		add_compile_options(-fno-sanitize-recover=all)
	endif()
endif()

add_library(km_layer_flags INTERFACE)
target_link_libraries(km_layer_flags INTERFACE km_flags)
target_compile_options(km_layer_flags INTERFACE
	-fvisibility=hidden
	-fno-semantic-interposition
	-ftls-model=initial-exec
	$<$<CONFIG:Release>:-ffunction-sections>
	$<$<CONFIG:Release>:-fdata-sections>)

function(km_layer)
	cmake_parse_arguments(PARSE_ARGV 0 L "" "NAME;EXCLUDE"
		"SOURCES;DEPENDS;OPTIONS;LIBRARIES")
	list(TRANSFORM L_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
	file(GLOB sources CONFIGURE_DEPENDS ${L_SOURCES})
	if(L_EXCLUDE)
		list(FILTER sources EXCLUDE REGEX "${L_EXCLUDE}")
	endif()
	if(NOT sources)
		return()
	endif()

	add_library(km_${L_NAME} STATIC ${sources})
	set_target_properties(km_${L_NAME} PROPERTIES
		POSITION_INDEPENDENT_CODE ON)
	target_compile_options(km_${L_NAME} PRIVATE ${L_OPTIONS})
	target_link_libraries(km_${L_NAME} PUBLIC km_flags ${L_LIBRARIES})
	target_link_libraries(km_${L_NAME} PRIVATE km_layer_flags)
	foreach(lower IN LISTS L_DEPENDS)
		if(TARGET km_${lower})
			target_link_libraries(km_${L_NAME} PUBLIC km_${lower})
		endif()
	endforeach()
	set_property(GLOBAL APPEND PROPERTY KM_LAYERS ${L_NAME})
endfunction()
