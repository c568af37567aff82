#include "libsql/net/protobuf_wire.hpp"
#include "libsql/remote/hrana_json.hpp"
#include "libsql/remote/hrana_protobuf.hpp"

#include <libsql/argument.hpp>

#include <array>
#include <limits>
#include <utility>

namespace libsql::remote {

namespace {

using net::protobuf::field;
using net::protobuf::reader;
using net::protobuf::tag;

constexpr std::uint64_t varint_tag(std::uint32_t number) noexcept {
    return tag(number, net::protobuf::wire_type::varint);
}

constexpr std::uint64_t fixed64_tag(std::uint32_t number) noexcept {
    return tag(number, net::protobuf::wire_type::fixed64);
}

constexpr std::uint64_t bytes_tag(std::uint32_t number) noexcept {
    return tag(number, net::protobuf::wire_type::bytes);
}

// Thrown for malformed input, and caught where a reply or an entry is read.

struct malformed {
    const char* what;
};

/// Calls `use` with each field of `message`.
template <class Use>
void each_field(std::string_view message, Use use) {
    reader in(message);
    for (field f; in.next(f);) {
        use(f);
    }
    if (in.is_malformed()) {
        throw malformed{"a message that is not protobuf"};
    }
}

detail::cell read_cell(std::string_view message) {
    detail::cell out = detail::null_cell();
    bool found = false;
    each_field(message, [&](const field& f) {
        found = true;
        switch (f.tag) {
            case bytes_tag(1):
                out = detail::null_cell();
                break;
            case varint_tag(2):
                out = detail::to_cell(f.as_sint64());
                break;
            case fixed64_tag(3):
                out = detail::to_cell(0.0);
                out.real = f.as_double();
                break;
            case bytes_tag(4):
                out = detail::to_cell(f.bytes);
                break;
            case bytes_tag(5):
                out = detail::to_cell(std::as_bytes(std::span(f.bytes)));
                break;
            default:
                throw malformed{"a value of a type that SQLite does not have"};
        }
    });
    if (!found || out.type == detail::cell_type::invalid_size) {
        throw malformed{"a value without a type"};
    }
    return out;
}

void read_row(std::string_view message, std::vector<detail::cell>& out) {
    each_field(message, [&](const field& f) {
        if (f.tag == bytes_tag(1)) {
            out.push_back(read_cell(f.bytes));
        }
    });
}

/// The fields 1 and 2 of `message`, which are texts.
std::array<std::optional<std::string>, 2> read_texts(std::string_view message) {
    std::array<std::optional<std::string>, 2> out;
    each_field(message, [&](const field& f) {
        if (f.tag == bytes_tag(1) || f.tag == bytes_tag(2)) {
            out[f.tag == bytes_tag(1) ? 0 : 1] = f.bytes;
        }
    });
    return out;
}

column read_column(std::string_view message) {
    auto [name, type] = read_texts(message);
    return {.name = std::move(name).value_or(""), .declared_type = std::move(type)};
}

hrana::failure read_error(std::string_view message) {
    auto [text, code] = read_texts(message);
    return {.message = std::move(text).value_or(""), .code = std::move(code).value_or("")};
}

hrana::statement_result read_statement_result(std::string_view message) {
    hrana::statement_result out;
    std::size_t narrowest = std::numeric_limits<std::size_t>::max();
    std::size_t widest = 0;
    each_field(message, [&](const field& f) {
        switch (f.tag) {
            case bytes_tag(1):
                out.columns.push_back(read_column(f.bytes));
                break;
            case bytes_tag(2): {
                const std::size_t before = out.cells.size();
                read_row(f.bytes, out.cells);
                narrowest = std::min(narrowest, out.cells.size() - before);
                widest = std::max(widest, out.cells.size() - before);
                ++out.row_count;
                break;
            }
            case varint_tag(3):
                out.executed.rows_affected = f.as_int64();
                break;
            case varint_tag(4):
                out.executed.last_insert_rowid = f.as_sint64();
                break;
            case varint_tag(5):
                out.replication_index = f.number;
                break;
            case varint_tag(6):
                out.executed.rows_read = f.number;
                break;
            case varint_tag(7):
                out.executed.rows_written = f.number;
                break;
            default:
                break;
        }
    });
    if (out.row_count > 0 && (narrowest != out.columns.size() || widest != out.columns.size())) {
        throw malformed{"a row that is not as wide as its columns"};
    }
    return out;
}

/// Decodes an entry of a map from step numbers to messages.
std::pair<std::uint64_t, std::string_view> read_map_entry(std::string_view message) {
    std::pair<std::uint64_t, std::string_view> out;
    each_field(message, [&](const field& f) {
        if (f.tag == varint_tag(1)) {
            out.first = f.number;
        } else if (f.tag == bytes_tag(2)) {
            out.second = f.bytes;
        }
    });
    return out;
}

hrana::batch_outcome read_batch_outcome(std::string_view message, std::size_t steps) {
    hrana::batch_outcome out;
    out.results.resize(steps);
    out.failures.resize(steps);
    each_field(message, [&](const field& f) {
        if (f.tag != bytes_tag(1) && f.tag != bytes_tag(2)) {
            return;
        }
        const auto [step, content] = read_map_entry(f.bytes);
        if (step >= steps) {
            throw malformed{"the result of a step that was not sent"};
        }
        if (f.tag == bytes_tag(1)) {
            out.results[step] = read_statement_result(content);
        } else {
            out.failures[step] = read_error(content);
        }
    });
    return out;
}

hrana::description read_description(std::string_view message) {
    hrana::description out;
    each_field(message, [&](const field& f) {
        switch (f.tag) {
            case bytes_tag(1): {
                auto& name = out.parameters.emplace_back();
                each_field(f.bytes, [&](const field& p) {
                    if (p.tag == bytes_tag(1)) {
                        name = std::string(p.bytes);
                    }
                });
                break;
            }
            case bytes_tag(2):
                out.columns.push_back(read_column(f.bytes));
                break;
            case varint_tag(3):
                out.is_explain = f.number != 0;
                break;
            case varint_tag(4):
                out.is_read_only = f.number != 0;
                break;
            default:
                break;
        }
    });
    return out;
}

/// The content of the first field with this number that is a message.
std::string_view content(std::string_view message, std::uint32_t number) {
    std::optional<std::string_view> out;
    each_field(message, [&](const field& f) {
        if (f.tag == bytes_tag(number)) {
            out = f.bytes;
        }
    });
    if (!out) {
        throw malformed{"a response without its content"};
    }
    return *out;
}

hrana::response read_response(const hrana::request& asked, std::string_view message) {
    struct visitor {
        std::string_view message;

        hrana::response operator()(const hrana::close_request&) const {
            static_cast<void>(content(message, 1));
            return std::monostate();
        }

        hrana::response operator()(const hrana::close_sql_request&) const {
            static_cast<void>(content(message, 7));
            return std::monostate();
        }

        hrana::response operator()(const hrana::execute_request&) const {
            return read_statement_result(content(content(message, 2), 1));
        }

        hrana::response operator()(const hrana::batch_request& sent) const {
            return read_batch_outcome(content(content(message, 3), 1), sent.steps.size());
        }

        hrana::response operator()(const hrana::describe_request&) const {
            return read_description(content(content(message, 5), 1));
        }

        hrana::response operator()(const hrana::get_autocommit_request&) const {
            bool autocommit = false;
            each_field(content(message, 8), [&](const field& f) {
                autocommit = f.tag == varint_tag(1) ? f.number != 0 : autocommit;
            });
            return autocommit;
        }
    };

    return std::visit(visitor{message}, asked);
}

hrana::reply read_reply(std::string_view message, std::span<const hrana::request> requests) {
    hrana::reply out;
    each_field(message, [&](const field& f) {
        if (f.tag == bytes_tag(1)) {
            out.baton = std::string(f.bytes);
        } else if (f.tag == bytes_tag(2)) {
            out.base_url = std::string(f.bytes);
        } else if (f.tag == bytes_tag(3)) {
            if (out.results.size() == requests.size()) {
                throw malformed{"more results than requests"};
            }
            const auto& asked = requests[out.results.size()];
            bool found = false;
            each_field(f.bytes, [&](const field& r) {
                if (std::exchange(found, true)) {
                    throw malformed{"a result with two outcomes"};
                }
                if (r.tag == bytes_tag(1)) {
                    out.results.emplace_back(read_response(asked, r.bytes));
                } else if (r.tag == bytes_tag(2)) {
                    out.results.emplace_back(read_error(r.bytes));
                } else {
                    throw malformed{"a result that is neither ok nor an error"};
                }
            });
            if (!found) {
                throw malformed{"a result that is neither ok nor an error"};
            }
        }
    });
    if (out.results.size() != requests.size()) {
        throw malformed{"fewer results than requests"};
    }
    return out;
}

class protobuf_cursor_reader final : public cursor_reader {
public:
    result<std::optional<hrana::cursor_entry>> next() override {
        std::string_view rest = unread();
        std::uint64_t size = 0;
        const bool has_size = net::protobuf::take_varint(rest, size);
        constexpr std::size_t longest_varint = 10;
        constexpr std::uint64_t largest_entry = 1024U * 1024 * 1024;
        if ((!has_size && rest.size() >= longest_varint) || size > largest_entry) {
            return not_a_reply("an entry without a valid size");
        }
        if (!has_size || size > rest.size()) {
            if (ended() && !unread().empty()) {
                return not_a_reply("it ends in the middle of an entry");
            }
            drop_read();
            return std::nullopt;
        }
        take(unread().size() - rest.size() + size);
        try {
            return std::optional(read_entry(rest.substr(0, size)));
        } catch (const malformed& m) {
            return not_a_reply(m.what);
        }
    }

private:
    hrana::cursor_entry read_entry(std::string_view message) {
        if (!std::exchange(opened_, true)) {
            auto [baton, base_url] = read_texts(message);
            return hrana::cursor_opened{std::move(baton), std::move(base_url)};
        }
        std::optional<hrana::cursor_entry> out;
        each_field(message, [&](const field& f) {
            if (out) {
                throw malformed{"an entry of two kinds"};
            }
            out = read_kind(f);
        });
        return out ? *std::move(out) : hrana::replication_index{};  // empty if its kind is unknown
    }

