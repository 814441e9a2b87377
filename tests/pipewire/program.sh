#!/bin/sh
# The program frosted as a PipeWire camera, from the first viewer to the daemon's return:
#
#   tests/pipewire/run.sh tests/pipewire/program.sh PATH/frosted
#
# The program is built with --features pipewire.
set -eu

program=$1
dir=${FROSTED_PIPEWIRE_SESSION:?run it by tests/pipewire/run.sh}
frames=60 width=640 height=360
daemon='' manager='' camera=''
trap 'for one in $camera $manager $daemon; do kill -9 "$one" 2>/dev/null || :; done' EXIT

fail() {
    echo "program.sh: $*" >&2
    tail -n 5 "$dir/status.json" "$dir/status.err" >&2 || :
    exit 1
}

start_daemons() {
    rm -f "$XDG_RUNTIME_DIR/pipewire-0" "$XDG_RUNTIME_DIR/pipewire-0.lock"
    pipewire 2>/dev/null &
    daemon=$!
    until_true 10 "PipeWire starts" test -S "$XDG_RUNTIME_DIR/pipewire-0"
    wireplumber 2>/dev/null &
    manager=$!
}

kill_daemons() {
    kill -9 "$daemon" "$manager"
    wait "$daemon" "$manager" 2>/dev/null || :
}

# until_true SECONDS WHAT COMMAND...
until_true() {
    tries=$(($1 * 20)) what=$2
    shift 2
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "not in time: $what"
        sleep 0.05
    done
}

# Whether the last status line says so of the camera: open or closed.
camera_is() {
    tail -n 1 "$dir/status.json" | grep -q "\"camera\":\"$1\""
}

shown() {
    pw-cli ls Node 2>/dev/null | grep -q '"frosted-camera"'
}

look() {
    timeout 30 gst-launch-1.0 -q pipewiresrc target-object=frosted-camera num-buffers=$frames \
        ! video/x-raw,format=YUY2,width=$width,height=$height \
        ! filesink location="$dir/frames.yuv" || fail "the reader ends with $?"
    bytes=$(stat -c %s "$dir/frames.yuv")
    [ "$bytes" -eq $((frames * width * height * 2)) ] || fail "$bytes bytes of $frames frames"
}

"$program" run --camera pattern --output pipewire 2>"$dir/refusal" && fail "it runs without PipeWire"
grep -q 'systemctl --user start pipewire' "$dir/refusal" || fail "no remedy: $(cat "$dir/refusal")"

start_daemons
"$program" run --camera pattern --size ${width}x$height --output pipewire --json \
    >"$dir/status.json" 2>"$dir/status.err" &
camera=$!
until_true 10 "the camera is there" shown
camera_is open && fail "the camera is open before anybody looks"
look
grep -q '"camera":"open"' "$dir/status.json" || fail "the camera never was open"
until_true 4 "the camera closes behind the last viewer" camera_is closed

"$program" run --camera pattern --output pipewire 2>"$dir/refusal" && fail "a second one runs"
grep -q already "$dir/refusal" || fail "no reason: $(cat "$dir/refusal")"

kill_daemons
start_daemons
until_true 10 "the camera is back after PipeWire is" shown
look

kill -INT "$camera"
wait "$camera" || fail "exit status $?"
camera=''
echo "program.sh: $((2 * frames)) frames, camera closed, PipeWire restarted: passed"
