# The engine: libSQL's C core with SQLite3MultipleCiphers, from the `libsql-ffi` crate.
#
# engine/Cargo.lock pins the version and the checksum. cargo is only used to download: even a cargo
# that is too old to read the crate's manifest (as in Debian 12) leaves the archive in its cache, so
# the archive is verified against the lock file and unpacked here. The result is the target
# `engine_object`, one object file whose only global symbols are `libsql_engine_*`, so that it can
# share a process with any other SQLite.

set(ECTO_LIBSQL_ENGINE_CRATE "" CACHE FILEPATH "The engine's .crate archive, when it was downloaded by other means")

file(READ ${PROJECT_SOURCE_DIR}/engine/Cargo.lock engine_lock)
string(REGEX MATCH "name = \"libsql-ffi\"\nversion = \"([^\"]+)\"\nsource = [^\n]+\nchecksum = \"([0-9a-f]+)\"" _ "${engine_lock}")
set(ENGINE_CRATE_VERSION ${CMAKE_MATCH_1})
set(ENGINE_CRATE_SHA256 ${CMAKE_MATCH_2})
if(NOT ENGINE_CRATE_SHA256)
    message(FATAL_ERROR "engine/Cargo.lock does not pin libsql-ffi")
endif()

function(engine_find_crate result)
    set(home "$ENV{CARGO_HOME}")
    if(NOT home)
        set(home "$ENV{HOME}/.cargo")
    endif()
    file(GLOB crates "${home}/registry/cache/*/libsql-ffi-${ENGINE_CRATE_VERSION}.crate")
    foreach(crate IN LISTS ECTO_LIBSQL_ENGINE_CRATE crates)
        if(EXISTS "${crate}")
            file(SHA256 "${crate}" sha256)
            if(sha256 STREQUAL ENGINE_CRATE_SHA256)
                set(${result} "${crate}" PARENT_SCOPE)
                return()
            endif()
            message(WARNING "${crate} does not have the pinned checksum; ignored")
        endif()
    endforeach()
    set(${result} "" PARENT_SCOPE)
endfunction()

function(engine_unpack)
    engine_find_crate(crate)
    if(NOT crate)
        find_program(CARGO_EXECUTABLE cargo)
        if(NOT CARGO_EXECUTABLE)
            message(FATAL_ERROR "cargo is needed to download the libSQL source (no Rust is compiled). "
                "On Debian: apt-get install cargo. Or set ECTO_LIBSQL_ENGINE_CRATE to libsql-ffi-${ENGINE_CRATE_VERSION}.crate.")
        endif()
        message(STATUS "Downloading libSQL ${ENGINE_CRATE_VERSION} with cargo")
        # Before 1.68 cargo has the sparse registry protocol only as an unstable feature. Without
        # it, cargo would clone the whole registry index.
        execute_process(
            COMMAND ${CMAKE_COMMAND} -E env RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_SPARSE_REGISTRY=true
                ${CARGO_EXECUTABLE} fetch --locked --target x86_64-unknown-linux-gnu
                --manifest-path ${PROJECT_SOURCE_DIR}/engine/Cargo.toml
            OUTPUT_VARIABLE output ERROR_VARIABLE output)
        engine_find_crate(crate)
        if(NOT crate)
            message(FATAL_ERROR "cargo did not download libsql-ffi ${ENGINE_CRATE_VERSION}:\n${output}")
        endif()
    endif()
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/engine/published)
    file(ARCHIVE_EXTRACT INPUT ${crate} DESTINATION ${PROJECT_BINARY_DIR}/engine/published
        PATTERNS "*/bundled/SQLite3MultipleCiphers/src/*" "*/bundled/SQLite3MultipleCiphers/LICENSE*")
endfunction()

set(engine_root ${PROJECT_BINARY_DIR}/engine/published/libsql-ffi-${ENGINE_CRATE_VERSION}/bundled/SQLite3MultipleCiphers)
set(ENGINE_LICENSE ${engine_root}/LICENSE)
if(NOT EXISTS ${engine_root}/src/sqlite3mc.c)
    engine_unpack()
endif()

