#include "databases.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace nif {
namespace {

using opened = libsql::result<std::shared_ptr<libsql::database>>;

/// State shared by all connections whose replica options are equal.
struct replica_entry {
    std::mutex opening;
    std::weak_ptr<libsql::database> database;  ///< protected by `opening`
    std::mutex token_mutex;
    libsql::auth_token token;
};

class replicas {
public:
    std::shared_ptr<replica_entry> at(const std::string& identity) {
        const std::lock_guard lock(mutex_);
        std::erase_if(entries_, [](const auto& e) { return e.second.use_count() == 0; });
        auto& known = entries_[identity];
        auto entry = known.lock();
        if (!entry) {
            known = entry = std::make_shared<replica_entry>();
        }
        return entry;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<replica_entry>> entries_;
};

opened open_alone(libsql::options chosen) {
    auto database = libsql::database::open(std::move(chosen));
    if (!database) {
        return database.error();
    }
    return std::make_shared<libsql::database>(*std::move(database));
}

}  // namespace

opened open_database(libsql::options chosen, const std::string& identity) {
    static replicas all;
    if (chosen.database.empty() || chosen.uri.empty()) {
        return open_alone(std::move(chosen));
    }
    auto entry = all.at(identity);
    if (!chosen.auth_token.empty()) {
        {
            const std::lock_guard lock(entry->token_mutex);
            entry->token = chosen.auth_token;
        }
        chosen.auth_token = libsql::auth_token([entry] {
            const std::lock_guard lock(entry->token_mutex);
            return entry->token.get();
        });
    }
    const std::lock_guard lock(entry->opening);
    if (auto known = entry->database.lock()) {
        return known;
    }
    auto made = open_alone(std::move(chosen));
    if (!made) {
        return made.error();
    }
    // The entry must live as long as the database.
    std::shared_ptr<libsql::database> shared((*made).get(), [kept = *made, entry](auto*) mutable {
        kept.reset();
        entry.reset();
    });
    entry->database = shared;
    return shared;
}

}  // namespace nif
