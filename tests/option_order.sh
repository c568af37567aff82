#!/usr/bin/env bash
# The option tables in the documents list members in the order of the struct, because a designated
# initialiser that is copied from a table must compile: option_order.sh
set -euo pipefail
cd "$(dirname "$0")/.."

members() {  # HEADER STRUCT: the data members in their order
    sed -n "/^struct $2 {/,/^};/p" "include/libsql/$1" |
        sed -nE 's,//.*,,; s,.* ([a-z_]+)(\{[^}]*\})?;\s*$,\1,p'
}

options_of() {  # PAGE PREFIX: the names in the first column of its tables, without the prefix
    awk -F'|' '/^\| `/ { print $2 }' "$1" | grep -o "\`$2[a-z_]*\`" | tr -d '`' | sed "s,^$2,,"
}

failed=0
check() {  # PAGE PREFIX HEADER STRUCT
    local at last=0 checked=0 name
    local -A place=()
    while read -r name; do place[$name]=$((${#place[@]} + 1)); done < <(members "$3" "$4")
    while read -r name; do
        at=${place[$name]-}
        [[ -n $at ]] || continue
        ((++checked))
        if ((at < last)); then
            echo "$1: $name stands after a later member of $4"
            failed=1
        fi
        last=$at
    done < <(options_of "$1" "$2")
    if ((checked < 3)); then
        echo "$1: found only $checked members of $4"
        failed=1
    fi
}

check README.md "" options.hpp options
check docs/remote.md "" options.hpp options
check docs/replica.md "" options.hpp options
check docs/replica.md "sync\\." sync.hpp sync_options
check docs/pool.md "" pool.hpp pool_options
check docs/dump.md "" dump.hpp dump_options
check docs/dump.md "" load_dump.hpp load_options
exit $failed
