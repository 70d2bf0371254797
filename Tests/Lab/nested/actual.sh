# Tests/Lab/nested/actual.sh: runs in the nested host. A guest that runs untuned is pinned as it runs;
# its memory and threads are moved away by hand, found and moved back; it dies, and libvirtd is
# restarted, in the middle of an apply.
state=/lab/state
tuned() {
  case $2 in
    rollback | recover) run "$1" /usr/bin/tuned-vm "${@:2}" --state-dir $state ;;
    *) run "$1" /usr/bin/tuned-vm "${@:2}" --domain lat --profile latency --state-dir $state ;;
  esac
}
definition() { virsh dumpxml --inactive --security-info lat; }
look() { # look NAME: the live definition, threads and memory
  virsh dumpxml lat >$out/$1.xml
  whereabouts lat $1
}
task() {
  grep -lx "$1" /proc/$pid/task/*/comm | head -1 | cut -d/ -f5
}
# As a careless script would: out of the CPUs of its group too.
push() { # push THREAD CPUS
  local group
  group=$(sed -n 's/^0:://p' /proc/$pid/task/$1/cgroup)
  while [ "$group" != / ] && [ -n "$group" ]; do
    echo 0-11 >/sys/fs/cgroup$group/cpuset.cpus
    group=$(dirname $group)
  done
  taskset -cp $2 $1
}
guest() {
  virsh start lat
  up lat
  pid=$(cat /run/libvirt/qemu/lat.pid)
}
restart_libvirtd() {
  kill $(cat /run/libvirtd.pid)
  sleep 1
  rm -f /run/libvirtd.pid
  libvirtd -d
  for _ in $(seq 600); do virsh list >/dev/null 2>&1 && break; sleep 0.2; done
}

truncate -s 16M /lab/lat.img
virsh define /lab/lat.xml >/dev/null
definition >$out/before
# Threads only move at once to where their memory lies: it is put there, and nobody else moves it.
echo 0 >/proc/sys/kernel/numa_balancing
guest >/dev/null
migratepages $pid 1 0
look untuned
tuned apply apply --only 'domain:lat' --only 'cpu.*' --only 'numa.*' --only 'disk.*' --yes -v
definition >$out/after
look pinned
virsh vcpupin lat >$out/vcpupin
virsh emulatorpin lat >$out/emulatorpin
virsh iothreadinfo lat >$out/iothreadinfo

# Everything that lies where the vCPUs are goes to the other node.
cpu=$(virsh vcpupin lat | awk '$1 == "0" { print $2 }')
home=$(basename /sys/devices/system/cpu/cpu${cpu%%[-,]*}/node* | tr -dc 0-9)
away=$((1 - home))
echo $home >$out/home
tuned near audit --only numa.remote-memory --format json
migratepages $pid $home $away
look away
tuned far audit --only numa.remote-memory --format json
# NUMA balancing marks pages for its next look; older kernels hide them from move_pages.
echo 1 >/proc/sys/kernel/numa_balancing
sleep 3
echo 0 >/proc/sys/kernel/numa_balancing
began=$(date +%s%3N)
tuned move apply --only numa.remote-memory --yes --move-rate 4
echo $(($(date +%s%3N) - began)) >$out/move.ms
look back
tuned again audit --only numa.remote-memory --format json

thread=$(task 'CPU 1/KVM')
push $thread 0-11 >/dev/null
look pushed
tuned found audit --only cpu.affinity-actual --format json
echo "/proc/$pid/task/$thread/status" >$out/thread
tuned repin apply --only cpu.affinity-actual --yes
look repinned

tuned rollback rollback 1 --yes
definition >$out/restored
look unpinned

# The guest is gone while its memory is being moved.
tuned pin apply --only 'domain:lat' --only 'cpu.*' --only 'numa.*' --yes
cpu=$(virsh vcpupin lat | awk '$1 == "0" { print $2 }')
home=$(basename /sys/devices/system/cpu/cpu${cpu%%[-,]*}/node* | tr -dc 0-9)
migratepages $pid $home $((1 - home))
journal=$(ls $state/transactions | tail -n 1)
tuned gone apply --only numa.remote-memory --yes --move-rate 4 &
for _ in $(seq 600); do
  newest=$(ls $state/transactions | tail -n 1)
  [ "$newest" = "$journal" ] || ! grep -q move-memory $state/transactions/$newest || break
  sleep 0.1
done
sleep 1
virsh destroy lat >/dev/null
wait $!
tuned gone.recover recover
virsh domstate lat >$out/gone.state
tuned unpin rollback $(sed -n 's/^Undo with: tuned-vm rollback //p' $out/pin.out) --yes
definition >$out/gone.xml

# libvirtd is restarted while a definition is being changed.
guest >/dev/null
(sleep 2; restart_libvirtd) &
tuned restart apply --only 'domain:lat' --only 'cpu.*' --only 'disk.*' --yes
wait $!
tuned restart.recover recover
definition >$out/restart.xml
virsh domstate lat >$out/restart.state
