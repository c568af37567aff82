# ECTO_LIBSQL_SANITIZE: a list for -fsanitize=, applied to the engine and to our own code.
set(ECTO_LIBSQL_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined or thread")
if(ECTO_LIBSQL_SANITIZE)
    add_compile_options(-fsanitize=${ECTO_LIBSQL_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${ECTO_LIBSQL_SANITIZE})
    if(ECTO_LIBSQL_SANITIZE MATCHES "undefined")
        # Address sanitizer also detects an access through a null pointer, and checking it twice
        # takes a third of the compile time.
        add_compile_options(-fno-sanitize-recover=undefined -fno-sanitize=null)
    endif()
endif()
