# SPDX-License-Identifier: Apache-2.0
# Cross-compiling for arm64 Linux on Debian: gcc-aarch64-linux-gnu, qemu-user, and the tree that
# scripts/sysroot makes (SGN_SYSROOT names another one).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

get_filename_component(tree ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
if(DEFINED ENV{SGN_SYSROOT})
    set(sysroot $ENV{SGN_SYSROOT})
else()
    set(sysroot ${tree}/build/sysroot-arm64)
endif()

set(CMAKE_SYSROOT ${sysroot})
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_C_FLAGS_INIT "--sysroot=${sysroot}")
# Libraries of libraries are found in the tree, not on the host.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${sysroot}/lib/aarch64-linux-gnu:${sysroot}/usr/lib/aarch64-linux-gnu")
set(CMAKE_CROSSCOMPILING_EMULATOR
    ${tree}/tests/qemu/run ${sysroot} ${CMAKE_BINARY_DIR}/tests/libexec_shim.so)
set(CMAKE_FIND_ROOT_PATH ${sysroot})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

set(ENV{PKG_CONFIG_SYSROOT_DIR} ${sysroot})
set(ENV{PKG_CONFIG_LIBDIR} ${sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig:${sysroot}/usr/share/pkgconfig)
