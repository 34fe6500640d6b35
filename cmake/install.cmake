# SPDX-License-Identifier: MIT
#
# Where things are installed, and how others find them: pkg-config files
# kmalloc, kmalloc-preload and kmalloc-preload-slab, CMake package kmalloc with
# kmalloc::kmalloc, kmalloc::preload, kmalloc::preload_slab and the same with
# _static, and manual pages.
include(CMakePackageConfigHelpers)

set(KM_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/kmalloc)
set(KM_PKGCONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# .pc files name the prefix relative to themselves: the tree can be moved.
file(RELATIVE_PATH KM_PC_PREFIX /prefix/${KM_PKGCONFIG_DIR} /prefix)
string(REGEX REPLACE "/$" "" KM_PC_PREFIX "${KM_PC_PREFIX}")
set(KM_PC_PRIVATE liburcu-bp)
if(TARGET km_sys_hwloc)
	string(APPEND KM_PC_PRIVATE " hwloc")
endif()

set(targets "")
if(TARGET kmalloc)
	list(APPEND targets kmalloc kmalloc_static)
	configure_file(cmake/kmalloc.pc.in kmalloc.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/kmalloc.pc
		DESTINATION ${KM_PKGCONFIG_DIR})
	install(DIRECTORY include/kmalloc TYPE INCLUDE
		FILES_MATCHING PATTERN "*.h")
	install(FILES docs/man/kmalloc.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
endif()
foreach(suffix IN ITEMS "" "-slab")
	string(REPLACE - _ target "kmalloc-preload${suffix}")
	if(NOT TARGET ${target})
		continue()
	endif()
	list(APPEND targets ${target} ${target}_static)
	set(KM_PC_NAME kmalloc-preload${suffix})
	configure_file(cmake/kmalloc-preload.pc.in ${KM_PC_NAME}.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/${KM_PC_NAME}.pc
		DESTINATION ${KM_PKGCONFIG_DIR})
endforeach()
if(TARGET kmalloc_preload)
	install(FILES docs/man/kmalloc-preload.7
		DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
endif()
if(NOT targets)
	return()
endif()

install(TARGETS ${targets} EXPORT kmallocTargets)
install(EXPORT kmallocTargets NAMESPACE kmalloc:: DESTINATION ${KM_CMAKE_DIR})
file(WRITE ${PROJECT_BINARY_DIR}/kmallocConfig.cmake
	"include(\"\${CMAKE_CURRENT_LIST_DIR}/kmallocTargets.cmake\")\n")
write_basic_package_version_file(
	${PROJECT_BINARY_DIR}/kmallocConfigVersion.cmake
	COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kmallocConfig.cmake
	${PROJECT_BINARY_DIR}/kmallocConfigVersion.cmake
	DESTINATION ${KM_CMAKE_DIR})
