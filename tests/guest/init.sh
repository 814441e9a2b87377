#!/bin/bash
# The guest's first process: mounts, loads the modules, runs the command, switches the machine off. See run.sh.
argument() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /proc/cmdline; }

mount -t proc proc /proc
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/run/home TMPDIR=/run/tmp XDG_RUNTIME_DIR=/run/user LANG=C.UTF-8 TERM=dumb
export FROSTED_GUEST=1
guest=$(argument guest_folder)
export FROSTED_GUEST_FOLDER=$guest
busybox=$guest/busybox

mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ln -s /proc/self/fd /dev/fd
mount -t tmpfs run /run
mkdir -p /run/home /run/tmp /run/user /run/host
chmod 1777 /run/tmp
mount -t hostfs host /run/host -o "$(argument guest_run)"
for folder in $(argument guest_shared | tr , ' '); do
    mount -t hostfs shared "$folder" -o "$folder"
done
"$busybox" ip link set lo up

# off [REASON]: switches the machine off; without a status the run has no verdict.
off() {
    [ $# -eq 0 ] || echo "guest: $*" >>/run/host/output
    sync
    exec "$busybox" poweroff -f
}

# Sets vivid, loopback and loopback_options.
. /run/host/options
export FROSTED_GUEST_MODULE=$guest/modules.d/$loopback.ko FROSTED_GUEST_OPTIONS=$loopback_options
while read -r module; do
    options=
    [ "$module" != vivid ] || options=$vivid
    # Options are words.
    # shellcheck disable=SC2086
    "$busybox" insmod "$guest/modules.d/$module.ko" $options || off "$module cannot be loaded with: $options"
done <"$guest/modules"
# insmod joins its words again; here they may hold a quoted space.
"$busybox" insmod "$FROSTED_GUEST_MODULE" "$loopback_options" || off "$loopback cannot be loaded with: $loopback_options"
# As udev would have it.
chgrp video /dev/video* && chmod 660 /dev/video*

bash /run/host/command.sh >/run/host/output 2>&1 </dev/null
echo $? >/run/host/status
off
