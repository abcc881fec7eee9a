# SPDX-License-Identifier: BSD-3-Clause
# What `cmake --install` puts where; tests/install builds an application against it.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/upciedev)

install(TARGETS upciedev EXPORT upciedev-targets)
install(TARGETS upciedev-gencard)
install(DIRECTORY include/upciedev TYPE INCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/kernel/include/uapi/linux/upciedev.h
              ${PROJECT_SOURCE_DIR}/kernel/include/uapi/linux/upciedev_peer.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/linux)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/devices DESTINATION ${CMAKE_INSTALL_DATADIR}/upciedev
        FILES_MATCHING PATTERN *.yaml PATTERN *.schema.json)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/udev/60-upciedev.rules DESTINATION lib/udev/rules.d)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/udev/upciedev.sysusers DESTINATION lib/sysusers.d
        RENAME upciedev.conf)

install(EXPORT upciedev-targets NAMESPACE upciedev:: DESTINATION ${package_folder})
set(plugin_folder ${CMAKE_INSTALL_LIBDIR}/upciedev)
configure_package_config_file(upciedev-config.cmake.in upciedev-config.cmake
                              INSTALL_DESTINATION ${package_folder} PATH_VARS plugin_folder)
write_basic_package_version_file(upciedev-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/upciedev-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/upciedev-config-version.cmake
        DESTINATION ${package_folder})

file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(upciedev.pc.in upciedev.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/upciedev.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
