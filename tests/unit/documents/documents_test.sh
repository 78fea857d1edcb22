#!/usr/bin/env bash
# The settings file, the man pages and the completion tell what the program takes.
#   documents_test.sh SPILLWAY-DOCUMENTS SPILLWAY SPILLWAY.CONF COMPLETION MAN-PAGE…
set -uo pipefail
documents=$1 spillway=$2 settings=$3 completion=$4
shift 4
failed=0
fail() {
    printf '%s\n' "$*"
    failed=1
}

"$documents" | diff -u "$settings" - || fail "renew it: $documents > $settings"

for page; do
    warnings=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null) || fail "man cannot read $page"
    [ -z "$warnings" ] || fail "$page: $warnings"
    ! grep -n '@[A-Z]*@' "$page" || fail "$page has a placeholder"
done

# shellcheck disable=SC1090
. "$completion"
# What bash offers after these words, of which the last is begun.
offered() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _spillway
    printf '%s\n' "${COMPREPLY[@]}"
}

page=$(MANWIDTH=100 man -E UTF-8 -l "$1")
help=$("$spillway" --help)
mapfile -t words < <(grep -oE -- '(^|[ ,])--?[a-z][a-z-]*' <<<"$help" | tr -d ' ,' | sort -u)
[ ${#words[@]} -ge 9 ] || fail "the options of --help are not understood: ${words[*]}"
for word in "${words[@]}" check-relay; do
    grep -qE -- "^ +(-[a-z], )?$word\b" <<<"$page" || fail "$word is not in the man page"
    [[ $help == *"$word"* ]] || fail "$word is not in --help"
    offered spillway "$word" | grep -qxF -- "$word" || fail "$word is not completed"
done

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/data"
touch "$folder/my.conf"
for words in "--config $folder/m" "-c $folder/m" "--config = $folder/m"; do
    # shellcheck disable=SC2086
    [ "$(offered spillway $words)" = "$folder/my.conf" ] || fail "$words offers no file"
done
[ "$(offered spillway --data "$folder/")" = "$folder/data" ] || fail "--data offers no folder"
offered spillway --config = | grep -q . || fail "--config= offers nothing"
[ -z "$(offered spillway --listen '')" ] || fail "--listen offers an address"
exit $failed
