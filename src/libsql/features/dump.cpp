#include "libsql/core/out_of_memory.hpp"
#include "libsql/features/dump_writer.hpp"

#include <libsql/dump.hpp>

#include <ostream>

namespace libsql {

namespace {

/// A transaction, or a savepoint of the open one, in which all reads see one state of the database.
class snapshot {
public:
    explicit snapshot(executor& source)
        : source_(source), opened_(source.execute("SAVEPOINT libsql_dump")) {}

    ~snapshot() {
        if (opened_) {
            detail::insist([this] { return source_.execute("RELEASE libsql_dump"); });
        }
    }

    snapshot(const snapshot&) = delete;
    snapshot& operator=(const snapshot&) = delete;

    [[nodiscard]] const result<execution>& opened() const noexcept { return opened_; }

private:
    executor& source_;
    result<execution> opened_;
};

}  // namespace

result<void> dump(executor& source, const dump_sink& sink, const dump_options& chosen) {
    const snapshot one_state(source);
    if (!one_state.opened()) {
        return one_state.opened().error();
    }
    return dump_writer(source, sink, chosen).write();
}

result<void> dump(executor& source, std::ostream& out, const dump_options& chosen) {
    const dump_sink sink = [&](std::string_view text) -> result<void> {
        if (!out.write(text.data(), static_cast<std::streamsize>(text.size()))) {
            return error(error_kind::io, "the stream that the dump is written to failed");
        }
        return {};
    };
    return dump(source, sink, chosen).and_then([&]() -> result<void> {
        if (!out.flush()) {
            return error(error_kind::io, "the stream that the dump is written to failed");
        }
        return {};
    });
}

result<std::string> dump(executor& source, const dump_options& chosen) {
    std::string out;
    const dump_sink sink = [&](std::string_view text) -> result<void> {
        out += text;
        return {};
    };
    if (auto done = dump(source, sink, chosen); !done) {
        return done.error();
    }
    return out;
}

}  // namespace libsql
