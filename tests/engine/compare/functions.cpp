#include "generator.hpp"

namespace libsql::compare {

std::string generator::text_function(const scope& names, int depth) {
    const std::string a = expression(names, depth - 1);
    const std::string b = leaf(names);
    switch (random_.below(14)) {
        case 0:
            return "substr(" + a + ", " + integer() + ")";
        case 1:
            return "substr(" + a + ", " + b + ", " + integer() + ")";
        case 2:
            return "instr(" + a + ", " + b + ")";
        case 3:
            return "replace(" + a + ", " + b + ", " + leaf(names) + ")";
        case 4:
            return random_.one_of({"trim(", "ltrim(", "rtrim("}) + a + ", " + b + ")";
        case 5:
            return "concat(" + a + ", " + b + ")";
        case 6:
            return "concat_ws(" + b + ", " + a + ", " + leaf(names) + ")";
        case 7:
            return "char(" + std::to_string(random_.between(32, 400)) + ", 65)";
        case 8:
            return "unhex(" + a + ", ' ')";
        case 9:
            return "(" + a + " LIKE " + b + " ESCAPE 'x')";
        default:
            return random_.one_of({"lower(", "upper(", "length(", "hex(", "quote(", "typeof(",
                                   "unicode(", "octet_length(", "trim(", "soundex("}) +
                   a + ")";
    }
}

std::string generator::number_function(const scope& names, int depth) {
    const std::string a = number(names, depth);
    switch (random_.below(6)) {
        case 0:
            return "round(" + a + ", " + std::to_string(random_.between(-1, 4)) + ")";
        case 1:
            return "min(" + a + ", " + leaf(names) + ")";
        case 2:
            return "max(" + a + ", " + leaf(names) + ", " + leaf(names) + ")";
        case 3:
            return "mod(" + a + ", " + leaf(names) + ")";
        default:
            return random_.one_of({"sign(", "ceil(", "floor(", "trunc(", "round(", "sqrt(",
                                   "likely(", "unlikely(", "degrees("}) +
                   a + ")";
    }
}

// What comes from a row is only read as JSON where it is JSON.
std::string generator::json_function(const scope& names, int depth) {
    std::string a = json();
    if (random_.percent(50)) {
        const std::string b = leaf(names);
        a = "iif(typeof(" + b + ") = 'text' AND json_valid(" + b + "), " + b + ", '[0]')";
    }
    const std::string b = "quote(" + leaf(names) + ")";
    switch (random_.below(12)) {
        case 0:
            return "(" + a + " -> " + path() + ")";
        case 1:
            return "(" + a + " ->> " + path() + ")";
        case 2:
            return "json_extract(" + a + ", " + path() + ", " + path() + ")";
        case 3:
            return random_.one_of({"json_set(", "json_insert(", "json_replace("}) + a + ", " +
                   path() + ", " + b + ", " + path() + ", json(" + json() + "))";
        case 4:
            return "json_remove(" + a + ", " + path() + ")";
        case 5:
            return "json_patch(" + a + ", " + json() + ")";
        case 6:
            return "json_type(" + a + ", " + path() + ")";
        case 7:
            return "json_array_length(" + a + ")";
        case 8:
            return "json_array(" + b + ", " + number(names, depth) + " IS NULL, json(" + a + "))";
        case 9:
            return "json_object('k', " + b + ", 'a', " + integer() + ")";
        case 10:
            return "json_valid(" + leaf(names) + ", " + std::to_string(random_.between(1, 15)) +
                   ")";
        default:
            return random_.one_of({"json(", "json_pretty(", "json_quote("}) + a + ")";
    }
}

std::string generator::date_function(const scope& names, int depth) {
    const std::string a = random_.percent(60) ? date() : expression(names, depth - 1);
    const std::string modifier = random_.one_of(
        {"'+1 day'", "'-1 month'", "'start of month'", "'+1 year'", "'weekday 0'", "'unixepoch'",
         "'auto'", "'julianday'", "'+1.5 hours'", "'start of year'", "'ceiling'", "'floor'",
         "'+0001-01-01'", "'subsec'", "'-00:30'", "'+100000 days'"});
    switch (random_.below(4)) {
        case 0:
            return "strftime(" +
                   random_.one_of({"'%Y-%m-%d'", "'%H:%M:%f'", "'%j %W %w'", "'%s'", "'%J'",
                                   "'%e%k%l'", "'%G-%V-%u'", "'%U %p %I %P'", "'%F %T %R'"}) +
                   ", " + a + ", " + modifier + ")";
        case 1:
            return "timediff(" + date() + ", " + date() + ")";
        default:
            return random_.one_of({"date(", "time(", "datetime(", "julianday(", "unixepoch("}) + a +
                   ", " + modifier + ")";
    }
}

std::string generator::format_function(const scope& names, int depth) {
    const std::string how = random_.one_of(
        {"'%d'",   "'%5d|%-5d'", "'%s'", "'%10s|'", "'%-10s|'", "'%.3f'", "'%x'", "'%o'",
         "'%c'",   "'%q'",       "'%Q'", "'%+d'",   "'%05d'",   "'%,d'",  "'%e'", "'%g'",
         "'%.1s'", "'%!.3s'",    "'%w'", "'%%%d'",  "'%*d'",    "'%.2e'"});
    return random_.one_of({"printf(", "format("}) + how + ", " + expression(names, depth - 1) +
           ", " + leaf(names) + ")";
}

std::string generator::function(const scope& names, int depth) {
    const int which = random_.between(1, 100);
    if (which <= 40) {
        return text_function(names, depth);
    }
    if (which <= 70) {
        return number_function(names, depth);
    }
    if (which <= 85) {
        return json_function(names, depth);
    }
    return which <= 92 ? date_function(names, depth) : format_function(names, depth);
}

// A query of literals alone: it may fail, then it fails under every plan.
std::string generator::probe() {
    const auto any = [this] {
        switch (random_.below(5)) {
            case 0:
                return json();
            case 1:
                return date();
            case 2:
                return random_.one_of({"'{\"a\":'", "'[1,2'", "'{a}'", "'\"\\x\"'", "x'7b'",
                                       "jsonb('[1,{\"a\":\"b\"}]')", "1e999", "-1e999", "-0.0",
                                       "9223372036854775807", "-9223372036854775808",
                                       "zeroblob(20)", "x'cc'", "char(0)",
                                       "'a' || char(0) || 'b'"});
            case 3:
                return path();
            default:
                return literal();
        }
    };
    const std::string a = any();
    const std::string b = any();
    const std::string c = any();
    switch (random_.below(5)) {
        case 0:
            return "SELECT " +
                   random_.one_of({"json",
                                   "jsonb",
                                   "json_valid",
                                   "json_error_position",
                                   "json_quote",
                                   "json_type",
                                   "json_array_length",
                                   "json_pretty",
                                   "abs",
                                   "sign",
                                   "ln",
                                   "log2",
                                   "log10",
                                   "exp",
                                   "sqrt",
                                   "sin",
                                   "acos",
                                   "atanh",
                                   "radians",
                                   "unhex",
                                   "zeroblob",
                                   "char",
                                   "unicode",
                                   "hex",
                                   "quote",
                                   "length",
                                   "octet_length",
                                   "typeof",
                                   "ceil",
                                   "trunc",
                                   "date",
                                   "time",
                                   "datetime",
                                   "julianday",
                                   "unixepoch",
                                   "lower",
                                   "-",
                                   "~",
                                   "NOT "}) +
                   "(" + a + ")";
        case 1:
            return "SELECT quote(" +
                   random_.one_of({"json_extract", "jsonb_extract", "json_remove", "jsonb_remove",
                                   "json_patch",   "jsonb_patch",   "json_array",  "json_object",
                                   "pow",          "log",           "mod",         "atan2",
                                   "round",        "substr",        "instr",       "trim",
                                   "nullif",       "min",           "max",         "like",
                                   "glob",         "unhex",         "concat",      "concat_ws",
                                   "timediff",     "strftime",      "date",        "datetime",
                                   "json_valid",   "json_pretty",   "printf"}) +
                   "(" + a + ", " + b + "))";
        case 2:
            return "SELECT quote(" +
                   random_.one_of({"json_set", "jsonb_set", "json_insert", "jsonb_insert",
                                   "json_replace", "jsonb_replace", "json_extract", "json_remove",
                                   "substr", "replace", "iif", "concat_ws", "printf", "datetime",
                                   "like", "json_array"}) +
                   "(" + a + ", " + b + ", " + c + "))";
        case 3:
            return "SELECT key, value, type, atom, id, parent, fullkey, path FROM " +
                   random_.one_of({"json_each(", "json_tree("}) + a +
                   (random_.percent(50) ? ", " + path() : "") + ")";
        default:
            return "SELECT " + a +
                   random_.one_of({" + ", " - ", " * ", " / ", " % ", " & ", " << ", " || ", " < ",
                                   " = ", " IS ", " -> ", " ->> ", " LIKE "}) +
                   b + ", CAST(" + c + " AS " +
                   random_.one_of({"INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB"}) + ")";
    }
}

}  // namespace libsql::compare
