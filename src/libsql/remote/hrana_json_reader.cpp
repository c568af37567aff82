#include "libsql/net/base64.hpp"
#include "libsql/remote/hrana_json.hpp"

#include <libsql/argument.hpp>
#include <libsql/detail/arena.hpp>

#include <simdjson.h>

#include <charconv>
#include <limits>
#include <utility>

namespace libsql::remote {

namespace {

// simdjson and this file throw exceptions, which are caught where a reply or an entry is read.

// Uses the DOM, not the faster "on demand" API. In a library for any x86-64 processor the latter
// would be compiled without vector instructions; simdjson's own library contains the DOM for each
// processor.
using simdjson::dom::element_type;
using object = simdjson::dom::object;
using array = simdjson::dom::array;
using any = simdjson::dom::element;

struct malformed {
    const char* what;
};

std::string owned(any v) {
    return std::string(std::string_view(v.get_string()));
}

std::optional<std::string> optional_text(any v) {
    return v.is_null() ? std::nullopt : std::optional(owned(v));
}

template <class T>
T integer_of(std::string_view digits) {
    T n{};
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (failed != std::errc() || end != digits.data() + digits.size()) {
        throw malformed{"text that is not an integer"};
    }
    return n;
}

/// An integer in JSON may be a number, a string or null.
template <class T>
std::optional<T> optional_integer(any v) {
    switch (v.type()) {
        case element_type::NULL_VALUE:
            return std::nullopt;
        case element_type::STRING:
            return integer_of<T>(v.get_string());
        default:
            if constexpr (std::is_signed_v<T>) {
                return std::int64_t(v.get_int64());
            } else {
                return std::uint64_t(v.get_uint64());
            }
    }
}

/// Text remains in simdjson's buffer until the parser reads something else; blobs are decoded into
/// `blobs`.
detail::cell read_cell(object v, detail::arena& blobs) {
    const std::string_view type(v["type"].get_string());
    if (type == "integer") {
        return detail::to_cell(integer_of<std::int64_t>(v["value"].get_string()));
    }
    if (type == "text") {
        return detail::to_cell(std::string_view(v["value"].get_string()));
    }
    if (type == "null") {
        return detail::null_cell();
    }
    if (type == "float") {
        any n = v["value"];
        auto c = detail::to_cell(0.0);
        c.real = n.is_null() ? std::numeric_limits<double>::quiet_NaN() : double(n.get_double());
        return c;
    }
    if (type == "blob") {
        const std::string_view text(v["base64"].get_string());
        std::byte* const bytes = blobs.take(net::decoded_size(text.size()));
        const auto size = net::decode_base64(text, bytes);
        if (!size) {
            throw malformed{"a blob that is not base64"};
        }
        return detail::to_cell(blob_view(bytes, *size));
    }
    throw malformed{"a value of a type that SQLite does not have"};
}

/// Calls `use` with the key and value of each field of `from`.
template <class Use>
void each_field(object from, Use use) {
    for (auto field : from) {
        use(std::string_view(field.key), any(field.value));
    }
}

/// Appends what `read` makes of each element of `all`; none for null.
template <class T, class Read>
void read_optional(array all, std::vector<std::optional<T>>& out, Read read) {
    for (any one : all) {
        auto& made = out.emplace_back();
        if (!one.is_null()) {
            made = read(one.get_object());
        }
    }
}

column read_column(object c) {
    column out;
    each_field(c, [&](std::string_view key, any v) {
        if (key == "name") {
            out.name = optional_text(v).value_or("");
        } else if (key == "decltype") {
            out.declared_type = optional_text(v);
        }
    });
    return out;
}

std::vector<column> read_columns(array columns) {
    std::vector<column> out;
    for (any c : columns) {
        out.push_back(read_column(c.get_object()));
    }
    return out;
}

hrana::failure read_error(object e) {
    hrana::failure out;
    each_field(e, [&](std::string_view key, any v) {
        if (key == "message") {
            out.message = owned(v);
        } else if (key == "code") {
            out.code = optional_text(v).value_or("");
        } else if (key == "extended_code") {
            out.extended_code = optional_text(v).value_or("");
        }
    });
    return out;
}

/// The memory that a reply's cells view.
struct storage {
    std::string body;
    simdjson::dom::parser parser;
    detail::arena blobs;
};

class pipeline_reader {
public:
    explicit pipeline_reader(storage& in) : in_(in) {}

