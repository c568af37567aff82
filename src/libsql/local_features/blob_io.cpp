#include "libsql/local_features/blob_handle.hpp"
#include "libsql/local_features/on_local.hpp"

#include <libsql/blob_io.hpp>

namespace libsql {

namespace {

error moved_from() {
    return error(error_kind::closed, "the blob was moved from");
}

}  // namespace

blob_io::blob_io(std::unique_ptr<local::blob_handle> opened) noexcept
    : handle_(std::move(opened)) {}

blob_io::blob_io(blob_io&&) noexcept = default;
blob_io& blob_io::operator=(blob_io&&) noexcept = default;
blob_io::~blob_io() = default;

result<blob_io> blob_io::open(executor& on, blob_place where, blob_access access) {
    if (auto local = local::connection_of(on, "blob_io"); !local) {
        return local.error();
    }
    auto handle =
        std::make_unique<local::blob_handle>(detail::access::shared(on), std::move(where), access);
    if (auto opened = handle->open(); !opened) {
        return opened.error();
    }
    return blob_io(std::move(handle));
}

result<std::size_t> blob_io::size() const {
    return handle_ ? handle_->size() : moved_from();
}

result<void> blob_io::read(std::span<std::byte> into, std::size_t offset) {
    return handle_ ? handle_->read(into, offset) : moved_from();
}

result<void> blob_io::write(blob_view from, std::size_t offset) {
    return handle_ ? handle_->write(from, offset) : moved_from();
}

result<void> blob_io::reopen(std::int64_t rowid) {
    return handle_ ? handle_->reopen(rowid) : moved_from();
}

result<void> blob_io::close() {
    return handle_ ? handle_->close() : moved_from();
}

}  // namespace libsql
