#!/usr/bin/env bash
# Compiles sources, two at a time, into a static library:  archive.sh OUT.a COMPILER FLAGS… -- SOURCES…
set -euo pipefail
out=$1
shift
compile=()
while [ "$1" != -- ]; do
    compile+=("$1")
    shift
done
shift
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
printf '%s\0' "$@" | xargs -0 -P 2 -I SOURCE sh -c \
    'source=$1 objects=$2; shift 2; "$@" -c "$source" -o "$objects/$(basename "$source").o"' \
    sh SOURCE "$objects" "${compile[@]}"
rm -f "$out"
ar rcs "$out" "$objects"/*.o
