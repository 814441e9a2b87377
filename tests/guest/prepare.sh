#!/usr/bin/env bash
# prepare.sh [--where]: builds the guest's kernel and modules once and prints the folder that holds them.
# --where prints the folder without building.
#
# It stays in FROSTED_GUEST_CACHE (default: frosted-guest in the user's cache folder), in a folder named after a hash of
# this script and kernel.config, so that a change of either builds anew. Needs Debian, no root; about 4 minutes on two
# cores. FROSTED_GUEST_JOBS is the number of compilers at once (default: as many as there are processors).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${FROSTED_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/frosted-guest}
key=$(cat "$here/prepare.sh" "$here/kernel.config" | sha256sum | cut -c1-16)
guest=$cache/$key
# The newer loopback tells its writer who watches; Debian 12 has the older one only, so it comes from Debian 13.
newer_suite=trixie

if [ "${1:-}" = --where ] || [ -f "$guest/ready" ]; then
    echo "$guest"
    exit 0
fi

missing=
for pair in gcc:gcc ld:binutils make:make flex:flex bison:bison bc:bc xz:xz-utils perl:perl dpkg:dpkg apt-get:apt; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
if [ -n "$missing" ]; then
    echo "guest: the kernel cannot be built, these Debian packages are missing:$missing (apt-get install$missing)" >&2
    exit 1
fi

start=$SECONDS
say() { echo "guest: [$((SECONDS - start)) s] $*" >&2; }

mkdir -p "$guest"
exec 9>"$guest/lock"
flock 9
# Another process may have built it while this one waited.
if [ -f "$guest/ready" ]; then
    echo "$guest"
    exit 0
fi
build=$guest/build
rm -rf "$build"
mkdir -p "$build"
cd "$build"
log=$guest/build.log
: >"$log"
trap 'code=$?; [ $code -eq 0 ] || { tail -n 20 "$log" >&2; echo "guest: the build failed, see $log" >&2; }' EXIT

# An index of our own, so that neither root nor the machine's list of sources is needed.
# fetch SUITE... -- PACKAGE...: downloads packages of these suites into the current folder.
fetch() {
    local suites=()
    while [ "$1" != -- ]; do
        suites+=("$1")
        shift
    done
    shift
    local apt=$build/apt-${suites[0]}
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    : >"$apt/sources.list"
    local suite archive=debian
    for suite in "${suites[@]}"; do
        case $suite in *-security) archive=debian-security ;; *) archive=debian ;; esac
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
            "http://deb.debian.org/$archive $suite main" >>"$apt/sources.list"
    done
    local options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
        -o "Dir::Cache=$apt" -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3)
    apt-get "${options[@]}" update >>"$log" 2>&1
    apt-get "${options[@]}" download "$@" >>"$log" 2>&1
}

# The machine's own sources first: they are at hand and may be a mirror.
apt-get -qq -o APT::Sandbox::User= download linux-source-6.1 v4l2loopback-dkms busybox-static >>"$log" 2>&1 ||
    fetch bookworm bookworm-security -- linux-source-6.1 v4l2loopback-dkms busybox-static
for package in linux-source-6.1 v4l2loopback-dkms busybox-static; do
    dpkg -x "$package"_*.deb unpacked
done
mkdir newer
if (cd newer && fetch "$newer_suite" -- v4l2loopback-dkms); then
    dpkg -x newer/v4l2loopback-dkms_*.deb unpacked-newer
else
    say "no newer v4l2loopback from Debian $newer_suite: its tests are skipped"
fi
say "downloaded"

# The kernel's own tests hold names that some file systems refuse, and are not needed.
tar xf unpacked/usr/src/linux-source-6.1.tar.xz --exclude='*/tools/testing'
cd linux-source-6.1
# The kernel keeps the host's vector registers in a buffer of fixed size. With AVX-512 and AMX they take 11,008 bytes,
# the stock buffer has 2,696, and every process of the guest would die at its first signal.
sed -i 's/HOST_FP_SIZE, 2696/HOST_FP_SIZE, 16384/' arch/x86/um/user-offsets.c
grep -q 'HOST_FP_SIZE, 16384' arch/x86/um/user-offsets.c
make -s ARCH=um KCONFIG_ALLCONFIG="$here/kernel.config" allnoconfig >>"$log" 2>&1
for option in VIDEO_VIVID=m HOSTFS=y HIGH_RES_TIMERS=y; do
    grep -q "^CONFIG_$option" .config || { echo "CONFIG_$option was refused" >>"$log"; exit 1; }
done
make -s -j"${FROSTED_GUEST_JOBS:-$(nproc)}" ARCH=um linux modules >>"$log" 2>&1
say "kernel built"

# Modules that vivid needs, in the order of their loading; init.sh reads the list.
mkdir -p "$guest/modules.d"
: >"$guest/modules"
# with_depended MODULE: adds the module behind those that it names in itself.
with_depended() {
    local module=${1//_/-} file depended
    ! grep -qx "$module" "$guest/modules" || return 0
    file=$(find . -name "${module//-/[-_]}.ko" | head -n 1)
    for depended in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr , ' '); do
        with_depended "$depended"
    done
    cp "$file" "$guest/modules.d/$module.ko"
    echo "$module" >>"$guest/modules"
}
with_depended vivid
# loopback FOLDER NAME: builds the module of an unpacked package.
loopback() {
    cp -r "$1"/usr/src/v4l2loopback-* "$build/$2"
    make -s ARCH=um M="$build/$2" modules >>"$log" 2>&1
    cp "$build/$2/v4l2loopback.ko" "$guest/modules.d/$2.ko"
}
loopback "$build/unpacked" v4l2loopback
[ ! -d "$build/unpacked-newer" ] || loopback "$build/unpacked-newer" v4l2loopback-newer
strip --strip-debug "$guest"/modules.d/*.ko
cp linux "$guest/linux"
# The folder depends on whether Debian has merged /bin and /usr/bin by then.
cp "$build"/unpacked/bin/busybox "$guest/busybox" 2>>"$log" || cp "$build"/unpacked/usr/bin/busybox "$guest/busybox"
"$guest/busybox" true
cd "$guest"
rm -rf "$build"
touch ready
say "ready in $guest, $(du -sh "$guest" | cut -f1)"
echo "$guest"
