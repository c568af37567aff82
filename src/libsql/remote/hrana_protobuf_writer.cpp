#include "libsql/core/sql_text.hpp"
#include "libsql/net/protobuf_wire.hpp"
#include "libsql/remote/hrana_protobuf.hpp"

#include <libsql/argument.hpp>

#include <utility>

namespace libsql::remote {

namespace {

using net::protobuf::writer;

class message_writer {
public:
    std::string out;
    std::optional<error> failed;

    void baton(std::optional<std::string_view> given) {
        if (given) {
            write_.bytes(1, *given);
        }
    }

    void request(const hrana::request& r) {
        write_.message(2, [&] { std::visit([&](const auto& asked) { one(asked); }, r); });
    }

    void batch(std::uint32_t number, const hrana::batch_request& b) {
        write_.message(number, [&] {
            for (const auto& step : b.steps) {
                write_.message(1, [&] {
                    if (step.when) {
                        write_.message(1, [&] { when(*step.when); });
                    }
                    write_.message(2, [&] { statement(step.what); });
                });
            }
        });
    }

    result<std::string> finish() {
        if (failed) {
            return *failed;
        }
        return std::move(out);
    }

private:
    void one(const hrana::close_request&) {
        write_.message(1, [] {});
    }

    void one(const hrana::execute_request& r) {
        write_.message(2, [&] { write_.message(1, [&] { statement(r.what); }); });
    }

    void one(const hrana::batch_request& r) {
        write_.message(3, [&] { batch(1, r); });
    }

    void one(const hrana::describe_request& r) {
        write_.message(5, [&] { write_.bytes(1, r.sql); });
    }

    void one(const hrana::get_autocommit_request&) {
        write_.message(8, [] {});
    }

    void one(const hrana::close_sql_request&) {
        write_.message(7, [&] { write_.varint(1, 0); });
    }

    void statement(const hrana::statement& s) {
        write_.bytes(1, s.sql);
        for (std::size_t i = 0; i < s.arguments.size(); ++i) {
            if (s.names.empty()) {
                write_.message(3, [&] { cell(s.arguments[i]); });
                continue;
            }
            write_.message(4, [&] {
                write_.bytes(1, s.names[i]);
                write_.message(2, [&] { cell(s.arguments[i]); });
            });
        }
        write_.boolean(5, s.want_rows);
    }

    void cell(const detail::cell& c) {
        const std::string_view bytes(c.size > 0 ? static_cast<const char*>(c.data) : "", c.size);
        switch (c.type) {
            case detail::cell_type::integer:
                return write_.sint(2, c.integer);
            case detail::cell_type::real:
                return write_.real(3, c.real);
            case detail::cell_type::text:
                if (find_invalid_utf8(bytes) && !failed) {
                    failed = error(
                        error_kind::invalid_argument,
                        "a text argument is not UTF-8, which a server requires; send it as a blob");
                }
                return write_.bytes(4, bytes);
            case detail::cell_type::blob:
                return write_.bytes(5, bytes);
            default:
                return write_.message(1, [] {});
        }
    }

    void when(const condition& c) {
        using enum condition::operation;
        const auto list = [&] {
            for (const auto& operand : c.operands()) {
                write_.message(1, [&] { when(operand); });
            }
        };
        switch (c.op()) {
            case ok:
                return write_.varint(1, c.step());
            case error:
                return write_.varint(2, c.step());
            case negation:
                return write_.message(3, [&] { when(c.operands().front()); });
            case conjunction:
                return write_.message(4, list);
            case disjunction:
                return write_.message(5, list);
            case is_autocommit:
                return write_.message(6, [] {});
        }
    }

    writer write_{out};
};

result<std::string> write_pipeline(std::optional<std::string_view> baton,
                                   std::span<const hrana::request> requests) {
    message_writer w;
    w.baton(baton);
    for (const auto& r : requests) {
        w.request(r);
    }
    return w.finish();
}

result<std::string> write_cursor(std::optional<std::string_view> baton,
                                 const hrana::batch_request& batch) {
    message_writer w;
    w.baton(baton);
    w.batch(2, batch);
    return w.finish();
}

}  // namespace

const encoder protobuf_encoder{&write_pipeline, &write_cursor};

}  // namespace libsql::remote
