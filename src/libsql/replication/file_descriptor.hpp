#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

namespace libsql::replication {

/// An open file; if it could not be opened, `errno` says why.
class file_descriptor {
public:
    file_descriptor(const std::string& path, int flags) noexcept {
        do {
            number_ = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
        } while (number_ < 0 && errno == EINTR);
    }

    ~file_descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    file_descriptor(const file_descriptor&) = delete;
    file_descriptor& operator=(const file_descriptor&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

    [[nodiscard]] int get() const noexcept { return number_; }

private:
    int number_{-1};
};

/// Gives a file created beside `database` the same permissions and, if this process may, the same
/// owner, as SQLite does.
inline void take_permissions(const file_descriptor& file, const std::string& database) {
    struct stat of {};

    if (::stat(database.c_str(), &of) == 0) {
        static_cast<void>(::fchmod(file.get(), of.st_mode & 0777));
        if (::geteuid() == 0) {
            static_cast<void>(::fchown(file.get(), of.st_uid, of.st_gid));
        }
    }
}

/// Makes the directory entries beside `path` durable, as far as the file system can.
inline void sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    const file_descriptor folder(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
    if (folder.is_open()) {
        ::fsync(folder.get());
    }
}

}  // namespace libsql::replication
