#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace libsql::testing {

/// A new directory, which is removed with everything in it.
class temporary_directory {
public:
    temporary_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "libsql_test_XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a directory like " + name);
        }
        path_ = name;
    }

    ~temporary_directory() {
        if (made_by_ != ::getpid()) {
            return;  // the child of a fork() ends
        }
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// The path of `name` in the directory.
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
    ::pid_t made_by_{::getpid()};
};

}  // namespace libsql::testing
