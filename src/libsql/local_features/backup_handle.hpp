#pragma once

#include "libsql/local/connection.hpp"

#include <libsql/backup.hpp>
#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <memory>
#include <string>

namespace libsql::local {

/// A running backup of the engine. It is a dependant of its source, and reserves its destination.
class backup_handle final : public dependant {
public:
    /// Both must be local connections, and different ones.
    backup_handle(std::shared_ptr<detail::backend> source,
                  std::shared_ptr<detail::backend> destination) noexcept;
    ~backup_handle();

    result<void> start(const backup_schemas& schemas);
    result<bool> step(int pages, deadline until);
    result<void> finish();

    void connection_closing() noexcept override { static_cast<void>(end()); }

    [[nodiscard]] backup_progress progress() const noexcept { return progress_; }

    /// True if one of the connections was interrupted since it last ran a statement.
    [[nodiscard]] bool is_interrupted() const noexcept;

private:
    [[nodiscard]] std::optional<error> refused(const backup_schemas& schemas);
    error step_error(int rc, deadline until) const;
    int end() noexcept;

    std::shared_ptr<detail::backend> keep_source_;
    std::shared_ptr<detail::backend> keep_destination_;
    connection& source_;
    connection& destination_;
    std::string source_schema_;
    sqlite3_backup* engine_{nullptr};
    bool complete_{false};
    backup_progress progress_;
};

}  // namespace libsql::local
