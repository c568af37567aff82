// The splitter must end statements where the engine does, and must not lose any bytes.

#include "fuzz_engine.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "support/engine_agreement.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace {

void require(bool holds, std::string_view what) {
    if (!holds) {
        std::cerr << what << '\n';
        std::abort();
    }
}

// Only spaces, comments and `;` may be between two pieces.
void require_blank(std::string_view text) {
    libsql::sql_scanner scanner(text);
    libsql::token next = scanner.next_significant();
    while (next.kind == libsql::token_kind::semicolon) {
        next = scanner.next_significant();
    }
    require(next.kind == libsql::token_kind::end, text);
}

void check_pieces(std::string_view script) {
    libsql::script_splitter splitter(script);
    std::size_t end = 0;
    bool terminated = true;
    while (const auto piece = splitter.next()) {
        require(terminated, "a piece behind one that is not terminated");
        require(!piece->text.empty(), "an empty piece");
        require(piece->offset >= end, "pieces overlap");
        require(piece->text.data() == script.data() + piece->offset, "wrong offset");
        require_blank(script.substr(end, piece->offset - end));
        end = piece->offset + piece->text.size();
        terminated = piece->terminated;
    }
    require_blank(script.substr(end));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view script(reinterpret_cast<const char*>(data), size);
    check_pieces(script);
    if (script.find('\0') == std::string_view::npos) {
        const auto difference =
            libsql::testing::find_split_difference(libsql::testing::fuzz_engine(), script);
        require(!difference, difference.value_or(""));
    }
    return 0;
}
