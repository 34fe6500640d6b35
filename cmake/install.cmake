# SPDX-License-Identifier: MIT
#
# Where things are installed, and how others find them: pkg-config files
# kmalloc, kmalloc-preload and kmalloc-preload-slab, CMake package kmalloc with
# kmalloc::kmalloc, kmalloc::preload, kmalloc::preload_slab and the same with
# _static, manual pages and documents. Each function of include/kmalloc has a
# page, which cmake/manual.awk makes during the install. Programs and shared
# libraries are installed stripped, archives without debug information. Target
# uninstall removes what the last install wrote.
include(CMakePackageConfigHelpers)

set(KM_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/kmalloc)
set(KM_PKGCONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# .pc files name the prefix relative to themselves: the tree can be moved.
file(RELATIVE_PATH KM_PC_PREFIX /prefix/${KM_PKGCONFIG_DIR} /prefix)
string(REGEX REPLACE "/$" "" KM_PC_PREFIX "${KM_PC_PREFIX}")

set(targets "")
if(TARGET kmalloc)
	list(APPEND targets kmalloc kmalloc_static)
	configure_file(cmake/kmalloc.pc.in kmalloc.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/kmalloc.pc
		DESTINATION ${KM_PKGCONFIG_DIR})
	install(DIRECTORY include/kmalloc TYPE INCLUDE
		FILES_MATCHING PATTERN "*.h")
	install(FILES docs/man/kmalloc.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
	find_program(KM_AWK awk REQUIRED)
	configure_file(cmake/manual.cmake.in manual.cmake @ONLY)
	install(SCRIPT ${PROJECT_BINARY_DIR}/manual.cmake)
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

install(CODE "set(CMAKE_INSTALL_DO_STRIP 1)")
install(TARGETS ${targets} EXPORT kmallocTargets)
foreach(target IN LISTS targets)
	if(target MATCHES "_static$")
		install(CODE "execute_process(COMMAND \"${CMAKE_STRIP}\" -g
			\"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/$<TARGET_FILE_NAME:${target}>\"
			COMMAND_ERROR_IS_FATAL ANY)")
	endif()
endforeach()
install(FILES LICENSE README.md TYPE DOC)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR}
	FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png" PATTERN man EXCLUDE)
add_custom_target(uninstall
	COMMAND ${CMAKE_COMMAND} -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake
	WORKING_DIRECTORY ${PROJECT_BINARY_DIR} VERBATIM
	COMMENT "Removing what install_manifest.txt names")
install(EXPORT kmallocTargets NAMESPACE kmalloc:: DESTINATION ${KM_CMAKE_DIR})
file(WRITE ${PROJECT_BINARY_DIR}/kmallocConfig.cmake
	"include(\"\${CMAKE_CURRENT_LIST_DIR}/kmallocTargets.cmake\")\n")
write_basic_package_version_file(
	${PROJECT_BINARY_DIR}/kmallocConfigVersion.cmake
	COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kmallocConfig.cmake
	${PROJECT_BINARY_DIR}/kmallocConfigVersion.cmake
	DESTINATION ${KM_CMAKE_DIR})
