# shellcheck shell=bash disable=SC2034 # the lists are for those who source this
# Sourced by gateway/run.sh, gateway/deploy/package.sh and tests/run.sh: installs Debian and npm packages that are
# missing. Written so that it works with and without errexit: a function that fails says so by its result.

say() { printf '%s\n' "$*" >&2; }

build_packages=(
    g++ meson ninja-build pkg-config
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev
    libsoup-3.0-dev libjson-glib-dev libsqlite3-dev libexpected-dev
    libavformat-dev libavcodec-dev libavutil-dev
)
run_packages=(
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-ugly gstreamer1.0-nice gstreamer1.0-libav
)

# Prints those of the named packages that are not installed.
missing_packages() {
    local known installed
    # It ends with 1 as soon as one of them is unknown to it: on a new machine, all of them.
    known=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
    installed=$(awk '$2 == "installed" {print $1}' <<<"$known") || return
    local package
    for package in "$@"; do
        grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
    done
}

# Installs what is missing of the named packages, as root or by sudo; else prints the line to run and stops.
#
# coturn among them is special. Spillway starts a relay of its own, but Debian's package also starts a service, now and
# with the system: a relay for everyone who finds it. That service is kept from starting, and left disabled. A coturn
# that is there already, or a service of that name, is not touched. Without coturn Spillway runs, without a relay.
install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian: please see to it yourself that the counterparts of these packages are there:"
        say "  $*"
        return
    fi
    drop_policy || say "Please remove $policy as root: it was left by an installation that was killed."
    local names missing=() package relay=no
    names=$(missing_packages "$@") || return # not in a process substitution, whose failure nobody sees
    for package in $names; do
        if [ "$package" = coturn ]; then
            may_install_coturn || continue
            relay=yes
        fi
        missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if may_be_root; then
        say "Installing ${missing[*]}"
        (
            [ $relay = no ] || { trap drop_policy EXIT && put_policy; } || exit
            as_root apt-get update -q >&2 || exit
            as_root env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2 || exit
            [ $relay = no ] || disable_coturn
        ) && return
        say "The packages could not be installed: please see above why."
    else
        local line="apt-get update && ${install[*]}"
        if [ $relay = yes ]; then line+=" && $(disabling_coturn)"; fi
        say "Some packages are missing. Please run this as root, then start again:"
        say "  $line"
    fi
    [ "${missing[*]}" = coturn ] || exit 1
    say "Spillway goes on without a relay of its own."
}

fail() { say "$@" && exit 1; }
may_be_root() { [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -v; }; }
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

policy=/usr/sbin/policy-rc.d # asked before a package starts a service
policy_mark='# Of Spillway, while it installs the package coturn.'
booted=/run/systemd/system # there when systemd runs
unit_folders=(/etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system)

# False where another coturn is there.
may_install_coturn() {
    command -v turnserver >/dev/null && return 1
    local folder
    for folder in "${unit_folders[@]}"; do
        if [ -e "$folder/coturn.service" ]; then
            say "There is a service coturn that is not of Debian's package: the package is left out."
            return 1
        fi
    done
}

# An administrator's policy stays as it is, and decides.
put_policy() {
    [ -e "$policy" ] && return
    printf '%s\n' '#!/bin/sh' "$policy_mark" \
        'for word; do case $word in coturn | coturn.service) exit 101 ;; esac; done' |
        as_root install -m 755 /dev/stdin "$policy"
}

# Also after a run that was killed.
drop_policy() {
    if grep -qsxF -- "$policy_mark" "$policy"; then as_root rm -f "$policy"; fi
}

# It was not there before, so what runs by now was started by a policy that allows it.
disable_coturn() {
    if [ -d "$booted" ]; then as_root systemctl stop coturn.service >&2; fi
    as_root update-rc.d coturn disable >&2 # for systemd as well as for others
}

# The same for a person to type.
disabling_coturn() {
    if [ -d "$booted" ]; then echo 'systemctl disable --now coturn'; else echo 'update-rc.d coturn disable'; fi
}

# Whether npm itself is missing, and asked for by one of these folders.
needs_npm() {
    command -v npm >/dev/null && return 1
    local folder
    for folder in "$@"; do
        has_node_modules "$folder" || return 0
    done
    return 1
}

has_node_modules() {
    [ -f "$1/node_modules/.package-lock.json" ] && [ ! "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]
}

install_node_modules() {
    local folder=$1
    has_node_modules "$folder" && return
    say "Installing the npm packages of $folder"
    (cd "$folder" && npm ci --no-audit --no-fund --silent >&2 && touch node_modules/.package-lock.json) ||
        fail "npm could not install them: please see above why."
}

# Before this version a peer can overflow the stack in DTLS, without having logged in.
safe_plugins_bad=1.22.0-4+deb12u8
check_plugins_bad() {
    if ! command -v dpkg >/dev/null; then
        say "Warning: without dpkg it is unknown whether gst-plugins-bad has the fix of Debian's $safe_plugins_bad."
        return
    fi
    local version
    version=$(dpkg-query -W -f='${Version}' gstreamer1.0-plugins-bad 2>/dev/null) || version=
    if ! dpkg --compare-versions "$version" ge "$safe_plugins_bad"; then
        say "gstreamer1.0-plugins-bad $version has a hole that any publisher can use before it has logged in."
        fail "Please upgrade it to $safe_plugins_bad or later: apt-get update && apt-get install gstreamer1.0-plugins-bad"
    fi
}
