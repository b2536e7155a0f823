# SPDX-License-Identifier: Apache-2.0
# Libraries that the program opens when it first needs them (signer/base/library.h), and not the loader
# at every start.
#
# sgn_late_library(NAME LINK): makes target late_NAME from what pkg-config said of NAME. With LINK it
# stands for the library; else it has the headers' flags only, and the definition SGN_NAME_FILE: the name
# under which the library of these very headers is found at run time.
function(sgn_late_library name link)
    add_library(late_${name} INTERFACE)
    if(link)
        target_link_libraries(late_${name} INTERFACE PkgConfig::${name})
        return()
    endif()
    list(GET ${name}_LINK_LIBRARIES 0 file)
    execute_process(COMMAND ${CMAKE_READELF} -d ${file} OUTPUT_VARIABLE dynamic ERROR_QUIET)
    if(NOT dynamic MATCHES "SONAME[^[]*\\[([^]]+)\\]")
        message(FATAL_ERROR "${file} has no soname: pass -DSGN_LINK_${name}=ON to link it")
    endif()
    target_include_directories(late_${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIRS})
    target_compile_options(late_${name} INTERFACE ${${name}_CFLAGS_OTHER})
    target_compile_definitions(late_${name} INTERFACE SGN_${name}_FILE="${CMAKE_MATCH_1}")
endfunction()
