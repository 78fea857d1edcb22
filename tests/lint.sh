#!/usr/bin/env bash
# Holds every file to the style of the project; prints "ok NAME" or "FAILED NAME" for each of its checks.
#   tests/lint.sh [BUILD]     BUILD: a folder of meson whose compile_commands.json clang-tidy reads
#                             (default build-test, as tests/run.sh makes it)
# SPILLWAY_LINT_JOBS: processes of clang-tidy at a time (default 2).
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 1
build=${1:-build-test}
jobs=${SPILLWAY_LINT_JOBS:-2}
failed=0

check() { # NAME COMMAND…
    local name=$1 log
    shift
    if log=$("$@" 2>&1); then
        printf 'ok %s\n' "$name"
    else
        printf 'FAILED %s\n%s\n' "$name" "$(tail -n 100 <<<"$log")"
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
        xargs -n 4 -P "$jobs" nice clang-tidy -p "$build" --quiet --warnings-as-errors='*'
}

scripts() {
    files '*.sh' '.ci/run' 'gateway/deploy/*.bash' | xargs shellcheck --external-sources
}

web() {
    tests/e2e/node_modules/.bin/eslint --config tests/e2e/eslint.config.mjs web tests
}

check 'format' format
check 'scripts' scripts
check 'includes' python3 tests/unit/architecture/includes.py "$top"
check 'web' web
check 'tidy' tidy
exit $failed
