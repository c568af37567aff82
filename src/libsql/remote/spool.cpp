#include "libsql/remote/spool.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace libsql::remote {

namespace {

error failed(const char* what) {
    return error(error_kind::io,
                 std::string("cannot ") + what +
                     " the temporary file for unread rows: " + std::strerror(errno));
}

}  // namespace

result<void> spool::write(std::string_view bytes) {
    if (in_file_ == 0 && memory_.size() + bytes.size() <= most_in_memory) {
        memory_ += bytes;
        return {};
    }
    if (!file_) {
        file_.reset(std::tmpfile());
        if (!file_) {
            return failed("create");
        }
        std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // writes and reads are large
    }
    if (std::fseek(file_.get(), static_cast<long>(in_file_), SEEK_SET) != 0 ||
        std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
        return failed("write");
    }
    in_file_ += bytes.size();
    return {};
}

result<void> spool::read(std::string& into) {
    constexpr std::size_t piece = 64U * 1024;
    if (read_ < memory_.size()) {
        const std::size_t n = std::min(piece, memory_.size() - read_);
        into.append(memory_, read_, n);
        read_ += n;
        if (read_ == memory_.size()) {
            std::string().swap(memory_);
            read_ = 0;
        }
        return {};
    }
    const std::size_t n = std::min(piece, in_file_ - read_in_file_);
    if (n == 0) {
        return {};
    }
    const std::size_t before = into.size();
    into.resize(before + n);
    if (std::fseek(file_.get(), static_cast<long>(read_in_file_), SEEK_SET) != 0 ||
        std::fread(into.data() + before, 1, n, file_.get()) != n) {
        into.resize(before);
        return failed("read");
    }
    read_in_file_ += n;
    return {};
}

}  // namespace libsql::remote
