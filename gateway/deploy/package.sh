#!/usr/bin/env bash
# Builds a Debian package of Spillway, with Debian's own tools:
#   gateway/deploy/package.sh [FOLDER]
# The package comes to lie in FOLDER (here when none is named), and its path is printed. SPILLWAY_BUILD names the
# folder to build in, which is configured for /usr.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${SPILLWAY_BUILD:-$top/build-package}
out=$(cd "${1:-.}" && pwd)
# shellcheck source=gateway/packages.sh
. "$top/gateway/packages.sh"

packages=("${build_packages[@]}" "${run_packages[@]}" dpkg-dev)
if needs_npm "$top/web"; then packages+=(npm); fi
install_packages "${packages[@]}"
check_plugins_bad
install_node_modules "$top/web"

options=(--prefix=/usr --sysconfdir=/etc -Dtests=false)
if [ -f "$build/build.ninja" ]; then options+=(--reconfigure); fi
meson setup "$build" "$top" "${options[@]}" >&2
if ! log=$(ninja -C "$build" 2>&1); then
    printf '%s\n' "$log" >&2
    exit 1
fi

work=$build/debian-package
rm -rf "$work"
mkdir -p "$work/debian" "$work/root/DEBIAN"
root=$work/root
DESTDIR=$root meson install -C "$build" --no-rebuild --strip --quiet >&2

version=$(meson introspect --projectinfo "$build" | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
documents=$root/usr/share/doc/spillway
mkdir -p "$documents"
install -m 644 "$top/README.md" "$top/gateway/deploy/"{nginx.conf,coturn.conf,relay.md,relay.nft,own-relay.nft} "$documents"
install -m 755 "$top/gateway/deploy/coturn-renew.sh" "$documents"
{
    sed "s/COPYRIGHT/$(sed -n 's/^Copyright (c) //p' "$top/LICENSE")/" "$top/gateway/deploy/debian/copyright"
    sed '1,/^Copyright/d' "$top/LICENSE" | sed '/./,$!d; s/^$/./; s/^/ /'
} >"$documents/copyright"
cat >"$work/debian/changelog" <<END
spillway ($version) unstable; urgency=medium

  * Version $version.

 -- $(sed -n 's/^Maintainer: //p' "$top/gateway/deploy/debian/control")  $(date -R ${SOURCE_DATE_EPOCH:+-d@$SOURCE_DATE_EPOCH})
END
gzip -9n <"$work/debian/changelog" >"$documents/changelog.gz"
find "$root" -type d -exec chmod 755 {} +

cd "$work"
cp "$top/gateway/deploy/debian/control" debian/control
dpkg-shlibdeps -Tdebian/substvars root/usr/bin/spillway root/usr/libexec/spillway-pipeline
printf 'run:Depends=%s (>= %s), %s\n' gstreamer1.0-plugins-bad "$safe_plugins_bad" "$(
    printf '%s\n' "${run_packages[@]}" | grep -vx gstreamer1.0-plugins-bad | paste -sd, | sed 's/,/, /g'
)" >>debian/substvars
dpkg-gencontrol -pspillway -Proot -Tdebian/substvars -fdebian/files
for script in preinst postinst prerm postrm; do
    install -m 755 "$top/gateway/deploy/debian/$script" root/DEBIAN/
done
(cd root && find etc -type f -printf '/%p\n') >root/DEBIAN/conffiles
(cd root && find usr -type f -print0 | sort -z | xargs -0 md5sum) >root/DEBIAN/md5sums
dpkg-deb --root-owner-group --build root "$out" >&2
echo "$out/spillway_${version}_$(dpkg --print-architecture).deb"
