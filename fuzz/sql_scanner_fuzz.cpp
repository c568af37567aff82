// The scanner must split any text into the same tokens as SQLite's own tokenizer.

#include "engine_tokenizer.h"
#include "libsql/sql/sql_scanner.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

char kind_of(libsql::token_kind kind) {
    using enum libsql::token_kind;
    switch (kind) {
        case whitespace:
        case comment:
            return ' ';
        case word:
        case quoted_identifier:
            return 'a';
        case string:
            return '\'';
        case blob_literal:
            return 'x';
        case number:
            return '0';
        case parameter:
            return '?';
        case semicolon:
            return ';';
        case punctuation:
            return '+';
        case end:
        case illegal:
            return '!';
    }
    return '!';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The scanner gets libFuzzer's own buffer, so that sanitizers find any access beyond its end.
    libsql::sql_scanner scanner({reinterpret_cast<const char*>(data), size});
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::size_t offset = 0;
    while (offset < text.size()) {
        char kind = 0;
        const auto length = static_cast<std::size_t>(engine_token(text.c_str() + offset, &kind));
        const libsql::token found = scanner.next();
        const bool is_nul = length == 0 && text[offset] == '\0';
        if (found.text.size() != (is_nul ? 1 : length) || kind_of(found.kind) != kind) {
            std::abort();
        }
        offset += found.text.size();
    }
    if (scanner.next().kind != libsql::token_kind::end) {
        std::abort();
    }
    return 0;
}
