#!/usr/bin/env bash
# What gateway/packages.sh does about coturn, on a system of stand-ins: packages_test.sh ROOT
set -uo pipefail
root=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failures=0

# A new system: nothing installed, systemd running, no policy.
fresh() {
    rm -rf "$place"
    mkdir -p "$place/bin" "$place/booted" "$place/units"
    : >"$place/log"
    # Each notes what it was asked for. The package's own script asks the policy, as Debian's does.
    stand_in dpkg-query 'shift 2; for name; do [ ! -e "$place/installed-$name" ] || echo "$name installed"; done'
    stand_in sudo '[ "$1" = -v ] || exec "$@"'
    stand_in update-rc.d
    stand_in systemctl '[ "$1" != stop ] || rm -f "$place/running"'
    stand_in apt-get '
        [ "$1" = install ] || exit 0
        [ ! -e "$place/offline" ] || exit 100
        [ ! -e "$place/killed" ] || kill -9 $PPID
        for name; do touch "$place/installed-$name"; done
        for service in "coturn start" "coturn.service start"; do
            [ ! -x "$place/policy" ] || "$place/policy" $service
            [ $? -eq 101 ] || touch "$place/running"
        done'
}

stand_in() { # NAME [SCRIPT]
    printf '#!/bin/bash\nplace=%q\necho "%s $*" >>"$place/log"\n%s\n' "$place" "$1" "${2:-}" >"$place/bin/$1"
    chmod 755 "$place/bin/$1"
}

# PACKAGE…: in a shell of its own, which sees no turnserver but one in the stand-ins' folder, with errexit as in
# gateway/run.sh. What it says is kept.
install_on_it() {
    PATH=$place/bin:$place/system bash -euo pipefail -c '
        . "$1/gateway/packages.sh"
        policy=$2/policy booted=$2/booted unit_folders=("$2/units")
        install_packages "${@:3}"
        touch "$2/went-on"' - "$root" "$place" "$@" 2>"$place/said" && [ -e "$place/went-on" ]
}

expect() { # WHAT COMMAND…
    local what=$1
    shift
    if ! "$@"; then
        printf 'FAILED %s: not %s\n' "$case" "$what"
        sed 's/^/    /' "$place/log"
        failures=$((failures + 1))
    fi
}

asked() { grep -q "^$1" "$place/log"; }
said() { grep -qxF -- "$1" "$place/said"; }
not() { ! "$@"; }

# The system's programs without turnserver, which may well be installed here.
tools() {
    mkdir -p "$place/system"
    local name
    for name in bash sh awk grep id install rm env touch; do ln -s "$(command -v "$name")" "$place/system/$name"; done
}

case='a fresh system'
fresh && tools
expect 'a success' install_on_it coturn
expect 'installed' test -e "$place/installed-coturn"
expect 'silent' not test -e "$place/running"
expect 'disabled' asked 'update-rc.d coturn disable'
expect 'without our policy' not test -e "$place/policy"
: >"$place/log"
expect 'a success again' install_on_it coturn
expect 'left alone' not asked 'apt-get'

case='an administrator who forbids starting'
fresh && tools
printf '#!/bin/sh\nexit 101\n' >"$place/policy" && chmod 755 "$place/policy"
before=$(sha256sum "$place/policy")
expect 'a success' install_on_it coturn
expect 'silent' not test -e "$place/running"
expect 'untouched' test "$before" = "$(sha256sum "$place/policy")"

case='an administrator who allows everything'
fresh && tools
printf '#!/bin/sh\nexit 0\n' >"$place/policy" && chmod 755 "$place/policy"
before=$(sha256sum "$place/policy")
expect 'a success' install_on_it coturn
expect 'stopped' not test -e "$place/running"
expect 'disabled' asked 'update-rc.d coturn disable'
expect 'untouched' test "$before" = "$(sha256sum "$place/policy")"

case='coturn of the package is there, and runs'
fresh && tools
touch "$place/installed-coturn" "$place/running"
expect 'a success' install_on_it coturn
expect 'left running' test -e "$place/running"
expect 'left alone' not asked '\(apt-get\|systemctl\|update-rc.d\)'

case='coturn of another kind is there'
fresh && tools
stand_in turnserver
expect 'a success' install_on_it coturn
expect 'left alone' not asked '\(apt-get\|systemctl\|update-rc.d\)'

case='a service coturn of another kind is there'
fresh && tools
touch "$place/units/coturn.service" "$place/running"
expect 'a success' install_on_it coturn
expect 'left running' test -e "$place/running"
expect 'left alone' not asked '\(apt-get\|systemctl\|update-rc.d\)'

case='no network'
fresh && tools
touch "$place/offline"
expect 'a success' install_on_it coturn
expect 'without a relay' said 'Spillway goes on without a relay of its own.'
expect 'without our policy' not test -e "$place/policy"

case='no network, and more is missing'
fresh && tools
touch "$place/offline"
expect 'a failure' not install_on_it meson coturn
expect 'without our policy' not test -e "$place/policy"

case='a new system that lacks everything'
fresh && tools
expect 'a success' install_on_it g++ meson coturn
expect 'installed at once' asked 'apt-get install -y --no-install-recommends g++ meson coturn$'
expect 'silent' not test -e "$place/running"

case='a user without sudo'
fresh && tools
stand_in id 'echo 1000'
rm "$place/bin/sudo"
expect 'a failure' not install_on_it meson coturn
expect 'the line to run' said '  apt-get update && apt-get install -y --no-install-recommends meson coturn && systemctl disable --now coturn'
expect 'left alone' not asked 'apt-get'
expect 'a success for coturn alone' install_on_it coturn
expect 'without a relay' said 'Spillway goes on without a relay of its own.'
touch "$place/installed-meson"
expect 'a success when nothing is missing' install_on_it meson

case='a user with sudo'
fresh && tools
stand_in id 'echo 1000'
expect 'a success' install_on_it meson
expect 'by sudo' asked 'sudo apt-get update'

case='killed while it installs'
fresh && tools
touch "$place/killed"
install_on_it coturn
rm -f "$place/killed"
expect 'a success' install_on_it coturn
expect 'without our policy' not test -e "$place/policy"
expect 'silent' not test -e "$place/running"

case='without systemd'
fresh && tools
rmdir "$place/booted"
expect 'a success' install_on_it coturn
expect 'without systemctl' not asked 'systemctl'
expect 'disabled' asked 'update-rc.d coturn disable'

[ "$failures" -eq 0 ] && echo "all as it should be"
exit "$failures"
