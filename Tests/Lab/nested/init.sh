#!/bin/bash
# Tests/Lab/nested/init.sh: PID 1 of the nested host. Starts libvirtd, runs /lab/scenario.sh with the
# words that the kernel command line has after `step=`, sends /tmp/out over the third serial port.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C
for d in /tmp /run; do mount -t tmpfs t $d; done
mkdir -p /dev/pts /dev/shm /dev/hugepages /run/lock
mount -t devpts d /dev/pts
mount -t hugetlbfs h /dev/hugepages
mount -t cgroup2 none /sys/fs/cgroup
# cgroup v2: leave the root group before its controllers are given to children.
mkdir -p /sys/fs/cgroup/init
echo 1 >/sys/fs/cgroup/init/cgroup.procs
for c in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo "+$c" >/sys/fs/cgroup/cgroup.subtree_control
done
ip link set lo up
hostname lab
[ -e /etc/machine-id ] && [ -s /etc/machine-id ] || echo 0123456789abcdef0123456789abcdef >/etc/machine-id
/lib/systemd/systemd-udevd --daemon
udevadm trigger --subsystem-match=cpu --subsystem-match=misc --subsystem-match=block
for m in kvm-amd acpi-cpufreq cpufreq_powersave cpufreq_ondemand tun nvme; do modprobe $m; done
udevadm settle --timeout=20
echo powersave | tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor >/dev/null
echo mq-deadline | tee /sys/block/nvme0n1/queue/scheduler >/dev/null
printf 'auth_unix_rw="none"\nauth_unix_ro="none"\nlog_outputs="2:file:/tmp/libvirtd.log"\n' >/etc/libvirt/libvirtd.conf
printf 'user="root"\ngroup="root"\ndynamic_ownership=0\nremember_owner=0\nsecurity_driver="none"\nstdio_handler="file"\nnamespaces=[]\n' >/etc/libvirt/qemu.conf
# What a boot does with what was made to last: udev rules, sysctl.d, tmpfiles.d, the boot unit.
udevadm trigger --action=change --subsystem-match=block
udevadm settle --timeout=20
cat /etc/sysctl.d/*.conf 2>/dev/null | grep -v '^#' | sed 's/ *= */=/' | while read -r line; do
  sysctl -q -w "$line"
done
cat /etc/tmpfiles.d/*.conf 2>/dev/null | grep '^w ' | while read -r _ path _ _ _ _ value; do
  for file in $path; do echo "$value" >"$file"; done
done
/usr/bin/tuned-vm recover --boot --state-dir /lab/state
libvirtd -d
for _ in $(seq 200); do [ -S /run/libvirt/libvirt-sock ] && break; sleep 0.2; done
. /lab/functions.sh
step=$(sed -n 's/.*step=\([a-z]*\).*/\1/p' /proc/cmdline)
. /lab/scenario.sh
deliver
sync
sleep 1
mount -o remount,ro / 2>/dev/null
echo o >/proc/sysrq-trigger
sleep 9
