# Reads the host in every way, and shows what the kernel says itself.
cat /proc/sys/vm/* /proc/sys/kernel/numa_balancing /sys/block/*/queue/scheduler 2>/dev/null >/tmp/before
run topology /usr/bin/tuned-vm topology --format json
run drawing /usr/bin/tuned-vm topology
run audit /usr/bin/tuned-vm audit --format json
run text /usr/bin/tuned-vm audit -v
run capture /usr/bin/tuned-vm capture /tmp/out/capture.tar.gz
cat /proc/sys/vm/* /proc/sys/kernel/numa_balancing /sys/block/*/queue/scheduler 2>/dev/null >/tmp/after
cmp /tmp/before /tmp/after >$out/unchanged 2>&1 && echo yes >$out/unchanged
/usr/bin/numactl -H >$out/numactl
for tool in pu core package l3cache; do
  /usr/bin/lstopo-no-graphics --only $tool -p >$out/$tool
done
for d in /sys/block/*; do
  echo "${d##*/} $(cat $d/queue/scheduler)"
done >$out/schedulers
cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor >$out/governors 2>/dev/null
cat /proc/sys/vm/swappiness >$out/swappiness
uname -r >$out/kernel
