# Tests/Lab/nested/checklist.sh: runs in the nested host: the points of the article's checklist, broken
# on host and guest, are found, repaired, and looked at; a guest over both nodes starts.
state=/lab/state
tuned() { run "$1" /usr/bin/tuned-vm "${@:2}" --profile /lab/lat-lab.yaml --state-dir $state; }
modprobe -a bridge vhost_net
ip link add br0 type bridge
ip link set br0 up
truncate -s 16M /lab/wrong.img /lab/wide.img
for guest in wrong wide; do virsh define /lab/$guest.xml >/dev/null; done
rmmod kvm-amd
tuned nokvm audit --format json
modprobe kvm-amd
for _ in $(seq 50); do [ -e /dev/kvm ] && break; sleep 0.1; done
tuned before audit --format json
# What could keep a guest from booting is only done where rule and guest are named.
tuned bus apply --only disk.bus --only domain:wrong --yes
tuned card apply --only net.model --only domain:wrong --yes
# A second profile, for what latency leaves as it is: a queue for each vCPU.
queues() { run "$1" /usr/bin/tuned-vm "${@:2}" --only net.multiqueue --profile throughput --state-dir $state; }
queues onequeue audit --format json
queues queues apply --only domain:wrong --yes
queues manyqueues audit --format json
tuned apply apply --yes
tuned again plan --format json
tuned after audit --format json
for guest in wrong wide; do
  virsh dumpxml --inactive $guest >$out/$guest.xml
  run $guest.start virsh start $guest
  up $guest
  whereabouts $guest $guest
done
cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor | sort -u >$out/governor
cat /sys/block/nvme0n1/queue/scheduler >$out/scheduler
tr '\0' '\n' <"/proc/$(cat /run/libvirt/qemu/wrong.pid)/cmdline" >$out/arguments
virsh destroy wrong
virsh destroy wide
