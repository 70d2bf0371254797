#!/bin/sh
# Tests/Lab/nested/boot-init.sh: from the initial file system to the Debian root on /dev/vda, and to
# its own init, or with step=systemd to systemd.
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /etc/modules.order); do insmod "/lib/modules/$module" >/dev/null 2>&1; done
for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do echo 1 >$cpu; done
echo BOOTED
i=0
while [ ! -b /dev/vda ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
mount -t ext4 /dev/vda /mnt || exec sh
next=/lab/init.sh
! grep -q step=systemd /proc/cmdline || next=/sbin/init
mount --move /proc /mnt/proc
mount --move /sys /mnt/sys
mount --move /dev /mnt/dev
exec switch_root /mnt $next