    hrana::reply read(std::span<const hrana::request> requests) {
        in_.body.reserve(in_.body.size() + simdjson::SIMDJSON_PADDING);
        const object all = in_.parser.parse(in_.body.data(), in_.body.size(), false).get_object();
        hrana::reply out;
        bool has_results = false;
        each_field(all, [&](std::string_view key, any v) {
            if (key == "baton") {
                out.baton = optional_text(v);
            } else if (key == "base_url") {
                out.base_url = optional_text(v);
            } else if (key == "results" && !has_results) {
                has_results = true;
                read_results(v.get_array(), requests, out);
            }
        });
        if (!has_results || out.results.size() != requests.size()) {
            throw malformed{"fewer results than requests"};
        }
        return out;
    }

private:
    void read_results(array results, std::span<const hrana::request> requests, hrana::reply& out) {
        for (any one : results) {
            if (out.results.size() == requests.size()) {
                throw malformed{"more results than requests"};
            }
            object r = one.get_object();
            const std::string_view type(r["type"].get_string());
            if (type == "ok") {
                object response = r["response"].get_object();
                out.results.emplace_back(
                    std::visit([&](const auto& asked) { return answer(asked, response); },
                               requests[out.results.size()]));
            } else if (type == "error") {
                out.results.emplace_back(read_error(r["error"].get_object()));
            } else {
                throw malformed{"a result that is neither ok nor an error"};
            }
        }
    }

    hrana::response answer(const hrana::close_request&, object&) { return std::monostate(); }

    hrana::response answer(const hrana::close_sql_request&, object&) { return std::monostate(); }

    hrana::response answer(const hrana::execute_request&, object& from) {
        return read_statement_result(from["result"].get_object());
    }

    hrana::response answer(const hrana::batch_request& sent, object& from) {
        auto out = read_batch_outcome(from["result"].get_object());
        if (out.results.size() != sent.steps.size() || out.failures.size() != sent.steps.size()) {
            throw malformed{"a batch with more or fewer results than steps"};
        }
        return out;
    }

    hrana::response answer(const hrana::describe_request&, object& from) {
        return read_description(from["result"].get_object());
    }

    hrana::response answer(const hrana::get_autocommit_request&, object& from) {
        return bool(from["is_autocommit"].get_bool());
    }

    void read_rows(array rows, hrana::statement_result& out) {
        std::size_t width = 0;
        for (any row : rows) {
            const std::size_t before = out.cells.size();
            for (any c : row.get_array()) {
                out.cells.push_back(read_cell(c.get_object(), in_.blobs));
            }
            const std::size_t now = out.cells.size() - before;
            if (out.row_count++ > 0 && now != width) {
                throw malformed{"rows of different widths"};
            }
            width = now;
        }
    }

    hrana::statement_result read_statement_result(object r) {
        hrana::statement_result out;
        bool has_rows = false;
        each_field(r, [&](std::string_view key, any v) {
            if (key == "cols") {
                out.columns = read_columns(v.get_array());
            } else if (key == "rows" && !has_rows) {
                has_rows = true;
                read_rows(v.get_array(), out);
            } else if (key == "affected_row_count") {
                out.executed.rows_affected = optional_integer<std::int64_t>(v).value_or(0);
            } else if (key == "last_insert_rowid") {
                out.executed.last_insert_rowid = optional_integer<std::int64_t>(v).value_or(0);
            } else if (key == "rows_read") {
                out.executed.rows_read = optional_integer<std::uint64_t>(v).value_or(0);
            } else if (key == "rows_written") {
                out.executed.rows_written = optional_integer<std::uint64_t>(v).value_or(0);
            } else if (key == "replication_index") {
                out.replication_index = optional_integer<std::uint64_t>(v);
            }
        });
        if (!has_rows) {
            throw malformed{"a result without rows"};
        }
        if (out.cells.size() != out.row_count * out.columns.size()) {
            throw malformed{"a row that is not as wide as its columns"};
        }
        return out;
    }

    hrana::batch_outcome read_batch_outcome(object r) {
        hrana::batch_outcome out;
        each_field(r, [&](std::string_view key, any v) {
            if (key == "step_results") {
                read_optional(v.get_array(), out.results,
                              [this](object one) { return read_statement_result(one); });
            } else if (key == "step_errors") {
                read_optional(v.get_array(), out.failures, &read_error);
            }
        });
        return out;
    }

    static hrana::description read_description(object r) {
        hrana::description out;
        each_field(r, [&](std::string_view key, any v) {
            if (key == "params") {
                for (any p : v.get_array()) {
                    out.parameters.push_back(optional_text(p["name"]));
                }
            } else if (key == "cols") {
                out.columns = read_columns(v.get_array());
            } else if (key == "is_explain") {
                out.is_explain = v.get_bool();
            } else if (key == "is_readonly") {
                out.is_read_only = v.get_bool();
            }
        });
        return out;
    }

