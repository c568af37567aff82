#include "libsql/remote/hrana_json.hpp"

#include "libsql/remote/base64.hpp"
#include "libsql/sql_text.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace libsql::remote {

namespace {

using simdjson::ondemand::json_type;

// --- writing ---

class writer {
public:
    std::string out;
    std::optional<error> failed;

    void text(std::string_view s) {
        out += '"';
        std::size_t from = 0;
        for (std::size_t i = 0; i < s.size(); ++i) {
            const auto c = static_cast<unsigned char>(s[i]);
            if (c >= 0x20 && c != '"' && c != '\\') {
                continue;
            }
            out.append(s, from, i - from);
            from = i + 1;
            constexpr std::string_view hex = "0123456789abcdef";
            if (c < 0x20) {
                out += "\\u00";
                out += hex[c >> 4];
                out += hex[c & 15];
            } else {
                out += '\\';
                out += static_cast<char>(c);
            }
        }
        out.append(s, from);
        out += '"';
    }

    void number(auto n) {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
        out.append(digits.data(), end);
    }

    void cell(const detail::cell& c) {
        const std::string_view bytes(static_cast<const char*>(c.size > 0 ? c.data : ""), c.size);
        switch (c.type) {
            case detail::cell_type::integer:
                out += R"({"type":"integer","value":")";  // a number would lose digits on its way
                number(c.integer);
                out += R"("})";
                return;
            case detail::cell_type::real:
                if (!std::isfinite(c.real)) {
                    fail("an infinity cannot be sent to a server");
                }
                out += R"({"type":"float","value":)";
                number(c.real);
                out += '}';
                return;
            case detail::cell_type::text:
                if (find_invalid_utf8(bytes)) {
                    fail("a text argument is not UTF-8, which a server needs; send it as a blob");
                }
                out += R"({"type":"text","value":)";
                text(bytes);
                out += '}';
                return;
            case detail::cell_type::blob:
                out += R"({"type":"blob","base64":")";
                append_base64(out, std::as_bytes(std::span(bytes)));
                out += R"("})";
                return;
            case detail::cell_type::null:
                break;
            default:
                fail("an argument cannot be sent");  // checked before
        }
        out += R"({"type":"null"})";
    }

    void statement(const hrana::statement& s) {
        out += R"({"sql":)";
        text(s.sql);
        if (s.arguments.count > 0) {
            out += s.arguments.names == nullptr ? R"(,"args":[)" : R"(,"named_args":[)";
            for (std::size_t i = 0; i < s.arguments.count; ++i) {
                if (i > 0) {
                    out += ',';
                }
                if (s.arguments.names == nullptr) {
                    cell(s.arguments.values[i]);
                } else {
                    out += R"({"name":)";
                    text(s.arguments.names[i]);
                    out += R"(,"value":)";
                    cell(s.arguments.values[i]);
                    out += '}';
                }
            }
            out += ']';
        }
        out += s.want_rows ? "}" : R"(,"want_rows":false})";
    }

    void when(const condition& c) {
        using enum condition::operation;
        const auto list = [&] {
            for (std::size_t i = 0; i < c.operands().size(); ++i) {
                if (i > 0) {
                    out += ',';
                }
                when(c.operands()[i]);
            }
        };
        switch (c.op()) {
            case ok:
            case error:
                out += c.op() == ok ? R"({"type":"ok","step":)" : R"({"type":"error","step":)";
                number(c.step());
                break;
            case negation:
                out += R"({"type":"not","cond":)";
                list();
                break;
            case conjunction:
            case disjunction:
                out += c.op() == conjunction ? R"({"type":"and","conds":[)"
                                             : R"({"type":"or","conds":[)";
                list();
                out += ']';
                break;
            case is_autocommit:
                out += R"({"type":"is_autocommit")";
                break;
        }
        out += '}';
    }

    void batch(const hrana::batch_request& b) {
        out += R"("batch":{"steps":[)";
        for (std::size_t i = 0; i < b.steps.size(); ++i) {
            out += i > 0 ? ",{" : "{";
            if (b.steps[i].when) {
                out += R"("condition":)";
                when(*b.steps[i].when);
                out += ',';
            }
            out += R"("stmt":)";
            statement(b.steps[i].what);
            out += '}';
        }
        out += "]}";
    }

    void operator()(const hrana::close_request&) { out += R"({"type":"close"})"; }

    void operator()(const hrana::get_autocommit_request&) { out += R"({"type":"get_autocommit"})"; }

    void operator()(const hrana::execute_request& r) {
        out += R"({"type":"execute","stmt":)";
        statement(r.what);
        out += '}';
    }

    void operator()(const hrana::batch_request& r) {
        out += R"({"type":"batch",)";
        batch(r);
        out += '}';
    }

    void operator()(const hrana::sequence_request& r) {
        out += R"({"type":"sequence","sql":)";
        text(r.sql);
        out += '}';
    }

    void operator()(const hrana::describe_request& r) {
        out += R"({"type":"describe","sql":)";
        text(r.sql);
        out += '}';
    }

    void baton(std::optional<std::string_view> given) {
        out += R"({"baton":)";
        if (given) {
            text(*given);
        } else {
            out += "null";
        }
    }

    result<std::string> finish() {
        if (failed) {
            return *failed;
        }
        return std::move(out);
    }

