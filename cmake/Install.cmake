# install() rules and the package that find_package(stillage) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS stillage EXPORT stillageTargets)
install(DIRECTORY include/stillage DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS stillage_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES docs/stillage.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/stillage)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/stillage)
install(EXPORT stillageTargets NAMESPACE stillage:: DESTINATION ${package_dir})
configure_package_config_file(cmake/stillageConfig.cmake.in ${CMAKE_BINARY_DIR}/stillageConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/stillageConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/stillageConfig.cmake ${CMAKE_BINARY_DIR}/stillageConfigVersion.cmake
        DESTINATION ${package_dir})
