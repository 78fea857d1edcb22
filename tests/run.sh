#!/usr/bin/env bash
# Runs every test: installs what they need, builds, and ends with a line "N passed, N failed".
#   tests/run.sh                 everything
#   tests/run.sh PATTERN         only tests whose name matches
#   tests/run.sh --bench         the figures of the README, each beside its yardstick
#   tests/run.sh --soak MINUTES  publishing and stopping for so long, watching memory and descriptors
# SPILLWAY_STAGES="lint unit fuzz sanitized e2e install" chooses stages; install, which installs Spillway on a fresh
# Debian, is not among those of a full run.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit
# shellcheck source=gateway/packages.sh
. gateway/packages.sh

test_packages=(
    catch2 clang libclang-rt-14-dev
    gstreamer1.0-tools ffmpeg mpv vlc-bin vlc-plugin-base vlc-plugin-video-output
    chromium firefox-esr xvfb webkit2gtk-driver
    nginx-light openssl curl nftables iproute2 sqlite3
    git mmdebstrap shellcheck man-db clang-format
)
fuzz_seconds=${SPILLWAY_FUZZ_SECONDS:-30}
build=$top/build-test
sanitized=$top/build-sanitized

passed=0
failed=0
failures=()
count() { # NAME passed|failed
    if [ "$2" = passed ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures+=("$1")
    fi
}

finish() {
    local name
    for name in "${failures[@]}"; do printf '  failed: %s\n' "$name"; done
    printf '%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

prepare() {
    local packages=("${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" coturn)
    if needs_npm web tests/e2e; then packages+=(npm); fi
    install_packages "${packages[@]}" || exit 1
    command -v turnserver >/dev/null || { say "The tests need coturn." && exit 1; }
    check_plugins_bad || exit 1
    install_node_modules web || exit 1
    install_node_modules tests/e2e || exit 1
}

# FOLDER [meson options]
configure() {
    local folder=$1
    shift
    [ -f "$folder/build.ninja" ] && return
    meson setup "$folder" "$top" -Dtests=true "$@" >"/tmp/spillway-setup.$$" 2>&1 ||
        { cat "/tmp/spillway-setup.$$"; return 1; }
}

compile() { # FOLDER [command that runs it]
    local folder=$1 log
    shift
    log=$("$@" ninja -C "$folder" 2>&1) || { printf '%s\n' "$log" | tail -n 60; return 1; }
}

# Runs one program that meson knows as a test: FOLDER NAME
run_program() {
    local folder=$1 name=$2 begin=$SECONDS state=ok log
    log=$(mktemp)
    # A log of its own: two run at a time.
    meson test -C "$folder" --no-rebuild --num-processes 1 --print-errorlogs --logbase "${name// /-}" "$name" \
        >"$log" 2>&1 </dev/null || state=FAILED
    {
        printf '%s %s (%s s)\n' "$state" "$name" "$((SECONDS - begin))"
        [ "$state" = ok ] || tail -n 100 "$log"
    } | (flock 9 && cat) 9>"$folder/last-test.txt"
    rm "$log"
}

# Runs those of a kind whose name matches, JOBS at a time: FOLDER KIND JOBS PATTERN
run_programs() {
    local folder=$1 kind=$2 jobs=$3 pattern=$4 name names running=()
    names=$(meson introspect --tests "$folder" | python3 -c 'import json, sys
for test in json.load(sys.stdin): print(test["name"])') || return
    while IFS= read -r name; do
        if [[ $name != "$kind "* || ! $name =~ $pattern ]]; then continue; fi
        if [ ${#running[@]} -ge "$jobs" ]; then
            wait "${running[0]}"
            running=("${running[@]:1}")
        fi
        run_program "$folder" "$name" &
        running+=($!)
    done <<<"$names"
    [ ${#running[@]} -eq 0 ] || wait "${running[@]}"
}

show() { cat "$1" && return "$2"; } # FILE RESULT

# They mostly wait; those of pipelines play media besides.
run_all_programs() { # FOLDER PREFIX PATTERN
    run_counted "$2" run_programs "$1" unit 3 "$3"
    run_counted "$2" run_programs "$1" pipelines 2 "$3"
}

# Counts lines "ok NAME…" and "FAILED NAME…" of a command, and shows all it prints. A command that fails has failed
# even if it tells of no test that did.
run_counted() { # PREFIX COMMAND…
    local prefix=$1 line
    shift
    local ran=no failed_before=$failed
    while IFS= read -r line; do
        case $line in
        'ok '*) count "$prefix${line#ok }" passed ;;
        'FAILED '*) count "$prefix${line#FAILED }" failed ;;
        esac
        case $line in 'ok '* | 'FAILED '* | 'skipped '*) ran=yes ;; esac
        printf '%s\n' "$line"
    done < <("$@" 2>&1)
    wait $! || [ "$failed" -gt "$failed_before" ] || count "$prefix${*:1:2} ended with an error" failed
    [ -n "$pattern" ] || [ $ran = yes ] || count "${prefix}ran no test" failed
}

pattern=${1:-}
mode='test'
case ${1:-} in
--bench) mode=bench pattern=${2:-} ;;
--soak) mode=soak pattern= ;;
-*) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac

prepare
werror=false
[ "${CI:-}" = true ] && werror=true
if ! configure "$build" -Dwerror=$werror || ! compile "$build"; then
    count 'the build' failed
    finish
fi
export SPILLWAY_BUILD=$build

if [ "$mode" = bench ]; then
    export SPILLWAY_MEDIA=$build/bench-media
    exec node tests/bench/run.mjs ${pattern:+"$pattern"}
elif [ "$mode" = soak ]; then
    exec node tests/bench/run.mjs --soak "${2:-60}"
fi

stages=${SPILLWAY_STAGES:-lint unit fuzz sanitized e2e}
[ -n "$pattern" ] && stages='unit e2e'
# The second build goes on beside tests that mostly wait, and gives way to them.
if [[ $stages == *sanitized* ]]; then
    # g++ 12 takes ten times as long as clang for some files with these sanitizers, -O1 twice as long as -O0.
    (CXX=clang++ configure "$sanitized" -Doptimization=0 -Ddebug=true -Dcpp_args=-gline-tables-only \
        -Db_sanitize=address,undefined -Db_lundef=false && compile "$sanitized" nice -n 15) \
        >"$build/sanitized-build.txt" 2>&1 &
    sanitized_build=$!
fi
if [[ $stages == *lint* ]]; then
    run_counted 'lint ' bash tests/lint.sh format scripts includes web
fi
if [[ $stages == *unit* ]]; then
    run_all_programs "$build" '' "$pattern"
fi
if [[ $stages == *fuzz* ]]; then
    run_counted 'fuzz ' bash tests/fuzz/run.sh "$fuzz_seconds" "$build"
fi
if [[ $stages == *sanitized* ]]; then
    if wait "$sanitized_build"; then
        export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
        run_all_programs "$sanitized" 'sanitized ' ''
    else
        cat "$build/sanitized-build.txt"
        count 'the sanitized build' failed
    fi
fi
# It waits for disks and other machines, beside tests that mostly wait, and gives way to them.
if [[ $stages == *install* ]]; then
    nice -n 10 bash tests/install/run.sh "$build" >"$build/install.txt" 2>&1 &
    install_run=$!
    trap 'kill "$install_run" 2>/dev/null && wait "$install_run"' EXIT
    trap 'exit 1' INT TERM
fi
if [[ $stages == *e2e* ]]; then
    export MEDIA_SECONDS=20 SPILLWAY_MEDIA=$build/media
    bash tests/support/make_media.sh "$SPILLWAY_MEDIA"
    run_counted 'e2e ' node tests/e2e/run.mjs "$pattern"
fi
if [[ $stages == *install* ]]; then
    ended=0
    wait "$install_run" || ended=$?
    run_counted 'install ' show "$build/install.txt" "$ended"
fi
finish