private:
    void fail(const char* why) {
        if (!failed) {
            failed = libsql::error(error_kind::invalid_argument, why);
        }
    }
};

// --- reading: simdjson's exceptions end at read_pipeline ---

using object = simdjson::ondemand::object;
using array = simdjson::ondemand::array;
using any = simdjson::ondemand::value;

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
        throw malformed{"an integer that is not one"};
    }
    return n;
}

/// Written as a number, as a string, or null.
template <class T>
std::optional<T> optional_integer(any v) {
    switch (v.type()) {
        case json_type::null:
            return std::nullopt;
        case json_type::string:
            return integer_of<T>(std::string_view(v.get_string()));
        case json_type::number:
            if constexpr (std::is_signed_v<T>) {
                return std::int64_t(v.get_int64());
            } else {
                return std::uint64_t(v.get_uint64());
            }
        default:
            throw malformed{"an integer that is neither a number nor a string"};
    }
}

value read_value(object v) {
    const std::string_view type(v["type"].get_string());
    if (type == "integer") {
        return integer_of<std::int64_t>(std::string_view(v["value"].get_string()));
    }
    if (type == "text") {
        return std::string(std::string_view(v["value"].get_string()));
    }
    if (type == "null") {
        return nullptr;
    }
    if (type == "float") {
        any n = v["value"];
        return n.is_null() ? std::numeric_limits<double>::quiet_NaN() : double(n.get_double());
    }
    if (type == "blob") {
        auto bytes = decode_base64(std::string_view(v["base64"].get_string()));
        if (!bytes) {
            throw malformed{"a blob that is not base64"};
        }
        return *std::move(bytes);
    }
    throw malformed{"a value of a type that SQLite does not have"};
}

column read_column(object c) {
    column out;
    for (auto field : c) {
        const std::string_view key(field.unescaped_key());
        if (key == "name") {
            out.name = optional_text(field.value()).value_or("");
        } else if (key == "decltype") {
            out.declared_type = optional_text(field.value());
        }
    }
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
    for (auto field : e) {
        const std::string_view key(field.unescaped_key());
        if (key == "message") {
            out.message = owned(field.value());
        } else if (key == "code") {
            out.code = optional_text(field.value()).value_or("");
        } else if (key == "extended_code") {
            out.extended_code = optional_text(field.value()).value_or("");
        }
    }
    return out;
}

hrana::statement_result read_statement_result(object r) {
    hrana::statement_result out;
    bool has_rows = false;
    for (auto field : r) {
        const std::string_view key(field.unescaped_key());
        any v = field.value();
        if (key == "cols") {
            out.rows.columns = read_columns(v.get_array());
        } else if (key == "rows") {
            has_rows = true;
            for (any row : v.get_array()) {
                auto& cells = out.rows.rows.emplace_back();
                cells.reserve(out.rows.columns.size());
                for (any c : row.get_array()) {
                    cells.push_back(read_value(c.get_object()));
                }
            }
        } else if (key == "affected_row_count") {
            out.rows.executed.rows_affected = optional_integer<std::int64_t>(v).value_or(0);
        } else if (key == "last_insert_rowid") {
            out.rows.executed.last_insert_rowid = optional_integer<std::int64_t>(v).value_or(0);
        } else if (key == "rows_read") {
            out.rows.executed.rows_read = optional_integer<std::uint64_t>(v).value_or(0);
        } else if (key == "rows_written") {
            out.rows.executed.rows_written = optional_integer<std::uint64_t>(v).value_or(0);
        } else if (key == "replication_index") {
            out.replication_index = optional_integer<std::uint64_t>(v);
        }
    }
    if (!has_rows) {
        throw malformed{"a result without rows"};
    }
    for (const auto& row : out.rows.rows) {
        if (row.size() != out.rows.columns.size()) {
            throw malformed{"a row that is not as wide as its columns"};
        }
    }
    return out;
}

template <class T, class Read>
std::vector<std::optional<T>> read_each(array all, Read read) {
    std::vector<std::optional<T>> out;
    for (any one : all) {
        out.push_back(one.is_null() ? std::nullopt : std::optional<T>(read(one.get_object())));
    }
    return out;
}

