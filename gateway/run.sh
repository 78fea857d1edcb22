#!/usr/bin/env bash
# Starts Spillway: installs what is missing, builds what changed, and becomes the program. Arguments are
# those of `spillway`. Once built it needs no network.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SPILLWAY_BUILD:-$top/build}
# shellcheck source=gateway/packages.sh
. "$top/gateway/packages.sh"

packages=("${build_packages[@]}" "${run_packages[@]}" coturn)
if needs_npm "$top/web"; then packages+=(npm); fi
install_packages "${packages[@]}"
check_plugins_bad
install_node_modules "$top/web"

if [ ! -f "$build/build.ninja" ]; then
    say "Building Spillway; this takes some minutes once."
    meson setup "$build" "$top" >&2
fi
# Silent when there is nothing to do.
if ! log=$(ninja -C "$build" gateway/spillway pipelines/spillway-pipeline 2>&1); then
    printf '%s\n' "$log" >&2
    exit 1
fi
exec "$build/gateway/spillway" "$@"
