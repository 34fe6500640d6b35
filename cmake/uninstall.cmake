# SPDX-License-Identifier: MIT
#
# uninstall.cmake - removes what the last install of this build wrote, and the
# folders named after the library that are empty then. Run in the build folder,
# by target uninstall.
cmake_minimum_required(VERSION 3.25)

if(NOT EXISTS install_manifest.txt)
	message(FATAL_ERROR "nothing was installed from here: no "
		"install_manifest.txt in ${CMAKE_CURRENT_BINARY_DIR}")
endif()
file(STRINGS install_manifest.txt files)
set(folders "")
foreach(file IN LISTS files)
	set(file "$ENV{DESTDIR}${file}")
	if(EXISTS "${file}" OR IS_SYMLINK "${file}")
		file(REMOVE "${file}")
		message(STATUS "removed ${file}")
	endif()
	cmake_path(GET file PARENT_PATH folder)
	list(APPEND folders "${folder}")
endforeach()

# The deepest first; a folder that holds something of others stays.
list(REMOVE_DUPLICATES folders)
list(SORT folders ORDER DESCENDING)
foreach(folder IN LISTS folders)
	while(folder MATCHES "kmalloc")
		file(GLOB left "${folder}/*")
		if(left OR NOT IS_DIRECTORY "${folder}")
			break()
		endif()
		file(REMOVE_RECURSE "${folder}")
		cmake_path(GET folder PARENT_PATH folder)
	endwhile()
endforeach()
file(REMOVE install_manifest.txt)
