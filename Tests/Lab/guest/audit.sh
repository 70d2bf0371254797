# Reads the host in every way, and keeps what the kernel says itself.
knobs() {
  grep -r . /proc/sys/vm /proc/sys/kernel/numa_balancing /sys/kernel/mm/transparent_hugepage/enabled \
    /sys/kernel/mm/ksm/run /sys/block/*/queue/scheduler \
    /sys/devices/system/cpu/cpufreq/*/scaling_governor 2>/dev/null
}
knobs >/tmp/before
run topology /usr/bin/tuned-vm topology --format json
run drawing /usr/bin/tuned-vm topology
run audit /usr/bin/tuned-vm audit --format json
run text /usr/bin/tuned-vm audit -v
run capture /usr/bin/tuned-vm capture /tmp/out/capture.tar.gz
knobs >/tmp/after
diff /tmp/before /tmp/after >$out/unchanged && echo yes >$out/unchanged
oracle
for d in /sys/block/*; do
  echo "${d##*/} $(cat $d/queue/scheduler)"
done >$out/schedulers
cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor >$out/governors 2>/dev/null
cat /sys/kernel/mm/transparent_hugepage/enabled >$out/thp
for n in /sys/devices/system/node/node[0-9]*; do
  echo "${n##*/node} $(cat $n/hugepages/hugepages-2048kB/nr_hugepages)"
done >$out/hugepages
cat /proc/sys/vm/swappiness >$out/swappiness
uname -r >$out/kernel
