#include "libsql/replication/sync_info_file.hpp"

#include "libsql/replication/file_descriptor.hpp"
#include "libsql/replication/state_error.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <system_error>
#include <utility>

namespace libsql::replication {

namespace {

constexpr std::size_t largest = 4096;  ///< bytes; the file has a few hundred
constexpr std::uint32_t version_we_know = 0;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) {
            c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
        }
        table.at(i) = c;
    }
    return table;
}

std::uint32_t hash_of(std::uint32_t version, std::uint32_t durable, std::uint32_t generation) {
    std::string bytes;
    for (const std::uint32_t n : {version, durable, generation}) {
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes += static_cast<char>((n >> shift) & 0xff);
        }
    }
    return crc32(bytes);
}

std::string hexadecimal(std::uint64_t n) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(n));
    return text.data();
}

error damaged(std::string_view what) {
    return error(error_kind::corrupt, std::string(what));
}

result<std::uint32_t> number(const simdjson::dom::object& in, const char* name) {
    std::uint64_t n = 0;
    if (in[name].get_uint64().get(n) != simdjson::SUCCESS || n > 0xffffffffU) {
        return damaged(std::string(name) + " is missing, or is not a 32-bit number");
    }
    return static_cast<std::uint32_t>(n);
}

bool is_set(const simdjson::dom::object& in, const char* name) {
    bool on = false;
    return in[name].get_bool().get(on) == simdjson::SUCCESS && on;
}

std::optional<std::uint64_t> log_of(const simdjson::dom::object& in) {
    std::string_view text;
    std::uint64_t n = 0;
    if (in["log"].get_string().get(text) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n, 16);
    return bad == std::errc() && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

bool write_all(int to, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto n = ::write(to, bytes.data(), bytes.size());
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) noexcept {
    static constexpr auto table = make_crc_table();
    std::uint32_t crc = 0xffffffffU;
    for (const char c : bytes) {
        crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
    }
    return ~crc;
}

std::string write_info(const replica_info& info) {
    std::string out =
        R"({"hash":)" + std::to_string(hash_of(version_we_know, info.durable, info.generation)) +
        R"(,"version":)" + std::to_string(version_we_know) + R"(,"durable_frame_num":)" +
        std::to_string(info.durable) + R"(,"generation":)" + std::to_string(info.generation);
    if (info.log) {
        out += R"(,"log":")" + hexadecimal(*info.log) + '"';
    }
    if (info.emptying) {
        out += R"(,"emptying":true)";
    }
    if (info.generation == 0) {
        out += R"(,"bootstrapping":true)";
    }
    return out + '}';
}

result<replica_info> read_info(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::object fields;
    if (parser.parse(json.data(), json.size()).get_object().get(fields) != simdjson::SUCCESS) {
        return damaged("it is not a JSON object");
    }
    const auto version = number(fields, "version");
    const auto hash = number(fields, "hash");
    const auto durable = number(fields, "durable_frame_num");
    const auto generation = number(fields, "generation");
    for (const auto* const n : {&version, &hash, &durable, &generation}) {
        if (!*n) {
            return n->error();
        }
    }
    if (*version != version_we_know) {
        return error(error_kind::unsupported, "its version is " + std::to_string(*version) +
                                                  ", but only version 0 is supported");
    }
    if (*hash != hash_of(*version, *durable, *generation)) {
        return damaged("its hash does not match its content");
    }
    if (*generation == 0 && (*durable != 0 || !is_set(fields, "bootstrapping"))) {
        return damaged("its generation is 0, but generations start at 1");
    }
    return replica_info{.generation = *generation,
                        .durable = *durable,
                        .log = log_of(fields),
                        .emptying = is_set(fields, "emptying")};
}

bool sync_info_file::exists() const noexcept {
    return ::access(path_.c_str(), F_OK) == 0;
}

result<replica_info> sync_info_file::read() const {
    const file_descriptor file(path_, O_RDONLY);
    if (!file.is_open()) {
        return errno == ENOENT ? state_gone(path_) : state_failed("read", path_);
    }
    std::string bytes(largest, '\0');
    const auto size = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) {
        return state_failed("read", path_);
    }
    bytes.resize(static_cast<std::size_t>(size));
    auto info = read_info(bytes);
    if (!info) {
        error::fields all = info.error().all();
        all.message = "the replica's state \"" + path_ + "\" cannot be used: " + all.message +
                      "; nothing was changed; to sync afresh, move it and the database away";
        return error(std::move(all));
    }
    return info;
}

result<void> sync_info_file::write(const replica_info& info) const {
    const std::string fresh = path_ + ".tmp";
    {
        const file_descriptor file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
        take_permissions(file, path_.substr(0, path_.size() - path_for("").size()));
        // The content must be on the disk before the file gets its name.
        if (!file.is_open() || !write_all(file.get(), write_info(info)) ||
            ::fsync(file.get()) != 0) {
            return state_failed("write", fresh);
        }
    }
    if (::rename(fresh.c_str(), path_.c_str()) != 0) {
        return state_failed("replace", path_);
    }
    sync_folder_of(path_);
    return {};
}

result<void> sync_info_file::remove() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) {
        return state_failed("remove", path_);
    }
    sync_folder_of(path_);
    return {};
}

}  // namespace libsql::replication