hrana::batch_outcome read_batch_outcome(object r) {
    hrana::batch_outcome out;
    for (auto field : r) {
        const std::string_view key(field.unescaped_key());
        if (key == "step_results") {
            out.results = read_each<hrana::statement_result>(field.value().get_array(),
                                                             read_statement_result);
        } else if (key == "step_errors") {
            out.failures = read_each<hrana::failure>(field.value().get_array(), read_error);
        }
    }
    return out;
}

hrana::description read_description(object r) {
    hrana::description out;
    for (auto field : r) {
        const std::string_view key(field.unescaped_key());
        any v = field.value();
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
    }
    return out;
}

/// What the request that it answers asked for.
struct response_reader {
    object from;

    hrana::response operator()(const hrana::close_request&) const { return std::monostate(); }

    hrana::response operator()(const hrana::sequence_request&) const { return std::monostate(); }

    hrana::response operator()(const hrana::execute_request&) {
        return read_statement_result(from["result"].get_object());
    }

    hrana::response operator()(const hrana::batch_request& sent) {
        auto out = read_batch_outcome(from["result"].get_object());
        if (out.results.size() != sent.steps.size() || out.failures.size() != sent.steps.size()) {
            throw malformed{"a batch's results are not as many as its steps"};
        }
        return out;
    }

    hrana::response operator()(const hrana::describe_request&) {
        return read_description(from["result"].get_object());
    }

    hrana::response operator()(const hrana::get_autocommit_request&) {
        return bool(from["is_autocommit"].get_bool());
    }
};

hrana::reply read_reply(object all, std::span<const hrana::request> requests) {
    hrana::reply out;
    bool has_results = false;
    for (auto field : all) {
        const std::string_view key(field.unescaped_key());
        any v = field.value();
        if (key == "baton") {
            out.baton = optional_text(v);
        } else if (key == "base_url") {
            out.base_url = optional_text(v);
        } else if (key == "results") {
            has_results = true;
            for (any one : v.get_array()) {
                if (out.results.size() == requests.size()) {
                    throw malformed{"more results than requests"};
                }
                object r = one.get_object();
                const std::string_view type(r["type"].get_string());
                if (type == "ok") {
                    out.results.emplace_back(std::visit(response_reader{r["response"].get_object()},
                                                        requests[out.results.size()]));
                } else if (type == "error") {
                    out.results.emplace_back(read_error(r["error"].get_object()));
                } else {
                    throw malformed{"a result that is neither ok nor an error"};
                }
            }
        }
    }
    if (!has_results || out.results.size() != requests.size()) {
        throw malformed{"fewer results than requests"};
    }
    return out;
}

error not_a_reply(std::string_view why) {
    return error(error_kind::protocol,
                 "the server's reply is not one of Hrana 3: " + std::string(why));
}

}  // namespace

result<std::string> write_pipeline(std::optional<std::string_view> baton,
                                   std::span<const hrana::request> requests) {
    writer w;
    w.baton(baton);
    w.out += R"(,"requests":[)";
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (i > 0) {
            w.out += ',';
        }
        std::visit(w, requests[i]);
    }
    w.out += "]}";
    return w.finish();
}

result<std::string> write_cursor(std::optional<std::string_view> baton,
                                 const hrana::batch_request& batch) {
    writer w;
    w.baton(baton);
    w.out += ',';
    w.batch(batch);
    w.out += '}';
    return w.finish();
}

result<hrana::reply> read_pipeline(std::string_view json,
                                   std::span<const hrana::request> requests) {
    try {
        const simdjson::padded_string padded(json);
        simdjson::ondemand::parser parser;
        auto document = parser.iterate(padded);
        return read_reply(document.get_object(), requests);
    } catch (const simdjson::simdjson_error& e) {
        return not_a_reply(e.what());
    } catch (const malformed& m) {
        return not_a_reply(m.what);
    }
}

hrana::failure read_failure(std::string_view body) {
    try {
        const simdjson::padded_string padded(body);
        simdjson::ondemand::parser parser;
        auto document = parser.iterate(padded);
        hrana::failure out;
        object all = document.get_object();
        for (auto field : all) {
            const std::string_view key(field.unescaped_key());
            any v = field.value();
            if ((key == "message" || key == "error") && v.type() == json_type::string) {
                out.message = owned(v);
            } else if (key == "code") {
                out.code = optional_text(v).value_or("");
            }
        }
        if (!out.message.empty()) {
            return out;
        }
    } catch (const simdjson::simdjson_error&) {
        // It is text.
    }
    constexpr std::size_t enough = 500;
    return {.message = std::string(body.substr(0, enough)), .code = "", .extended_code = ""};
}

}  // namespace libsql::remote
