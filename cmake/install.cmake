# `cmake --install`: headers, library, documents, CMake package and pkg-config file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS libsql ecto EXPORT ecto_libsqlTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/libsql ${PROJECT_SOURCE_DIR}/include/ecto
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# With what the documents link to.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    ${PROJECT_SOURCE_DIR}/CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/tests/modes.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/tests)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR}
    FILES_MATCHING PATTERN *.md)
install(FILES ${PROJECT_SOURCE_DIR}/elixir/README.md ${PROJECT_SOURCE_DIR}/elixir/CHANGELOG.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/elixir)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/elixir/docs ${PROJECT_SOURCE_DIR}/elixir/guides
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/elixir FILES_MATCHING PATTERN *.md)
install(FILES ${ENGINE_LICENSE} DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE.SQLite3MultipleCiphers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ecto_libsql)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/ecto_libsqlConfig.cmake.in
    ${PROJECT_BINARY_DIR}/ecto_libsqlConfig.cmake INSTALL_DESTINATION ${cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ecto_libsqlConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ecto_libsqlConfig.cmake ${PROJECT_BINARY_DIR}/ecto_libsqlConfigVersion.cmake
    DESTINATION ${cmake_dir})
install(EXPORT ecto_libsqlTargets NAMESPACE ecto_libsql:: DESTINATION ${cmake_dir})

# The prefix is computed from the location of the file, so that an installed tree can be moved.
file(RELATIVE_PATH PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
# Programs that link the archive also link its dependencies. They are not in Libs.private, because
# --static would then also add the private dependencies of libcurl, which is shared.
set(PC_REQUIRES Requires)
set(PC_LIBS " -pthread -ldl -lm")
if(BUILD_SHARED_LIBS)
    set(PC_REQUIRES Requires.private)
    set(PC_LIBS)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/ecto_libsql.pc.in ${PROJECT_BINARY_DIR}/ecto_libsql.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ecto_libsql.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
