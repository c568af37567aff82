#!/usr/bin/env bash
# Tests check.sh itself: check_test.sh COMPILER.
set -euo pipefail
check=$(dirname "$0")/check.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect accepts|refuses WHY, with the file's text on standard input
expect() {
    cat >"$folder/case.cpp"
    local verdict=accepts reason
    reason=$("$check" "$folder/case.cpp" "$compiler" 2>&1) || verdict=refuses
    [[ $verdict == "$1" && ($1 == accepts || $reason == *"$2"*) ]] || {
        printf 'check.sh %s, but must: %s %s\n%s\n' "$verdict" "$1" "$2" "$reason" >&2
        exit 1
    }
}
compiler=$1

expect accepts "an error as announced" <<'CPP'
// error: 'nmae'
struct user { int name; };
int x = user{}.nmae;
CPP
expect refuses "compiles, but must not" <<'CPP'
// error: anything
int x = 0;
CPP
expect refuses "no error matches 'age'" <<'CPP'
// error: age
struct user { int name; };
int x = user{}.nmae;
CPP
expect refuses "the first line is not" <<'CPP'
int x = "";
CPP
many='// error: unknown'$'\n'
for i in {1..11}; do many+="int x$i = unknown$i;"$'\n'; done
expect refuses "11 lines of diagnostics, 10 allowed" <<<"$many"
expect accepts "a budget of its own" <<<"${many/$'\n'/$'\n// max-lines: 11\n'}"
expect refuses "diagnostics, 2 allowed" <<'CPP'
// error: static assertion
// max-lines: 2
template <class T> struct inner { static_assert(sizeof(T) == 0); };
template <class T> struct outer { inner<T> member; };
template struct outer<int>;
CPP
