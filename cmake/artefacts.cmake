# SPDX-License-Identifier: MIT
#
# What the rooms are linked into: libkmalloc-preload.{so,a}, which replace
# malloc on SLUB, libkmalloc-preload-slab.{so,a}, the same on SLAB, and
# libkmalloc.so.1 with libkmalloc.a, which export the kernel's names and have
# both. A library is left out while its top room has no source file, libkmalloc
# where liburcu is missing.
#
# The .a of each is one relocatable object in which everything but the exports
# of the version script is local, so that both fit into one static program.

# The engine is every room but the slab allocators and the two doors.
set(KM_ENGINE ${KM_ROOMS})
list(REMOVE_ITEM KM_ENGINE slab slub shim api)
set(KM_PRELOAD_MAP ${PROJECT_SOURCE_DIR}/src/shim/preload.map)
set(KM_API_MAP ${PROJECT_SOURCE_DIR}/src/kmalloc.map)
set(KM_TABLES ${PROJECT_SOURCE_DIR}/cmake/tables.ld)
set(KM_ORDER ${PROJECT_SOURCE_DIR}/cmake/order.ld)

# The archives of the named rooms that exist.
function(km_archives out)
	set(archives "")
	foreach(room IN LISTS ARGN)
		km_archive_of(archive ${room})
		if(TARGET km_${archive})
			list(APPEND archives km_${archive})
		endif()
	endforeach()
	set(${out} ${archives} PARENT_SCOPE)
endfunction()

# What is in them: every object, not only those that something refers to.
function(km_objects out)
	set(objects "")
	foreach(archive IN LISTS ARGN)
		list(APPEND objects $<TARGET_OBJECTS:${archive}>)
	endforeach()
	set(${out} ${objects} PARENT_SCOPE)
endfunction()

# A shared library of whole archives, exporting what the script says.
function(km_shared target map)
	km_objects(objects ${ARGN})
	add_library(${target} SHARED ${objects})
	set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
	target_link_options(${target} PRIVATE
		-Wl,--version-script=${map}
		-Wl,-z,defs -Wl,-z,now -Wl,-z,relro
		-Wl,--hash-style=gnu -Wl,--as-needed
		-Wl,-Bsymbolic-functions
		-Wl,-T,${KM_TABLES} -Wl,-T,${KM_ORDER}
		$<$<CONFIG:Release>:-Wl,--gc-sections>)
	set_target_properties(${target} PROPERTIES
		LINK_DEPENDS "${map};${KM_TABLES};${KM_ORDER}")
endfunction()

# A static library of one object, made of the same archives.
function(km_relocatable target name map)
	km_objects(objects ${ARGN})
	set(whole ${PROJECT_BINARY_DIR}/${target}.whole.o)
	set(object ${PROJECT_BINARY_DIR}/${target}.o)
	set(keep ${PROJECT_BINARY_DIR}/${target}.keep)
	add_custom_command(OUTPUT ${object}
		COMMAND ${CMAKE_LINKER} -r -T ${KM_TABLES} -o ${whole}
			${objects}
		COMMAND sed -n -f ${PROJECT_SOURCE_DIR}/cmake/exports.sed
			${map} > ${keep}
		COMMAND ${CMAKE_OBJCOPY} --localize-hidden --wildcard
			--keep-global-symbols=${keep} ${whole} ${object}
		COMMAND ${CMAKE_COMMAND} -E rm ${whole}
		DEPENDS ${objects} ${map} ${KM_TABLES}
			${PROJECT_SOURCE_DIR}/cmake/exports.sed
		COMMAND_EXPAND_LISTS VERBATIM
		COMMENT "Linking ${target} into one object")
	set_source_files_properties(${object} PROPERTIES
		EXTERNAL_OBJECT ON GENERATED ON)
	add_library(${target} STATIC ${object})
	set_target_properties(${target} PROPERTIES
		OUTPUT_NAME ${name} LINKER_LANGUAGE C)
endfunction()

# km_preload_library(SUFFIX ROOM BACKEND): libkmalloc-preload<SUFFIX>.{so,a}, on
# that slab allocator, as the archive backend_BACKEND lists it
function(km_preload_library suffix room backend)
	if(NOT KM_BUILD_PRELOAD OR NOT TARGET km_shim)
		return()
	endif()
	string(REPLACE - _ tail "${suffix}")
	set(target kmalloc_preload${tail})
	km_archives(archives ${KM_ENGINE} ${room} backend_${backend} shim)
	km_archives(shared_only shim_shared)
	km_shared(${target} ${KM_PRELOAD_MAP} ${archives} ${shared_only})
	set_target_properties(${target} PROPERTIES
		OUTPUT_NAME kmalloc-preload${suffix} EXPORT_NAME preload${tail})
	# Never unloaded: threads and exit handlers still free. Initialized
	# first: our handlers of fork() are then the last to prepare.
	target_link_options(${target} PRIVATE
		-Wl,-z,nodelete -Wl,-z,initfirst)

	km_relocatable(${target}_static kmalloc-preload${suffix}
		${KM_PRELOAD_MAP} ${archives})
	set_target_properties(${target}_static PROPERTIES
		EXPORT_NAME preload${tail}_static)
endfunction()

function(km_api_library)
	if(NOT TARGET km_api)
		return()
	endif()
	km_archives(archives ${KM_ENGINE} slab slub backends sys_hwloc api)
	km_shared(kmalloc ${KM_API_MAP} ${archives})
	set_target_properties(kmalloc PROPERTIES
		VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
	target_link_options(kmalloc PRIVATE -Wl,-z,nodelete)

	# hwloc needs what no static library is for (libudev): left out there.
	list(REMOVE_ITEM archives km_sys_hwloc)
	km_relocatable(kmalloc_static kmalloc ${KM_API_MAP} ${archives})
	target_link_libraries(kmalloc PRIVATE PkgConfig::LIBURCU)
	target_link_libraries(kmalloc_static INTERFACE urcu-bp urcu-common)
	if(TARGET km_sys_hwloc)
		target_link_libraries(kmalloc PRIVATE PkgConfig::HWLOC)
	endif()
	foreach(target IN ITEMS kmalloc kmalloc_static)
		target_include_directories(${target} INTERFACE
			$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
			$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
	endforeach()
endfunction()
