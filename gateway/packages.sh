# Sourced by gateway/run.sh and tests/run.sh: installs Debian and npm packages that are missing.

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
    installed=$(awk '$2 == "installed" {print $1}' <<<"$known")
    local package
    for package in "$@"; do
        grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
    done
}

# Installs what is missing of the named packages, as root or by sudo; else prints the line to run and stops.
install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian: please see to it yourself that the counterparts of these packages are there:"
        say "  $*"
        return
    fi
    local names missing
    names=$(missing_packages "$@") # not in a process substitution, whose failure nobody sees
    [ -n "$names" ] || return 0
    mapfile -t missing <<<"$names"
    local install="apt-get install -y --no-install-recommends ${missing[*]}"
    if may_be_root; then
        say "Installing ${missing[*]}"
        as_root apt-get update -q >&2 && as_root env DEBIAN_FRONTEND=noninteractive $install >&2
    else
        say "Some packages are missing. Please run this as root, then start again:"
        say "  apt-get update && $install"
        exit 1
    fi
}

may_be_root() { [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -v; }; }
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

policy=/usr/sbin/policy-rc.d # asked before a package starts a service
policy_mark='# Of Spillway, while it installs the package coturn.'
booted=/run/systemd/system # there when systemd runs
unit_folders=(/etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system)

# Installs coturn, of which Spillway starts a relay of its own. Debian's package also starts a service, now and
# with the system: a relay for everyone who finds it. That one is kept from starting, and left disabled. A
# coturn that is there, or a service of that name, is not touched. False when there is no coturn afterwards.
install_relay() {
    drop_policy
    command -v turnserver >/dev/null && return
    command -v dpkg-query >/dev/null || return
    [ -n "$(missing_packages coturn)" ] || return 0
    local folder
    for folder in "${unit_folders[@]}"; do
        if [ -e "$folder/coturn.service" ]; then
            say "There is a service coturn that is not of Debian's package: the package is left out."
            return 1
        fi
    done
    if ! may_be_root; then
        say "Please install coturn as root, without the service that comes with it:"
        say "  apt-get install coturn && systemctl disable --now coturn"
        return 1
    fi
    say "Installing coturn"
    (
        trap drop_policy EXIT
        put_policy
        as_root apt-get update -q >&2 &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends coturn >&2 ||
            exit 1
        # It was not there before, so what runs by now was started by a policy that allows it.
        if [ -d "$booted" ]; then as_root systemctl stop coturn.service >&2; fi
        as_root update-rc.d coturn disable >&2 # for systemd as well as for others
    )
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

# npm comes from Debian where there is none yet; it is asked for only when something is to be installed.
install_node_modules() {
    local folder=$1
    if [ -f "$folder/node_modules/.package-lock.json" ] &&
        [ ! "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
        return
    fi
    command -v npm >/dev/null || install_packages npm
    say "Installing the npm packages of $folder"
    (cd "$folder" && npm ci --no-audit --no-fund --silent >&2)
    touch "$folder/node_modules/.package-lock.json"
}

# Before this version a peer can overflow the stack in DTLS, without having logged in.
safe_plugins_bad=1.22.0-4+deb12u8
check_plugins_bad() {
    if ! command -v dpkg >/dev/null; then
        say "Warning: without dpkg it is unknown whether gst-plugins-bad has the fix of Debian's $safe_plugins_bad."
        return
    fi
    local version
    version=$(dpkg-query -W -f='${Version}' gstreamer1.0-plugins-bad 2>/dev/null)
    if ! dpkg --compare-versions "$version" ge "$safe_plugins_bad"; then
        say "gstreamer1.0-plugins-bad $version has a hole that any publisher can use before it has logged in."
        say "Please upgrade it to $safe_plugins_bad or later: apt-get update && apt-get install gstreamer1.0-plugins-bad"
        exit 1
    fi
}
