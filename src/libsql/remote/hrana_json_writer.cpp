#include "libsql/core/sql_text.hpp"
#include "libsql/net/base64.hpp"
#include "libsql/remote/hrana_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace libsql::remote {

namespace {

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
                out += R"({"type":"integer","value":")";  // a JSON number could lose digits
                number(c.integer);
                out += R"("})";
                return;
            case detail::cell_type::real:
                if (!std::isfinite(c.real)) {
                    fail("an infinity cannot be sent to a server as JSON");
                }
                out += R"({"type":"float","value":)";
                number(c.real);
                out += '}';
                return;
            case detail::cell_type::text:
                if (find_invalid_utf8(bytes)) {
                    fail(
                        "a text argument is not UTF-8, which a server requires; send it as a blob");
                }
                out += R"({"type":"text","value":)";
                text(bytes);
                out += '}';
                return;
            case detail::cell_type::blob:
                out += R"({"type":"blob","base64":")";
                net::append_base64(out, std::as_bytes(std::span(bytes)));
                out += R"("})";
                return;
            case detail::cell_type::null:
                break;
            default:
                fail("an argument cannot be sent");  // not reached: arguments were checked before
        }
        out += R"({"type":"null"})";
    }

    void statement(const hrana::statement& s) {
        out += R"({"sql":)";
        text(s.sql);
        if (!s.arguments.empty()) {
            out += s.names.empty() ? R"(,"args":[)" : R"(,"named_args":[)";
            for (std::size_t i = 0; i < s.arguments.size(); ++i) {
                out += i > 0 ? "," : "";
                if (s.names.empty()) {
                    cell(s.arguments[i]);
                    continue;
                }
                out += R"({"name":)";
                text(s.names[i]);
                out += R"(,"value":)";
                cell(s.arguments[i]);
                out += '}';
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

    void operator()(const hrana::close_sql_request&) {
        out += R"({"type":"close_sql","sql_id":0})";
    }

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

}  // namespace

const encoder json_encoder{&write_pipeline, &write_cursor};

}  // namespace libsql::remote
