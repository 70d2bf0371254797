#!/bin/sh
# Tests/Lab/effect/init.sh: /init of the guest whose disk is measured. Runs the built-in workload that
# the kernel word `load=` names on its disk, says `RESULT n` on the second serial port, and waits.
. /boot.sh
for disk in /dev/vda /dev/sda; do [ ! -b $disk ] || mount -t ext4 $disk /mnt; done
load=$(sed -n 's/.*load=\([a-z-]*\).*/\1/p' /proc/cmdline)
/usr/bin/tuned-vm trial --placebo --workload "$load" --directory /mnt --pairs 2 --seconds 0.6 \
  --format json >/tmp/out 2>/tmp/err
# The middle of four measurements.
value=$(sed -n 's/^ *"\(before\|after\)": \([0-9.]*\),*$/\2/p' /tmp/out | tail -n 4 | sort -n | sed -n '2p')
echo "RESULT ${value:-0}" >/dev/ttyS1
[ -n "$value" ] || cat /tmp/err /proc/partitions >/dev/ttyS1
while :; do sleep 1; done
