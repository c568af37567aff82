#!/usr/bin/env bash
# One consumption test: run.sh static|shared TEST FOLDER VERSION LIBRARY_BUILD. All that it builds is
# in FOLDER. What the others use is installed by the first: static what LIBRARY_BUILD has, shared what
# add_subdirectory builds.
set -euo pipefail
kind=$1 test=$2 folder=$3/$1 version=$4 library_build=$5
projects=$(cd "$(dirname "$0")" && pwd)
prefix=$folder/prefix
build=$folder/$test

fail() {
    echo "$*" >&2
    exit 1
}

# What CMake takes from the environment; it saves minutes.
if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

configure_and_build() {
    cmake -G Ninja -S "$projects/$test" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" "$@"
    cmake --build "$build"
}

run_consumer() {
    local output
    output=$("$build/consumer")
    echo "$output"
    grep -qxE "driver ${version//./\\.}, SQLite [0-9.]+, libSQL [0-9.]+, cipher aes256cbc" <<<"$output" ||
        fail "the consumer does not say which versions it runs"
    local needed=static
    readelf -d "$build/consumer" | grep -q 'NEEDED.*libecto_libsql' && needed=shared
    [[ $needed == "$kind" ]] || fail "the consumer is linked $needed"
}

none() {
    [[ -z $2 ]] || fail "$1:"$'\n'"$2"
}

case $test in
install)
    rm -rf "$prefix"
    cmake --install "$library_build" --prefix "$prefix"
    ;;
add_subdirectory)
    # The engine is optimised whatever the build type is; the driver too, when a project names none.
    for type in '' Debug Release RelWithDebInfo MinSizeRel OfOurOwn; do
        cmake -G Ninja -S "$projects/$test" -B "$build.typed" -DCMAKE_BUILD_TYPE="$type" \
            -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DECTO_LIBSQL_SOURCE="$projects/../.." >/dev/null
        compiled=$(grep '"command"' "$build.typed/compile_commands.json")
        grep -F /engine.c <<<"$compiled" | grep -qE -e ' -O([23s]) ' || fail "the engine is not optimised with the build type '$type'"
        [[ -n $type ]] || none "not optimised without a build type" "$(grep -F /src/libsql/ <<<"$compiled" | grep -vF -e ' -O2 ')"
    done
    # Nothing here depends on the optimiser, which would take most of the time.
    configure_and_build -DCMAKE_C_FLAGS_RELEASE=-O0 -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DBUILD_SHARED_LIBS=ON -DECTO_LIBSQL_SOURCE="$projects/../.." -DECTO_LIBSQL_INSTALL=ON
    run_consumer
    rm -rf "$prefix"
    cmake --install "$build" --prefix "$prefix"
    ;;
find_package)
    rm -rf "$build"
    configure_and_build
    run_consumer
    ;;
pkg_config)
    rm -rf "$build"
    mkdir -p "$build"
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    make -C "$build" -f "$projects/pkg_config/Makefile"
    LD_LIBRARY_PATH=$prefix/lib run_consumer
    ;;
with_system_sqlite)
    rm -rf "$build"
    configure_and_build
    for order in ours_then_SHARED SHARED_then_ours ours_then_STATIC STATIC_then_ours; do
        echo "$order:"
        "$build/$order" "$build/$order.db"
    done
    ;;
symbols)
    if [[ $kind == shared ]]; then
        names=$(nm --dynamic --demangle --defined-only "$prefix/lib/libecto_libsql.so" | cut -d' ' -f3-)
        none "exported besides our API" "$(grep -vE '^((vtable|typeinfo|typeinfo name) for )?libsql::' <<<"$names")"
        grep -qx 'libsql::engine()' <<<"$names" || fail "the API is not exported"
    else
        names=$(nm --extern-only --defined-only "$prefix/lib/libecto_libsql.a" | awk 'NF == 3 { print $3 }')
        none "may clash with another SQLite" "$(grep -vE '^(_Z|libsql_engine_|DW\.ref\.)' <<<"$names")"
        grep -qx 'libsql_engine_sqlite3_open_v2' <<<"$names" || fail "the engine is not in the archive"
    fi
    ;;
*) fail "no such test: $test" ;;
esac
