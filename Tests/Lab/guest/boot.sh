# Tests/Lab/guest/boot.sh: the first lines of every guest's /init.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root LANG=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
for module in $(cat /etc/modules.order); do
  # The vendor module of the other vendor only costs time.
  case $module in
    kvm-amd.ko) grep -qw svm /proc/cpuinfo || continue ;;
    kvm-intel.ko) grep -qw vmx /proc/cpuinfo || continue ;;
  esac
  insmod "/lib/modules/$module" >/dev/null 2>&1
done
# Disks and frequency policies appear a moment after their drivers.
if grep -q maxcpus=1 /proc/cmdline; then
  for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do echo 1 >$cpu; done
else
  sleep 1
fi
echo BOOTED
[ ! -e /setup.sh ] || . /setup.sh
