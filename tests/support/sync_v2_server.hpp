#pragma once

#include "support/engine_database.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"

#include <simdjson.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql::testing {

/// A primary of the newer sync protocol as far as it is specified: a database of the real engine,
/// whose log is served and extended frame by frame. It runs the statements of Hrana pipelines, and
/// includes in the replies only what the tests read. To cause failures, a test sets `on_reply`,
/// which may change each reply.
class sync_v2_server {
public:
    static constexpr std::size_t frame_size = 4120;

    using fault = std::function<scripted_reply(const scripted_request&, scripted_reply)>;

    sync_v2_server() {
        open();
        remember_export();
    }

    ~sync_v2_server() {
        server_.reset();
        sqlite3_close_v2(db_);
    }

    sync_v2_server(const sync_v2_server&) = delete;
    sync_v2_server& operator=(const sync_v2_server&) = delete;

    [[nodiscard]] std::string url() const { return server_->url(); }

    [[nodiscard]] scripted_server& http() { return *server_; }

    void on_reply(fault f) {
        const std::lock_guard lock(mutex_);
        fault_ = std::move(f);
    }

    /// Runs statements on the primary.
    void execute(const std::string& sql) {
        const std::lock_guard lock(mutex_);
        run(sql);
    }

    [[nodiscard]] std::int64_t number(const std::string& sql) {
        const std::lock_guard lock(mutex_);
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
        const std::int64_t n =
            sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
        sqlite3_finalize(statement);
        return n;
    }

    /// Moves the log into the file, and begins the next generation.
    void next_generation() {
        const std::lock_guard lock(mutex_);
        older_[generation_] = all_frames();
        int left = -1;
        sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, &left, nullptr);
        if (left != 0) {
            throw std::runtime_error("the primary's log is not empty");
        }
        ++generation_;
        remember_export();
    }

    /// Backs up the primary, within a generation.
    void remember_state() {
        const std::lock_guard lock(mutex_);
        copy_state(file_, file_ + ".backup");
    }

    /// Replaces the primary by that backup.
    void restore_state() {
        const std::lock_guard lock(mutex_);
        sqlite3_close_v2(db_);
        copy_state(file_ + ".backup", file_);
        std::filesystem::remove(file_ + "-shm");
        open();
    }

    [[nodiscard]] std::uint32_t generation() {
        const std::lock_guard lock(mutex_);
        return generation_;
    }

    [[nodiscard]] std::uint32_t frames() {
        const std::lock_guard lock(mutex_);
        return frame_count();
    }

