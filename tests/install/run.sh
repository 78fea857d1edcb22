#!/usr/bin/env bash
# Does what a new user does first, on a Debian that holds nothing but its base system.
#   tests/install/run.sh BUILD
# BUILD is the folder of the test build. One line for each: "ok NAME" or "FAILED NAME" with its log. Each builds on
# those before it, so the first failure ends the run with 1. Everything happens in BUILD/bare, with mounts and processes
# that this shell does not share with the machine; nothing of it is left afterwards, however it ends.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "$1" && pwd)
place=$build/bare
root=$place/root # the fresh system
second=$place/second # another one
project=/home/visitor/spillway
deadline=1200 # seconds for whatever must answer

if [ "${2:-}" != inside ]; then
    if [ "$(id -u)" -ne 0 ]; then
        if [ "${CI:-}" = true ]; then echo 'FAILED a bare machine: only root can make one' && exit 1; fi
        echo 'skipped a bare machine: only root can make one' && exit 0
    fi
    rm -rf "$place" # of a run that was killed; its mounts and processes went with it
    mkdir -p "$place"
    trap 'rm -rf "$place"' EXIT
    unshare --mount --pid --fork --kill-child bash "$0" "$build" inside &
    unshared=$!
    # Its child is the first process of the new space: when that ends, so do the others, and then unshare.
    trap 'kill -KILL $(cat "/proc/$unshared/task/$unshared/children") && wait "$unshared"; exit 1' INT TERM
    wait "$unshared"
    exit
fi
mount -t proc proc /proc

check() { # NAME FUNCTION
    local begin=$SECONDS status
    set +e # not "if": that would switch errexit off in the function too
    (set -e && "$2") >"$place/log" 2>&1
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        printf 'FAILED %s (%s s)\n' "$1" $((SECONDS - begin))
        tail -n 100 "$place/log"
        exit 1
    fi
    printf 'ok %s (%s s)\n' "$1" $((SECONDS - begin))
    sed -n 's/^figure: /    /p' "$place/log"
}

# What tells this machine where packages come from, for programs in the fresh system.
mapfile -d '' -t environment < <(env -0 |
    grep -ziE '^((https?|ftp|all|no)_proxy|npm_config_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))=' || true)