# The compiled source: the published one with our corrections (docs/engine.md).
set(ENGINE_SOURCE_DIR ${PROJECT_BINARY_DIR}/engine/corrected)
# Headers for code that calls the engine: its own, and the generated engine_names.h and
# engine_corrections.h.
set(ENGINE_INCLUDE_DIRS ${ENGINE_SOURCE_DIR} ${PROJECT_BINARY_DIR}/engine)
set(engine_correct ${PROJECT_SOURCE_DIR}/cmake/correct_engine.cmake)
file(GLOB engine_corrections CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/corrections/*.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${engine_correct} ${engine_corrections})
set(state "${ENGINE_CRATE_SHA256}")
foreach(file IN LISTS engine_correct engine_corrections)
    file(SHA256 ${file} sha256)
    string(APPEND state "\n${sha256} ${file}")
endforeach()
set(stamp ${PROJECT_BINARY_DIR}/engine/corrected.stamp)
set(stamped "")
if(EXISTS ${stamp})
    file(READ ${stamp} stamped)
endif()
if(NOT stamped STREQUAL state)
    execute_process(COMMAND ${CMAKE_COMMAND} -D SOURCE=${engine_root}/src -D TARGET=${ENGINE_SOURCE_DIR}
        -P ${engine_correct} COMMAND_ERROR_IS_FATAL ANY)
    file(WRITE ${stamp} "${state}")
endif()

# engine_names.h renames every function of the C API to libsql_engine_*.
set(engine_names ${PROJECT_BINARY_DIR}/engine/engine_names.h)
set(names "")
foreach(header sqlite3.h sqlite3mc.h sqlite3mc_vfs.h)
    file(READ ${ENGINE_SOURCE_DIR}/${header} text)
    string(REGEX REPLACE "[];[]" " " text "${text}")
    string(REGEX MATCHALL "\nSQLITE_API[^(\n]*[ *](sqlite3|libsql_)[A-Za-z0-9_]*" declarations "${text}")
    foreach(declaration IN LISTS declarations)
        string(REGEX MATCH "[A-Za-z0-9_]+$" name "${declaration}")
        list(APPEND names ${name})
    endforeach()
endforeach()
list(REMOVE_DUPLICATES names)
list(LENGTH names count)
if(count LESS 300)
    message(FATAL_ERROR "only ${count} functions found in the engine's headers")
endif()
set(content "// Generated by cmake/engine.cmake.\n#pragma once\n")
foreach(name IN LISTS names)
    string(APPEND content "#define ${name} libsql_engine_${name}\n")
endforeach()
file(CONFIGURE OUTPUT ${engine_names} CONTENT "${content}" @ONLY)

# docs/decisions/0002-engine.md gives the reason for each option.
set(ENGINE_DEFINITIONS
    CODEC_TYPE=CODEC_TYPE_AES256
    LIBSQL_ENCRYPTION=1 LIBSQL_EXTRA_PRAGMAS=1 LIBSQL_CUSTOM_PAGER_CODEC=1
    SQLITE_CORE SQLITE_THREADSAFE=2 SQLITE_DQS=0 SQLITE_DEFAULT_FOREIGN_KEYS=1 SQLITE_TEMP_STORE=2
    SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_USE_ALLOCA SQLITE_USE_URI=1 SQLITE_SOUNDEX
    HAVE_USLEEP=1 HAVE_FDATASYNC=1 HAVE_LOCALTIME_R=1 HAVE_ISNAN=1
    SQLITE_ENABLE_MATH_FUNCTIONS SQLITE_ENABLE_PREUPDATE_HOOK SQLITE_ENABLE_SESSION
    SQLITE_ENABLE_COLUMN_METADATA SQLITE_ENABLE_DBSTAT_VTAB SQLITE_ENABLE_STMTVTAB
    SQLITE_ENABLE_FTS3 SQLITE_ENABLE_FTS3_PARENTHESIS SQLITE_ENABLE_FTS4 SQLITE_ENABLE_FTS5
    SQLITE_ENABLE_RTREE SQLITE_ENABLE_GEOPOLY
    SQLITE_ENABLE_UUID SQLITE_ENABLE_REGEXP SQLITE_ENABLE_SERIES SQLITE_ENABLE_SHA3)

add_library(engine_compiled OBJECT ${PROJECT_SOURCE_DIR}/src/libsql/engine/engine.c)
target_include_directories(engine_compiled PRIVATE ${ENGINE_INCLUDE_DIRS})
target_compile_definitions(engine_compiled PRIVATE ${ENGINE_DEFINITIONS})
# The engine is always optimised, whatever the build type, even if there is none: nobody debugs it
# line by line, and without optimisation it is 2.4 times slower. With sanitizers g++ 12 takes 70 s
# at -O1 and 200 s at -O2.
set(engine_level -O2)
set(engine_sanitize "")
if(ECTO_LIBSQL_SANITIZE)
    set(engine_level -O1)
    # libSQL reads a vector's floats in place from the page, whatever their alignment. For the
    # expression `(a ? five : three)[i]` in balance_nonroot(), g++ 12 assumes the size of the
    # smaller array.
    set(engine_sanitize -fno-sanitize=alignment,object-size)
endif()
target_compile_options(engine_compiled PRIVATE -w -include ${engine_names}
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-msse4.2;-maes>
    $<$<NOT:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>>:${engine_level}> ${engine_sanitize})
set_target_properties(engine_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON C_STANDARD 11
    C_VISIBILITY_PRESET hidden)

# ___asan_globals_registered is clang's own symbol. Address sanitizer needs one definition for the
# whole program.
set(ENGINE_OBJECT ${PROJECT_BINARY_DIR}/engine/engine.o)
add_custom_command(OUTPUT ${ENGINE_OBJECT}
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=libsql_engine_*
        --keep-global-symbol=___asan_globals_registered $<TARGET_OBJECTS:engine_compiled> ${ENGINE_OBJECT}
    DEPENDS engine_compiled $<TARGET_OBJECTS:engine_compiled>
    COMMENT "Hiding the engine's symbols" VERBATIM)
add_custom_target(engine_object DEPENDS ${ENGINE_OBJECT})
