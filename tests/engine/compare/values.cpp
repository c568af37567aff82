#include "generator.hpp"

#include <array>
#include <cstdio>

namespace libsql::compare {

// The largest integer is not among them: behind it as a rowid the next one is random.
std::string generator::integer() {
    if (limits_ && random_.percent(15)) {
        return random_.one_of({"4611686018427387904", "-9223372036854775807", "2147483647",
                               "-2147483649", "4294967296", "9007199254740993", "-9007199254740993",
                               "9007199254740992"});
    }
    return std::to_string(random_.percent(70) ? random_.between(-2, 6)
                                              : random_.between(-1000, 1000));
}

// Eighths: sums of them are exact in any sequence. None is a whole number, which would equal an
// integer and differ from it.
std::string generator::real() {
    if (limits_ && random_.percent(15)) {
        return random_.one_of({"1e300", "-1e300", "9.5e18", "1e19", "-9.3e18", "1e100", "1e14",
                               "1e-10", "123456789.125"});
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%d.%s", random_.between(-4, 20),
                  random_.one_of({"5", "25", "75", "125", "375", "5", "5"}).c_str());
    return text.data();
}

std::string generator::text() {
    if (random_.percent(collations_ ? 40 : 0)) {
        return random_.one_of({"'A'", "'a '", "'AB'", "'aB'", "'Abc'", "'b  '", "'X'", "'x '"});
    }
    return random_.one_of({"''",
                           "'a'",
                           "'ab'",
                           "'abc'",
                           "'b'",
                           "'x'",
                           "'1'",
                           "'1.5'",
                           "'-3'",
                           "' 2'",
                           "'1e2'",
                           "'0x10'",
                           "'x''y'",
                           "'ü'",
                           "'日本'",
                           "'a%b'",
                           "'a_b'",
                           "'[a]'",
                           "'abcabcabc'",
                           "'zzzz'",
                           "'1abc'",
                           "'.5'",
                           "'+7'",
                           "'nan'",
                           "'9223372036854775808'",
                           "'ab' || char(10) || 'c'"});
}

// None begins with a NUL: behind a number, SQLite 3.53 takes such a text for the number.
std::string generator::blob() {
    return random_.one_of({"x''", "x'07'", "x'61'", "x'6162'", "x'ff00ff'", "x'c3bc'", "x'31'",
                           "x'fefdfcfbfa00000000ff'"});
}

std::string generator::json() {
    return random_.one_of(
        {"'{}'", "'[]'", "'1'", "'null'", "'\"a\"'", "'[1,2,3]'", "'[1,[2,3],{\"a\":4}]'",
         "'{\"a\":1}'", "'{\"a\":1,\"b\":[1,2,{\"c\":null}]}'", "'{\"a\":{\"b\":{\"c\":\"x\"}}}'",
         "'{\"a\":\"\\u00fc\\n\",\"b\":true}'", "'[true,false,null,1.5,\"t\"]'",
         "'{\"a b\":1,\"\":2}'", "'{a:1,b:0x1F,c:+.5,}'", "'[1e3,-0.5,12345678901234567890]'",
         "'[\"a\\\"b\",\"\\\\\"]'", "'{\"a\":[],\"b\":{}}'", "'{\"a\":1,\"a\":2}'"});
}

std::string generator::date() {
    return random_.one_of({"'2024-02-29'", "'2024-02-29 12:34:56'", "'1999-12-31T23:59:59.999'",
                           "'0000-01-01'", "'9999-12-31'", "'2000-01-01 00:00:00Z'",
                           "'2023-03-01 01:02:03+05:30'", "'12:00'", "2451544.5", "'2024-13-01'",
                           "'2023-02-31'", "1700000000", "-1", "'1970-01-01'"});
}

std::string generator::path() {
    return random_.one_of({"'$'", "'$.a'", "'$.b'", "'$.b[0]'", "'$.b[2].c'", "'$[0]'", "'$[1][1]'",
                           "'$[#-1]'", "'$.a.b.c'", "'$.\"a b\"'", "'$[#]'", "'$.x'", "'$.\"\"'"});
}

std::string generator::literal() {
    const int which = random_.between(1, 100);
    if (limits_ && random_.percent(5)) {
        return random_.one_of({"9223372036854775807", "(-9223372036854775807 - 1)",
                               "9223372036854775806", "2147483648"});
    }
    if (which <= 40) {
        return integer();
    }
    if (which <= 55) {
        return real();
    }
    if (which <= 82) {
        return text();
    }
    if (which <= 90) {
        return blob();
    }
    return which <= 97 ? "NULL" : random_.one_of({"TRUE", "FALSE"});
}

std::string generator::value_for(const column& target) {
    if (random_.percent(10)) {
        return "NULL";
    }
    if (random_.percent(6)) {
        return target.kind == 'I' ? text() : literal();
    }
    switch (target.kind) {
        case 'I':
            return integer();
        case 'R':
            return real();
        case 'T':
            return text();
        case 'J':
            return json();
        case 'D':
            return date();
        case 'N':
            return random_.percent(50) ? integer() : random_.percent(60) ? real() : text();
        default:
            return literal();
    }
}

}  // namespace libsql::compare
