#!/bin/sh
# Runs a command in a PipeWire session of its own: no screen, no sound, no root, nothing of the
# user's session.
#
#   tests/pipewire/run.sh CMD...            a session bus and folders; CMD starts the daemons
#   tests/pipewire/run.sh --daemon CMD...   PipeWire and WirePlumber run, too
#
# Debian: pipewire wireplumber dbus gstreamer1.0-pipewire gstreamer1.0-tools
# gstreamer1.0-plugins-base.
set -eu

if [ "${FROSTED_PIPEWIRE_SESSION:-}" = "" ]; then
    for program in dbus-run-session pipewire wireplumber gst-launch-1.0; do
        command -v "$program" >/dev/null || { echo "$0: $program is missing" >&2; exit 127; }
    done
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    trap 'exit 130' INT TERM
    mkdir -m 700 "$dir/runtime" "$dir/config" "$dir/state" "$dir/cache"
    # Without logind's folders WirePlumber's watch of seats fails, which Bluetooth alone needs:
    # the first file is for WirePlumber 0.4, the second for 0.5.
    mkdir -p "$dir/config/wireplumber/bluetooth.lua.d" "$dir/config/wireplumber/wireplumber.conf.d"
    echo 'bluez_monitor.enabled = false' >"$dir/config/wireplumber/bluetooth.lua.d/80-off.lua"
    echo 'wireplumber.profiles = { main = { monitor.bluez = disabled, monitor.bluez-midi = disabled, support.logind = disabled } }' \
        >"$dir/config/wireplumber/wireplumber.conf.d/80-off.conf"
    unset DISPLAY WAYLAND_DISPLAY PIPEWIRE_REMOTE PIPEWIRE_RUNTIME_DIR PULSE_SERVER
    status=0
    env FROSTED_PIPEWIRE_SESSION="$dir" XDG_RUNTIME_DIR="$dir/runtime" \
        XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state" XDG_CACHE_HOME="$dir/cache" \
        dbus-run-session -- "$0" "$@" || status=$?
    exit "$status"
fi

[ "${1:-}" = "--daemon" ] || exec "$@"
shift
pipewire 2>"$FROSTED_PIPEWIRE_SESSION/pipewire.log" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || :' EXIT
tries=0
until [ -S "$XDG_RUNTIME_DIR/pipewire-0" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || { cat "$FROSTED_PIPEWIRE_SESSION/pipewire.log" >&2; exit 1; }
    sleep 0.05
done
wireplumber 2>"$FROSTED_PIPEWIRE_SESSION/wireplumber.log" &
manager=$!
trap 'kill "$manager" "$daemon" 2>/dev/null || :' EXIT
"$@"
