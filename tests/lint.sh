#!/usr/bin/env bash
# Holds every file to the style of the project; prints "ok NAME" or "FAILED NAME" for each of its checks.
#   tests/lint.sh [CHECK…]    of format, scripts, includes, web and tidy; all when none is named
# SPILLWAY_BUILD: a folder of meson, whose compile_commands.json clang-tidy reads (default build-test).
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 1
build=${SPILLWAY_BUILD:-build-test}
failed=0

check() { # NAME of a function
    local log
    if log=$("$1" 2>&1); then
        printf 'ok %s\n' "$1"
    else
        printf 'FAILED %s\n%s\n' "$1" "$(tail -n 100 <<<"$log")"
        failed=1
    fi
}

# Files of git, also those that are new and not added yet.
files() { git ls-files --cached --others --exclude-standard -- "$@"; }

format() {
    files '*.cpp' '*.h' | xargs clang-format --dry-run --Werror
}

# Its checks stand in .clang-tidy. Headers are looked at through the files that include them.
tidy() {
    files 'gateway/*.cpp' 'pipelines/*.cpp' 'sdp/*.cpp' |
        xargs -n 4 -P "$(nproc)" nice clang-tidy -p "$build" --quiet --warnings-as-errors='*'
}

scripts() {
    files '*.sh' '.ci/run' 'gateway/deploy/*.bash' | xargs shellcheck --external-sources
}

web() {
    tests/e2e/node_modules/.bin/eslint --config tests/e2e/eslint.config.mjs web tests
}

includes() {
    python3 tests/unit/architecture/includes.py "$top"
}

checks=("$@")
[ $# -gt 0 ] || checks=(format scripts includes web tidy)
for name in "${checks[@]}"; do
    case $name in
    format | scripts | includes | web | tidy) check "$name" ;;
    *) sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
done
exit $failed
