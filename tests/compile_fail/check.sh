#!/usr/bin/env bash
# One compile-fail test: check.sh FILE COMPILER [FLAG...]. FILE begins with
#   // error: <extended regular expression that a line of the compiler's errors must match>
#   // max-lines: <how many lines of diagnostics are allowed; 10 when not given>
#   // std: <the standard; c++20 when not given>
# A line is one that names a place or a context; the source text that is quoted below it is not
# counted.
set -euo pipefail
export LC_ALL=C
file=$1
shift

fail() {
    printf '%s: %s\n%s\n' "$file" "$1" "${output-}" >&2
    exit 1
}

expected=$(sed -n '1s,^// error: ,,p' "$file")
[[ -n $expected ]] || fail "the first line is not '// error: <regex>'"
budget=$(sed -n '2s,^// max-lines: ,,p' "$file")
standard=$(sed -n '1,3s,^// std: ,,p' "$file")

if output=$("$@" -std="${standard:-c++20}" -fsyntax-only -fdiagnostics-color=never "$file" 2>&1); then
    fail "compiles, but must not"
fi
grep -E ': (fatal )?error: ' <<<"$output" | grep -qE -- "$expected" || fail "no error matches '$expected'"
lines=$(grep -cE '^[^ ].*[:,]( |$)' <<<"$output")
((lines <= ${budget:-10})) || fail "$lines lines of diagnostics, ${budget:-10} allowed"
