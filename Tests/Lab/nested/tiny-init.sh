#!/bin/sh
# Tests/Lab/nested/tiny-init.sh: /init of the guests inside the guest; says that it runs and waits.
mount -t proc proc /proc
mount -t sysfs sys /sys
echo "TINY UP $(cat /proc/uptime)"
while :; do sleep 1; done
