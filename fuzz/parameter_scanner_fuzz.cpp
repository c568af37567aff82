// For every statement that the engine accepts, it must have the same number of parameters and the
// same names as the scanner reports.

#include "fuzz_engine.hpp"
#include "libsql/sql/parameter_scanner.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "support/engine_agreement.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view script(reinterpret_cast<const char*>(data), size);
    libsql::script_splitter splitter(script);
    while (const auto piece = splitter.next()) {
        if (piece->text.find('\0') != std::string_view::npos) {
            static_cast<void>(libsql::scan_parameters(piece->text));
            continue;
        }
        const auto difference =
            libsql::testing::find_parameter_difference(libsql::testing::fuzz_engine(), piece->text);
        if (difference) {
            std::cerr << *difference << '\n';
            std::abort();
        }
    }
    return 0;
}
