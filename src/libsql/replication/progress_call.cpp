#include "libsql/replication/progress_call.hpp"

#include <exception>
#include <string>

namespace libsql::replication {

std::optional<error> call_progress(const sync_options& chosen, const sync_progress& now) noexcept {
    try {
        if (chosen.progress) {
            chosen.progress(now);
        }
        return std::nullopt;
    } catch (const std::exception& e) {
        return error(error_kind::interrupted, std::string("sync.progress threw: ") + e.what());
    } catch (...) {
        return error(error_kind::interrupted, "sync.progress threw");
    }
}

}  // namespace libsql::replication
