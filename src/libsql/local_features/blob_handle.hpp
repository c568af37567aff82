#pragma once

#include "libsql/local/connection.hpp"

#include <libsql/blob_io.hpp>
#include <libsql/result.hpp>

#include <memory>

namespace libsql::local {

/// An open blob of the engine, a dependant of its connection.
class blob_handle final : public dependant {
public:
    /// `owner` must be a local connection.
    blob_handle(std::shared_ptr<detail::backend> owner, blob_place where,
                blob_access access) noexcept;
    ~blob_handle();

    result<void> open();
    result<std::size_t> size();
    result<void> read(std::span<std::byte> into, std::size_t offset);
    result<void> write(blob_view from, std::size_t offset);
    result<void> reopen(std::int64_t rowid);
    result<void> close();
    void connection_closing() noexcept override;

private:
    result<void> open_inside();
    [[nodiscard]] std::optional<error> refused(const connection::call& inside) const;
    [[nodiscard]] std::optional<error> out_of_range(std::size_t size, std::size_t offset) const;
    result<void> check(int rc);

    /// Reads or writes all of `bytes` by a function of the engine.
    template <class Bytes, class Transfer>
    result<void> transfer(Bytes bytes, std::size_t offset, Transfer* by);

    std::shared_ptr<detail::backend> keep_owner_;
    connection& owner_;
    blob_place where_;
    blob_access access_;
    sqlite3_blob* engine_{nullptr};
    bool is_open_{false};
    bool expired_{false};
};

}  // namespace libsql::local
