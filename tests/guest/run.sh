#!/usr/bin/env bash
# run.sh [-t SECONDS] [-m MEGABYTES] [-e NAME[=VALUE]]... [-w FOLDER]... [-l older|newer] [-v] -- COMMAND...
# Runs COMMAND as root of a virtual machine with real V4L2 devices, in the current folder.
#
# /dev/video0 is a camera (vivid), /dev/video1 a display (vivid), /dev/video10 "Frosted Camera" and /dev/video11
# "Writer" are loopbacks (v4l2loopback). The machine is a process of this user: no root, no KVM. It has one processor.
# Its root is this machine's, read-only; /run and /dev/shm are memory.
#
#   -t   ends the machine after so long (default 120); it never hangs
#   -m   its memory (default 1024)
#   -e   passes a variable on, or sets it; nothing else of the environment goes in
#   -w   a folder that it may write to; no space or comma in its path
#   -l   which v4l2loopback is loaded: Debian 12's (default) or the newer one of Debian 13
#   -v   shows the machine's own messages
#
# The exit status is COMMAND's; 125 = the machine gave no verdict (time is up, it did not start).
# FROSTED_GUEST_VIVID and FROSTED_GUEST_LOOPBACK are other options for the modules.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=120 megabytes=1024 shared='' verbose='' loopback=v4l2loopback variables=()
fail() {
    echo "guest: $*" >&2
    exit 125
}
while [ $# -gt 0 ]; do
    case $1 in
    -t) seconds=$2 && shift 2 ;;
    -m) megabytes=$2 && shift 2 ;;
    -e) variables+=("$2") && shift 2 ;;
    -w)
        folder=$(realpath "$2") || fail "no folder $2"
        case $folder in *[\ ,]*) fail "-w cannot share a path with a space or a comma: $folder" ;; esac
        shared=$shared,$folder && shift 2
        ;;
    -l)
        case $2 in older) loopback=v4l2loopback ;; newer) loopback=v4l2loopback-newer ;; *) fail "-l takes older or newer" ;; esac
        shift 2
        ;;
    -v) verbose=1 && shift ;;
    --) shift && break ;;
    *) fail "unknown option $1" ;;
    esac
done
[ $# -gt 0 ] || fail "no command"
case $here in *[\ ,]*) fail "the path has a space or a comma: $here" ;; esac
guest=$("$here/prepare.sh") || exit 125
[ -f "$guest/modules.d/$loopback.ko" ] || fail "there is no $loopback in $guest"

run=$(mktemp -d "${TMPDIR:-/tmp}/frosted-guest.XXXXXX") || exit 125
machine='' reader=''
finish() {
    [ -z "$machine" ] || kill "$machine" 2>/dev/null
    [ -z "$reader" ] || kill "$reader" 2>/dev/null
    rm -rf "$run"
}
trap finish EXIT
trap 'exit 125' INT TERM HUP

# The command and its environment, quoted for the guest's shell.
{
    for variable in ${variables[@]+"${variables[@]}"}; do
        name=${variable%%=*}
        if [ "$name" != "$variable" ]; then
            printf 'export %s=%q\n' "$name" "${variable#*=}"
        elif [ -n "${!name+set}" ]; then
            printf 'export %s=%q\n' "$name" "${!name}"
        fi
    done
    printf 'cd %q || exit 125\nexec' "$PWD"
    printf ' %q' "$@"
    echo
} >"$run/command.sh"
{
    printf 'vivid=%q\n' "${FROSTED_GUEST_VIVID:-n_devs=1 node_types=0x101 vid_cap_nr=0 vid_out_nr=1}"
    printf 'loopback=%q\n' "$loopback"
    # The module splits the quoted value at the commas itself.
    printf 'loopback_options=%q\n' \
        "${FROSTED_GUEST_LOOPBACK:-devices=2 video_nr=10,11 exclusive_caps=1,1 card_label=\"Frosted Camera,Writer\"}"
} >"$run/options"
: >"$run/output"

# The machine's memory is a file. In a container /dev/shm may be too small for it.
memory=${TMPDIR:-/tmp}
free=$(df --output=avail -BM /dev/shm 2>/dev/null | tail -n 1 | tr -dc 0-9)
[ "${free:-0}" -le "$megabytes" ] || memory=/dev/shm

# Without the host's random numbers the machine would never have enough of its own, and programs would wait for them.
TMPDIR=$memory timeout -k 3 "$seconds" "$guest/linux" "mem=${megabytes}M" root=none rootfstype=hostfs rootflags=/ ro \
    init="$here/init.sh" "uml_dir=$run/" "guest_folder=$guest" "guest_run=$run" "guest_shared=${shared#,}" \
    random.trust_cpu=on con=null con0=null,fd:2 quiet >"$run/kernel.log" 2>&1 </dev/null &
machine=$!
tail -n +1 -s 0.1 -f --pid="$machine" "$run/output" &
reader=$!
# The shell would report a machine that was ended; what matters is said below.
wait "$machine" 2>/dev/null
machine=
wait "$reader"
reader=
code=$(cat "$run/status" 2>/dev/null)
if [ -n "$verbose" ] || [ -z "$code" ]; then
    cat "$run/kernel.log" >&2
fi
[ -n "$code" ] || fail "no verdict within $seconds s"
exit "$code"