    hrana::cursor_entry read_kind(const field& f) {
        switch (f.tag) {
            case bytes_tag(1):
                return read_step_begun(f.bytes);
            case bytes_tag(2): {
                hrana::step_ended out;
                each_field(f.bytes, [&](const field& e) {
                    if (e.tag == varint_tag(1)) {
                        out.rows_affected = e.as_int64();
                    } else if (e.tag == varint_tag(2)) {
                        out.last_insert_rowid = e.as_sint64();
                    }
                });
                return out;
            }
            case bytes_tag(3): {
                hrana::step_failed out;
                each_field(f.bytes, [&](const field& e) {
                    if (e.tag == varint_tag(1)) {
                        out.step = step_of(e);
                    } else if (e.tag == bytes_tag(2)) {
                        out.why = read_error(e.bytes);
                    }
                });
                return out;
            }
            case bytes_tag(4):
                cells_.clear();
                read_row(f.bytes, cells_);
                return hrana::cursor_row{cells_};
            case bytes_tag(5):
                return hrana::cursor_failed{read_error(f.bytes)};
            case bytes_tag(6): {
                hrana::replication_index out;
                each_field(f.bytes, [&](const field& e) {
                    if (e.tag == varint_tag(1)) {
                        out.frame = e.number;
                    }
                });
                return out;
            }
            default:
                throw malformed{"an entry of an unknown kind"};
        }
    }

