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
    local installed
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        awk '$2 == "installed" {print $1}')
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
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return
    local install="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        say "Installing ${missing[*]}"
        apt-get update -q >&2 && DEBIAN_FRONTEND=noninteractive $install >&2
    elif command -v sudo >/dev/null && sudo -v; then
        say "Installing ${missing[*]}"
        sudo apt-get update -q >&2 && sudo DEBIAN_FRONTEND=noninteractive $install >&2
    else
        say "Some packages are missing. Please run this as root, then start again:"
        say "  apt-get update && $install"
        exit 1
    fi
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
