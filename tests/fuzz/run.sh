#!/usr/bin/env bash
# Runs each fuzzer on the seeds of tests/data for some seconds.
#   tests/fuzz/run.sh SECONDS BUILD_DIR
# One line for each: "ok <name>" or "FAILED <name>"; exits with 1 when one failed. What was found
# is kept in BUILD_DIR/fuzz-findings, with the fuzzer's own words.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: $0 SECONDS BUILD_DIR" >&2
    exit 2
fi
seconds=$1
build=$2
here=$(cd "$(dirname "$0")" && pwd)
data=$here/../data
findings=$build/fuzz-findings

declare -A seeds=(
    [session-description]="offers answers"
    [publish-offer]="offers"
    [answer]="answers"
    [trickle-fragment]="fragments"
    [candidate]="candidates"
    [data-offer]="data-offers"
    [service-answer]="ice"
    [stun]="stun"
    [message]="messages"
)

if ! ninja -C "$build" fuzz >"$build/fuzz-build.log" 2>&1; then
    tail -n 20 "$build/fuzz-build.log" >&2
    echo "FAILED to build the fuzzers (is clang installed, and the build set up with -Dtests=true?)"
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$findings"

fuzz() { # NAME
    local name=$1 folder
    mkdir "$work/$name" # libFuzzer adds what it learns to this folder
    for folder in ${seeds[$name]}; do
        cp "$data/$folder"/* "$work/$name/"
    done
    if "$build/tests/fuzz/fuzzer-$name" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=1024 -print_final_stats=1 -dict="$here/sdp.dict" \
        -artifact_prefix="$findings/$name-" "$work/$name" >"$findings/$name.log" 2>&1; then
        echo "ok $name"
    else
        echo "FAILED $name (see $findings/$name.log)"
        touch "$work/failed"
    fi
}

# Four at a time, whatever else runs.
running=()
for name in "${!seeds[@]}"; do
    if [ ${#running[@]} -ge 4 ]; then
        wait "${running[0]}"
        running=("${running[@]:1}")
    fi
    fuzz "$name" &
    running+=($!)
done
wait
[ ! -e "$work/failed" ]
