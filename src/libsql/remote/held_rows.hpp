#pragma once

#include <libsql/detail/row_source.hpp>
#include <libsql/result_set.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace libsql::remote {

/// The rows of a result that is here as a whole. Ends itself when it is released.
class held_rows final : public detail::row_source {
public:
    explicit held_rows(result_set all) : all_(std::move(all)) {}

    detail::step_status step() noexcept override;
    error take_error() override;

    std::size_t column_count() noexcept override { return all_.columns.size(); }

    std::string_view column_name(std::size_t i) noexcept override { return all_.columns[i].name; }

    result<std::vector<column>> columns() override { return all_.columns; }

    std::int64_t rows_affected() noexcept override { return all_.executed.rows_affected; }

    std::uint64_t rows_read() noexcept override { return all_.executed.rows_read; }

    std::uint64_t rows_written() noexcept override { return all_.executed.rows_written; }

    void release() noexcept override { delete this; }

private:
    result_set all_;
    std::size_t next_{0};
    std::vector<detail::cell> row_;
};

}  // namespace libsql::remote