private:
    void open() {
        if (sqlite3_open(file_.c_str(), &db_) != SQLITE_OK) {
            throw std::runtime_error("no primary");
        }
        libsql_wal_disable_checkpoint(db_);
        sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        run("PRAGMA journal_mode=WAL");
    }

    static void copy_state(const std::string& from, const std::string& to) {
        for (const char* const suffix : {"", "-wal"}) {
            std::filesystem::copy_file(from + suffix, to + suffix,
                                       std::filesystem::copy_options::overwrite_existing);
        }
    }

    void run(const std::string& sql) {
        char* why = nullptr;
        if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &why) != SQLITE_OK) {
            throw std::runtime_error(sql + ": " + why);
        }
    }

    std::uint32_t frame_count() {
        run("SELECT count(*) FROM sqlite_schema");
        unsigned n = 0;
        libsql_wal_frame_count(db_, &n);
        return n;
    }

    std::string all_frames() {
        std::string all;
        const std::uint32_t n = frame_count();
        std::vector<char> one(frame_size);
        for (std::uint32_t i = 1; i <= n; ++i) {
            libsql_wal_get_frame(db_, i, one.data(), static_cast<unsigned>(one.size()));
            all.append(one.data(), one.size());
        }
        return all;
    }

    void remember_export() {
        std::ifstream in(file_, std::ios::binary);
        exports_[generation_] = {std::istreambuf_iterator<char>(in), {}};
    }

    static std::vector<std::string> parts_of(std::string_view path) {
        std::vector<std::string> parts;
        while (!path.empty()) {
            path.remove_prefix(1);
            const auto end = std::min(path.find('/'), path.size());
            parts.emplace_back(path.substr(0, end));
            path.remove_prefix(end);
        }
        return parts;
    }

    scripted_reply answer(const scripted_request& r) {
        const auto parts = parts_of(r.target);
        const std::string& what = parts.at(0);
        if (what == "info") {
            return reply_with(200, R"({"current_generation":)" + std::to_string(generation_) + '}');
        }
        if (what == "export") {
            const auto found = exports_.find(generation_of(parts));
            return found == exports_.end() ? reply_with(404, "no such generation")
                                           : reply_with(200, found->second);
        }
        if (what == "sync") {
            return r.method == "GET" ? give(parts) : take(parts, r.body);
        }
        return r.target == "/v3/pipeline" ? pipeline(r.body) : reply_with(404, "not here");
    }

    static std::uint32_t number_of(const std::string& part) {
        return static_cast<std::uint32_t>(std::stoul(part));
    }

    static std::uint32_t generation_of(const std::vector<std::string>& parts) {
        return number_of(parts.at(1));
    }

    scripted_reply give(const std::vector<std::string>& parts) {
        const std::uint32_t generation = generation_of(parts);
        const std::size_t first = number_of(parts.at(2));
        const std::size_t end = number_of(parts.at(3));
        const std::string& all =
            generation == generation_ ? (current_ = all_frames()) : older_[generation];
        const std::size_t from = (first - 1) * frame_size;
        if (generation > generation_ || from >= all.size()) {
            return reply_with(end_status, R"({"generation":)" + std::to_string(generation_) + '}');
        }
        return reply_with(200, std::string_view(all).substr(from, (end - first) * frame_size));
    }

    scripted_reply pushed(std::string_view status) {
        const std::size_t last = frame_count() + waiting_.size() / frame_size;
        return reply_with(200, R"({"status":")" + std::string(status) + R"(","generation":)" +
                                   std::to_string(generation_) + R"(,"max_frame_no":)" +
                                   std::to_string(last) + R"(,"baton":"a/b?c"})");
    }

    /// Received frames wait until those that end their transaction have arrived.
    scripted_reply take(const std::vector<std::string>& parts, const std::string& body) {
        const std::uint32_t first = number_of(parts.at(2));
        const std::uint32_t have = frame_count();
        if (generation_of(parts) != generation_) {
            return pushed("conflict");
        }
        if (first > have + waiting_.size() / frame_size + 1) {
            return pushed("ok");
        }
        if (first > have) {
            waiting_.resize((first - have - 1) * frame_size);
        } else {
            waiting_.clear();
        }
        waiting_ += body;
        std::size_t whole = 0;
        for (std::size_t at = 0; at < waiting_.size(); at += frame_size) {
            if (waiting_.substr(at + 4, 4) != std::string(4, '\0')) {
                whole = at + frame_size;
            }
        }
        const std::uint32_t base = std::min(first, have + 1);
        bool conflict = false;
        libsql_wal_insert_begin(db_);
        for (std::size_t at = 0; at < whole && !conflict; at += frame_size) {
            int other = 0;
            std::string one = waiting_.substr(at, frame_size);
            const auto number = base + static_cast<std::uint32_t>(at / frame_size);
            conflict =
                libsql_wal_insert_frame(db_, number, one.data(), frame_size, &other) != SQLITE_OK;
        }
        libsql_wal_insert_end(db_);
        waiting_.erase(0, conflict ? waiting_.size() : whole);
        return pushed(conflict ? "conflict" : "ok");
    }

    /// Supports only statements without rows.
    scripted_reply pipeline(const std::string& body) {
        simdjson::dom::parser parser;
        const simdjson::dom::element all = parser.parse(body);
        std::string results;
        for (const auto request : simdjson::dom::array(all["requests"])) {
            const std::string type(std::string_view(request["type"].get_string()));
            results += results.empty() ? "" : ",";
            std::string_view sql;
            if (request["stmt"]["sql"].get_string().get(sql) != simdjson::SUCCESS) {
                results += R"({"type":"ok","response":{"type":")" + type + R"("}})";
                continue;
            }
            char* why = nullptr;
            if (sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, &why) != SQLITE_OK) {
                results += R"({"type":"error","error":{"message":"SQLite error: )" +
                           std::string(why) + R"(","code":"SQLITE_UNKNOWN"}})";
                continue;
            }
            results += R"({"type":"ok","response":{"type":"execute","result":{"cols":[],"rows":[],)"
                       R"("affected_row_count":)" +
                       std::to_string(sqlite3_changes(db_)) +
                       R"(,"last_insert_rowid":"1","replication_index":"7"}}})";
        }
        return reply_with(200, R"({"baton":null,"base_url":null,"results":[)" + results + "]}");
    }

    temporary_directory dir_;
    std::string file_{dir_.file("primary.db")};
    sqlite3* db_{nullptr};
    std::mutex mutex_;
    std::uint32_t generation_{1};
    std::map<std::uint32_t, std::string> older_;  ///< the frames of earlier generations
    /// The file at the beginning of each generation.
    std::map<std::uint32_t, std::string> exports_;
    std::string current_;
    std::string waiting_;  ///< pushed frames of an incomplete transaction
    fault fault_;

public:
    int end_status{400};  ///< the status of the reply to a request for frames that do not exist

private:
    std::optional<scripted_server> server_{std::in_place, [this](const scripted_request& r) {
                                               const std::lock_guard lock(mutex_);
                                               auto reply = answer(r);
                                               return fault_ ? fault_(r, std::move(reply)) : reply;
                                           }};
};

}  // namespace libsql::testing
