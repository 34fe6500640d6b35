# SPDX-License-Identifier: MIT
#
# km_layer(): one room of src/rooms.txt is one static archive.
#
#	km_layer(NAME <name> SOURCES <globs>... [EXCLUDE <regex>]
#		 [DEPENDS <archives>...] [OPTIONS <compiler options>...]
#		 [LIBRARIES <outside libraries>...])
#
# The archive of room a/b is km_a_b. SOURCES are patterns, so that a new file
# needs no edit here. A room without a source file (headers only) makes no
# archive. Rooms get the archives they may use from km_link_rooms(); DEPENDS is
# for archives beside them, and what does not exist is left out of it.

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
	target_compile_options(km_flags INTERFACE -mcx16 -fcf-protection)
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
	-fstack-protector-strong
	$<$<CONFIG:Release>:-U_FORTIFY_SOURCE>
	$<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>
	$<$<CONFIG:Release>:-ffunction-sections>
	$<$<CONFIG:Release>:-fdata-sections>)

# km_rooms(): sets KM_ROOMS to all rooms, lowest first, and for each room
# KM_USES_<archive> to the rooms that it may use: those of the lines above its
# own in src/rooms.txt, which are lower.
macro(km_rooms)
	set(KM_ROOMS "")
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
		${PROJECT_SOURCE_DIR}/src/rooms.txt)
	file(STRINGS ${PROJECT_SOURCE_DIR}/src/rooms.txt km_lines REGEX "^[a-z]")
	foreach(line IN LISTS km_lines)
		string(REGEX MATCHALL "[a-z/]+" names "${line}")
		foreach(room IN LISTS names)
			km_archive_of(archive ${room})
			set(KM_USES_${archive} ${KM_ROOMS})
		endforeach()
		list(APPEND KM_ROOMS ${names})
	endforeach()
endmacro()

# km_archive_of(<out> <room>): the name of its archive, without km_
function(km_archive_of out room)
	string(REPLACE / _ archive ${room})
	set(${out} ${archive} PARENT_SCOPE)
endfunction()

# Links the archives of all rooms to those they may use, when all exist.
function(km_link_rooms)
	foreach(room IN LISTS KM_ROOMS)
		km_archive_of(archive ${room})
		if(NOT TARGET km_${archive})
			continue()
		endif()
		set(uses ${KM_USES_${archive}})
		list(REVERSE uses)
		foreach(other IN LISTS uses)
			km_archive_of(lower ${other})
			if(TARGET km_${lower})
				target_link_libraries(km_${archive} PUBLIC
					km_${lower})
			endif()
		endforeach()
	endforeach()
endfunction()

function(km_layer)
	cmake_parse_arguments(PARSE_ARGV 0 L "" "NAME;EXCLUDE"
		"SOURCES;DEPENDS;OPTIONS;LIBRARIES")
	km_archive_of(L_NAME ${L_NAME})
	list(TRANSFORM L_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
	file(GLOB sources CONFIGURE_DEPENDS ${L_SOURCES})
	if(L_EXCLUDE)
		list(FILTER sources EXCLUDE REGEX "${L_EXCLUDE}")
	endif()
	if(NOT sources)
		return()
	endif()

	add_library(km_${L_NAME} STATIC ${sources})
	set_property(GLOBAL APPEND PROPERTY KM_ARCHIVES km_${L_NAME})
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
endfunction()

# km_list_objects(<file>): writes the names of all objects of the library to it
function(km_list_objects file)
	get_property(archives GLOBAL PROPERTY KM_ARCHIVES)
	set(text "")
	foreach(archive IN LISTS archives)
		string(APPEND text
			"$<JOIN:$<TARGET_OBJECTS:${archive}>,\n>\n")
	endforeach()
	file(GENERATE OUTPUT ${file} CONTENT "${text}")
endfunction()