network=() # what to enter another network with
in_root() { (become "$@"); } # USER COMMAND…, in the copy of the project
become() {
    local user=$1 home=/root
    shift
    [ "$user" = root ] || home=/home/$user
    exec "${network[@]}" chroot --userspec="$user:$user" "$root" env -i -C "$project" "${environment[@]}" \
        HOME="$home" USER="$user" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

make_root() {
    apt-config dump --format '%f "%v";%n' | grep '^Acquire::' >"$place/apt.conf"
    local sources
    sources=$(apt-get indextargets --format '$(SOURCESENTRY)' 'Origin: Debian' | sed 's/:[0-9]*$//' | sort -u)
    # shellcheck disable=SC2086 # one word for each file
    mmdebstrap --variant=minbase --aptopt="$place/apt.conf" "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        "$root" $sources
    copy /etc/resolv.conf /etc/hosts /etc/apt/auth.conf /etc/apt/auth.conf.d /usr/local/share/ca-certificates \
        /etc/ssl/certs/ca-certificates.crt /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc
    chroot "$root" useradd --create-home --shell /bin/bash visitor
    mkdir "$root$project"
    # What is or would be committed.
    git -c safe.directory='*' -C "$top" ls-files -z --cached --others --exclude-standard |
        tar -C "$top" --null --files-from=- --create | tar -C "$root$project" --extract
    local home
    for home in /root /home/visitor; do
        if [ -e "$HOME/.npmrc" ]; then install -m 600 "$HOME/.npmrc" "$root$home/"; fi
    done
    chroot "$root" chown -R visitor: /home/visitor
    cp -a "$root" "$second"
    mkdir -p "$place/archives/partial" # what one has fetched, the other need not
    for home in "$root" "$second"; do
        mount --bind /dev "$home/dev"
        mount -t proc proc "$home/proc"
        mount --bind "$place/archives" "$home/var/cache/apt/archives"
    done
}

copy() { # those that there are, to the same place in the fresh system
    local file
    for file in "$@"; do
        [ -e "$file" ] || continue
        mkdir -p "$root$(dirname "$file")"
        cp -aLT "$file" "$root$file"
    done
}

# A user who may not install gets the line that root has to run.
without_sudo() {
    local status=0
    in_root visitor bash gateway/run.sh >"$place/said" 2>&1 || status=$?
    cat "$place/said"
    [ $status -eq 1 ]
    grep -qx 'Some packages are missing. Please run this as root, then start again:' "$place/said"
    line_to_run >"$place/line"
    status=0
    in_root visitor bash tests/run.sh >"$place/said" 2>&1 || status=$?
    cat "$place/said"
    [ $status -eq 1 ]
    line_to_run >"$place/tests-line"
}

line_to_run() { sed -n 's/^  \(apt-get update && apt-get install -y --no-install-recommends .*coturn.*\)$/\1/p' "$place/said" | grep .; }

as_root() {
    local before
    before=$(installed)
    start root bash gateway/run.sh
    # The first two words after each "install …": how much apt brought.
    echo "figure: $took s from the command to an answer of /healthz, $(($(installed) - before)) packages," \
        "$(sed -n 's/^Need to get \(.* [kMG]B\).*/\1/p' "$place/server" | paste -sd+) downloaded"
    stop
    # Root's line would have brought the same.
    bash -c "apt-get() { [ \$1 = update ] || printf '%s\n' \"\${@:4}\"; }; update-rc.d() { :; }; $(cat "$place/line")" |
        xargs chroot "$root" dpkg-query --show >/dev/null
    # And that of the tests names packages that there are.
    bash -c "apt-get() { [ \$1 = update ] || chroot $root apt-get --simulate \"\$@\"; }; update-rc.d() { :; }
        $(cat "$place/tests-line")" >/dev/null
}

installed() { chroot "$root" dpkg-query --show | wc -l; }

# Only the loopback is there, and nothing may be fetched.
without_network() {
    network=("${loopback[@]}")
    start root bash gateway/run.sh
    stop
}

# A user who may install by sudo. Some of what was there is not any more.
with_sudo() {
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends sudo
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get purge -y ninja-build coturn
    printf '%s\n' 'visitor ALL=(ALL) NOPASSWD: ALL' 'Defaults env_keep += "http_proxy https_proxy no_proxy"' \
        >"$root/etc/sudoers.d/visitor"
    chroot "$root" chown -R visitor: /home/visitor
    start visitor bash gateway/run.sh
    stop
}

# Without its own prefix it goes to /usr/local.
staged() {
    DESTDIR=$place/staged meson install -C "$build" --no-rebuild --quiet
    local file
    for file in bin/spillway libexec/spillway-pipeline share/spillway/web/{watch.html,player.js,hls.min.js} \
        etc/spillway/spillway.conf lib/systemd/system/spillway.service lib/sysusers.d/spillway.conf; do
        [ -s "$place/staged/usr/local/$file" ]
    done
    grep -qx 'ExecStart=/usr/local/bin/spillway --config /usr/local/etc/spillway/spillway.conf' \
        "$place/staged/usr/local/lib/systemd/system/spillway.service"
    # Only what pages load.
    file=$(find "$place/staged/usr/local/share/spillway/web" -type f ! -name '*.html' ! -name '*.js' ! -name '*.css' \
        ! -name '*.svg')
    [ -z "$file" ]
}

package() {
    local file
    file=$(in_root root env SPILLWAY_BUILD=build bash gateway/deploy/package.sh /tmp)
    cp "$root$file" "$second/tmp/spillway.deb"
    echo "figure: a package of $(du -k "$second/tmp/spillway.deb" | cut -f1) kB"
    dpkg-deb --info "$second/tmp/spillway.deb"
    dpkg-deb --contents "$second/tmp/spillway.deb"
}

apt() { in_root root env DEBIAN_FRONTEND=noninteractive apt-get --assume-yes --no-install-recommends "$@"; }

# Maintainer scripts find systemd. What they start has only the loopback.
install_package() {
    mkdir -p "$root/run/systemd/system"
    install -m 755 "$top/tests/install/systemctl" "$root/usr/local/bin/"
    local before
    before=$(installed)
    apt update
    apt --download-only install /tmp/spillway.deb >"$place/apt"
    cat "$place/apt"
    network=("${loopback[@]}")
    apt --no-download install /tmp/spillway.deb
    echo "figure: $(($(installed) - before)) packages, $(sed -n 's/^Need to get \(.* [kMG]B\).*/\1/p' "$place/apt")" \
        "downloaded, $(sed -n 's/^After this operation, \(.* [kMG]B\).*/\1/p' "$place/apt") on the disk"
    answers
    service_runs
    [ ! -e "$root/$wanted/coturn.service" ]
    [ -e "$root/$wanted/spillway.service" ]
    [ ! -e "$root/usr/sbin/policy-rc.d" ]
    # Nothing to build with.
    before=$(chroot "$root" dpkg-query --show --showformat '${Package}\n' | grep -E -- '-dev$|^(g\+\+|gcc|npm|nodejs|meson)$' || true)
    [ -z "$before" ]
}

site=http://127.0.0.1:8080
fetch() { "${network[@]}" curl --silent --show-error --fail --noproxy '*' "$@"; }
# Asks until it is there: PATH [further words of curl]
await() { fetch --retry "$deadline" --retry-delay 1 --retry-all-errors --retry-max-time "$deadline" "$site$1" "${@:2}"; }
answers() { await /healthz --output /dev/null; }
wanted=etc/systemd/system/multi-user.target.wants # links to what starts with the system

service_runs() {
    server=$(cat "$root/run/spillway.service.pid")
    [ "$(awk '$1 == "Uid:" {print $2}' "/proc/$server/status")" = "$(chroot "$root" id --user spillway)" ]
    only_our_relay
}

publish() {
    fetch "$site/watch/demo" | grep -q hls.min.js
    fetch "$site/web/hls.min.js" --output /dev/null
    ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine -t 10 -pix_fmt yuv420p \
        -c:v libvpx -deadline realtime -cpu-used 8 -g 30 -b:v 500k -c:a libopus "$place/clip.webm"
    "${network[@]}" "$build/tests/support/publisher/test-publisher" --url "$site/whip/demo" --media "$place/clip.webm" --loop &
    local publisher=$! playlist segment
    await /live/demo/index.m3u8 >"$place/index.m3u8"
    playlist=$(grep -v '^#' "$place/index.m3u8" | head -n 1)
    await "/live/demo/$playlist" >"$place/media.m3u8"
    segment=$(grep -v '^#' "$place/media.m3u8" | head -n 1)
    await "/live/demo/$segment" --output "$place/segment.ts"
    holds_video_and_audio "$place/segment.ts"
    fetch --request DELETE "$site/api/v1/streams/demo"
    kill "$publisher"
    wait "$publisher" || true
    segment=$(fetch "$site/api/v1/recordings" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["recordings"][0]["id"])')
    await "/recordings/$segment.mp4" --output "$place/recording.mp4"
    holds_video_and_audio "$place/recording.mp4"
    [ -n "$(find "$root/var/lib/spillway/spillway-data/recordings/demo" -name '*.mp4*')" ]
}

holds_video_and_audio() {
    [ "$(ffprobe -loglevel error -show_entries stream=codec_name -of csv=p=0 "$1" | sort -u | paste -sd' ')" = 'aac h264' ]
}

purge() {
    apt purge spillway coturn
    [ ! -e "$root/$wanted/spillway.service" ]
    [ ! -e "$root/run/spillway.service.pid" ]
    [ ! -e "$root/usr/share/spillway" ]
    [ ! -e "$root/etc/spillway" ]
    [ -d "$root/var/lib/spillway/spillway-data/recordings/demo" ]
}

# Debian's package alone starts its service; ours, which comes later, leaves it alone.
keep_coturn() {
    apt --no-download install coturn
    local other
    other=$(cat "$root/run/coturn.service.pid")
    [ "$(cat "/proc/$other/comm")" = turnserver ]
    apt --no-download install /tmp/spillway.deb
    answers
    [ "$(cat "/proc/$other/comm")" = turnserver ]
    [ -e "$root/$wanted/coturn.service" ]
    chroot "$root" systemctl stop coturn.service
    service_runs
    apt remove spillway
}

# USER COMMAND…: starts it and waits for /healthz. The process is $server, the seconds are $took.
start() {
    local begin=$SECONDS address user=$1 asker ended=
    shift
    address=127.0.0.1:$("${network[@]}" python3 -c 'import socket
with socket.socket() as free: free.bind(("127.0.0.1", 0)); print(free.getsockname()[1])')
    become "$user" "$@" --listen "$address" >"$place/server" 2>&1 &
    server=$!
    "${network[@]}" curl --silent --fail --noproxy '*' --output /dev/null --retry $deadline --retry-delay 1 \
        --retry-connrefused --retry-max-time $deadline "http://$address/healthz" &
    asker=$!
    wait -n -p ended "$server" "$asker" || true
    took=$((SECONDS - begin))
    cat "$place/server"
    kill -0 "$server"
    [ "$ended" = "$asker" ]
    wait "$asker"
    only_our_relay
}

# Each turnserver is a child of ours.
only_our_relay() {
    local relays=0 process
    for process in /proc/[0-9]*; do
        [ "$(cat "$process/comm" 2>/dev/null)" = turnserver ] || continue
        grep -qx "PPid:.$server" "$process/status"
        relays=$((relays + 1))
    done
    [ $relays -eq 1 ]
}

# It ends what it started.
stop() {
    kill "$server"
    wait "$server"
    local process
    for process in /proc/[0-9]*; do
        case $(cat "$process/comm" 2>/dev/null) in
        turnserver | spillway*) echo "still there: $(cat "$process/status")" && return 1 ;;
        esac
    done
}

# A network of its own, with nothing but the loopback, as long as this shell lives.
coproc alone { exec unshare --net sh -c 'ip link set lo up && echo up && exec cat'; }
read -r _ <&"${alone[0]}"
loopback=(nsenter "--net=/proc/$alone_PID/ns/net")

check 'a fresh Debian' make_root
check 'a user without sudo is told what to run' without_sudo
check 'root installs, builds and starts' as_root
check 'it starts again without a network' without_network
check 'a user with sudo installs what is missing, and starts' with_sudo
check 'meson install puts everything in its place' staged
check 'a Debian package is built' package
root=$second
check 'the package installs what it needs, and starts' install_package
network=("${loopback[@]}")
check 'an installed Spillway takes a publisher' publish
check 'the package goes without a trace, recordings stay' purge
check 'a coturn that was there goes on' keep_coturn