    storage& in_;
};

class json_cursor_reader final : public cursor_reader {
public:
    result<std::optional<hrana::cursor_entry>> next() override {
        for (;;) {
            std::string_view text = unread();
            std::size_t end = text.find('\n', searched_);
            if (end == std::string_view::npos) {
                if (!ended()) {
                    searched_ = text.size();
                    drop_read();
                    return std::nullopt;
                }
                if (text.empty()) {
                    return std::nullopt;
                }
                end = text.size();  // the last line may lack its line break
            }
            text = text.substr(0, end);
            searched_ = 0;
            const std::size_t room = unread().size() - text.size();
            take(std::min(end + 1, unread().size()));
            if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
                continue;
            }
            return read_line(text, room);
        }
    }

private:
    result<std::optional<hrana::cursor_entry>> read_line(std::string_view line, std::size_t room) {
        if (room < simdjson::SIMDJSON_PADDING) {
            copy_ = line;
            copy_.reserve(line.size() + simdjson::SIMDJSON_PADDING);
            line = copy_;
        }
        try {
            return std::optional(
                read_entry(parser_.parse(line.data(), line.size(), false).get_object()));
        } catch (const simdjson::simdjson_error& e) {
            return not_a_reply(e.what());
        } catch (const malformed& m) {
            return not_a_reply(m.what);
        }
    }

    hrana::cursor_entry read_entry(object all) {
        if (!std::exchange(opened_, true)) {
            hrana::cursor_opened out;
            each_field(all, [&](std::string_view key, any v) {
                if (key == "baton") {
                    out.baton = optional_text(v);
                } else if (key == "base_url") {
                    out.base_url = optional_text(v);
                }
            });
            return out;
        }
        const std::string_view type(all["type"].get_string());
        if (type == "row") {
            return read_row(all["row"].get_array());
        }
        if (type == "step_begin") {
            hrana::step_begun out;
            out.step = step_of(all);
            out.columns = read_columns(all["cols"].get_array());
            return out;
        }
        if (type == "step_end") {
            return hrana::step_ended{
                optional_integer<std::int64_t>(all["affected_row_count"]).value_or(0),
                optional_integer<std::int64_t>(all["last_insert_rowid"])};
        }
        if (type == "step_error") {
            const std::uint32_t step = step_of(all);
            return hrana::step_failed{step, read_error(all["error"].get_object())};
        }
        if (type == "error") {
            return hrana::cursor_failed{read_error(all["error"].get_object())};
        }
        if (type == "replication_index") {
            return hrana::replication_index{
                optional_integer<std::uint64_t>(all["replication_index"])};
        }
        throw malformed{"an entry of an unknown type"};
    }

    hrana::cursor_row read_row(array row) {
        cells_.clear();
        blobs_.clear();
        for (any c : row) {
            cells_.push_back(read_cell(c.get_object(), blobs_));
        }
        return {cells_};
    }

    static std::uint32_t step_of(object& all) {
        const std::uint64_t step(all["step"].get_uint64());
        if (step > std::numeric_limits<std::uint32_t>::max()) {
            throw malformed{"an invalid step number"};
        }
        return static_cast<std::uint32_t>(step);
    }

    // The parser holds the text of the current entry, and so the row that views it.
    simdjson::dom::parser parser_;
    std::vector<detail::cell> cells_;
    detail::arena blobs_;
    std::string copy_;
    std::size_t searched_{0};
    bool opened_{false};
};

result<hrana::reply> read_pipeline(std::string body, std::span<const hrana::request> requests) {
    auto in = std::make_shared<storage>();
    in->body = std::move(body);
    try {
        auto out = pipeline_reader(*in).read(requests);
        out.storage = std::move(in);
        return out;
    } catch (const simdjson::simdjson_error& e) {
        return not_a_reply(e.what());
    } catch (const malformed& m) {
        return not_a_reply(m.what);
    }
}

std::unique_ptr<cursor_reader> read_cursor() {
    return std::make_unique<json_cursor_reader>();
}

/// The message is empty if the body is not JSON or contains none.
hrana::failure read_json_failure(const std::string& body) {
    hrana::failure out;
    simdjson::dom::parser parser;
    object all;
    if (parser.parse(body).get_object().get(all) != simdjson::SUCCESS) {
        return out;
    }
    for (auto field : all) {
        const std::string_view key = field.key;
        std::string_view text;
        if (field.value.get_string().get(text) != simdjson::SUCCESS) {
            continue;
        }
        if (key == "message" || key == "error") {
            out.message = text;
        } else if (key == "code") {
            out.code = text;
        }
    }
    return out;
}

}  // namespace

hrana::failure read_failure(std::string body) {
    if (auto json = read_json_failure(body); !json.message.empty()) {
        return json;
    }
    constexpr std::size_t enough = 500;
    body.resize(std::min(body.size(), enough));
    return {.message = std::move(body)};
}

const decoder json_decoder{&read_pipeline, &read_cursor, &read_failure};

}  // namespace libsql::remote
