#include "libsql/replication/sync_v2_messages.hpp"

#include <simdjson.h>

#include <array>
#include <cctype>

namespace libsql::replication {

namespace {

using simdjson::dom::object;

/// Calls `read` with the JSON object in `json`; none if it is not an object.
template <class Read>
auto with_object(std::string_view json, Read&& read) -> decltype(read(object())) {
    simdjson::dom::parser parser;
    object fields;
    if (parser.parse(json.data(), json.size()).get_object().get(fields) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return read(fields);
}

std::optional<std::uint32_t> number(const object& in, const char* name) {
    std::uint64_t n = 0;
    if (in[name].get_uint64().get(n) != simdjson::SUCCESS || n > 0xffffffffU) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(n);
}

std::optional<std::string> text(const object& in, const char* name) {
    std::string_view found;
    if (in[name].get_string().get(found) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return std::string(found);
}

/// A generation, which is at least 1.
std::optional<std::uint32_t> generation(const object& in, const char* name) {
    const auto n = number(in, name);
    return n == 0 ? std::nullopt : n;
}

/// The text comes from the server, and must not change the path or the query.
void append_encoded(std::string& out, std::string_view part) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : part) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-_~").find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
}

error not_a_database(std::string_view why) {
    return error(error_kind::protocol,
                 "the server's export is not a database: " + std::string(why));
}

}  // namespace

std::string path_of_frames(std::uint32_t generation, std::uint32_t first, std::uint32_t count,
                           std::string_view baton) {
    std::string path = "/sync/" + std::to_string(generation) + '/' + std::to_string(first) + '/' +
                       std::to_string(std::uint64_t(first) + count);
    if (!baton.empty()) {
        path += '/';
        append_encoded(path, baton);
    }
    return path;
}

std::string path_of_export(std::uint32_t generation) {
    return "/export/" + std::to_string(generation);
}

std::optional<std::uint32_t> read_current_generation(std::string_view json) {
    return with_object(json, [](const object& o) { return generation(o, "current_generation"); });
}

std::optional<std::uint32_t> read_generation(std::string_view json) {
    return with_object(json, [](const object& o) { return generation(o, "generation"); });
}

std::optional<push_reply> read_push_reply(std::string_view json) {
    return with_object(json, [](const object& o) -> std::optional<push_reply> {
        const auto status = text(o, "status");
        const auto of = generation(o, "generation");
        const auto last = number(o, "max_frame_no");
        if (!of || !last || (status != "ok" && status != "conflict")) {
            return std::nullopt;
        }
        return push_reply{.conflict = status == "conflict",
                          .generation = *of,
                          .last = *last,
                          .baton = text(o, "baton").value_or(std::string())};
    });
}

std::uint64_t read_big_endian(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (const char c : bytes) {
        value = (value << 8) | static_cast<unsigned char>(c);
    }
    return value;
}

std::optional<frame> read_log_frame(std::string_view bytes, std::uint64_t number) noexcept {
    if (bytes.size() != frame::size) {
        return std::nullopt;
    }
    // The header continues with salts and a checksum, which belong to the log that the frame came
    // from.
    const frame read{.number = number,
                     .page = static_cast<std::uint32_t>(read_big_endian(bytes.substr(0, 4))),
                     .size_after = static_cast<std::uint32_t>(read_big_endian(bytes.substr(4, 4))),
                     .content = bytes.substr(24)};
    return read.page == 0 ? std::nullopt : std::optional(read);
}

result<void> export_reader::check_page() {
    ++pages_;
    if (pages_ != 1) {
        return {};
    }
    const std::string_view header(page_);
    if (!header.starts_with(std::string_view("SQLite format 3\0", 16))) {
        return not_a_database("its header is wrong");
    }
    if (read_big_endian(header.substr(16, 2)) != frame::page_size) {
        return not_a_database("its pages do not have 4096 bytes");
    }
    // SQLite's rule: the page count is valid if the last writer updated it.
    if (header.substr(24, 4) == header.substr(92, 4)) {
        expected_ = static_cast<std::uint32_t>(read_big_endian(header.substr(28, 4)));
    }
    // Pages are received through a log, so the file remains in WAL mode.
    page_[18] = 2;
    page_[19] = 2;
    return {};
}

result<void> export_reader::finish() const {
    if (!page_.empty() || pages_ < expected_) {
        return not_a_database("it is truncated");
    }
    return {};
}

}  // namespace libsql::replication
