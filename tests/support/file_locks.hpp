#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace libsql::testing {

/// Whether this process holds a lock on any byte of the file: only another process is told.
inline bool is_locked_here(const std::string& path) {
    const auto child = ::fork();
    if (child == 0) {
        struct flock wanted {};

        wanted.l_type = F_WRLCK;
        const int file = ::open(path.c_str(), O_RDWR);
        ::_exit(::fcntl(file, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 1;
}

}  // namespace libsql::testing
