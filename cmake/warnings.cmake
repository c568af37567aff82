# Our own code compiles without a warning under g++ 12 and clang 19.
function(ecto_libsql_warnings target)
    if(NOT PROJECT_IS_TOP_LEVEL)
        return()
    endif()
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
        -Woverloaded-virtual -Wold-style-cast -Wcast-align -Werror>)
    # g++ 12 reports these two inside the standard library when it optimises (std::string's
    # operator+, std::variant under a sanitizer). clang and the sanitizers still detect real errors.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-maybe-uninitialized>)
    else()
        # clang reports std::stable_sort of g++ 12's library. g++ still checks our own code.
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-deprecated-declarations>)
    endif()
endfunction()