    static hrana::step_begun read_step_begun(std::string_view message) {
        hrana::step_begun out;
        each_field(message, [&](const field& e) {
            if (e.tag == varint_tag(1)) {
                out.step = step_of(e);
            } else if (e.tag == bytes_tag(2)) {
                out.columns.push_back(read_column(e.bytes));
            }
        });
        return out;
    }

    static std::uint32_t step_of(const field& f) {
        if (f.number > std::numeric_limits<std::uint32_t>::max()) {
            throw malformed{"an invalid step number"};
        }
        return static_cast<std::uint32_t>(f.number);
    }

    std::vector<detail::cell> cells_;
    bool opened_{false};
};

result<hrana::reply> read_pipeline(std::string body, std::span<const hrana::request> requests) {
    auto in = std::make_shared<std::string>(std::move(body));
    try {
        auto out = read_reply(*in, requests);
        out.storage = std::move(in);
        return out;
    } catch (const malformed& m) {
        return not_a_reply(m.what);
    }
}

std::unique_ptr<cursor_reader> read_cursor() {
    return std::make_unique<protobuf_cursor_reader>();
}

hrana::failure read_refusal(std::string body) {
    try {
        if (auto why = read_error(body); !why.message.empty()) {
            return why;
        }
    } catch (const malformed&) {
        // it is JSON or text
    }
    return read_failure(std::move(body));
}

}  // namespace

const decoder protobuf_decoder{&read_pipeline, &read_cursor, &read_refusal};

}  // namespace libsql::remote
