# Changes twelve things of different kinds by hand, asks for the drift, and puts them back.
state=/tmp/state
# What is changed: a name, then the file.
cat >/tmp/knobs <<EOF
vm.swappiness /proc/sys/vm/swappiness 61
vm.zone_reclaim_mode /proc/sys/vm/zone_reclaim_mode 1
kernel.numa_balancing /proc/sys/kernel/numa_balancing 0
thp.enabled /sys/kernel/mm/transparent_hugepage/enabled madvise
thp.defrag /sys/kernel/mm/transparent_hugepage/defrag never
ksm.run /sys/kernel/mm/ksm/run 1
kvm.halt_poll_ns /sys/module/kvm/parameters/halt_poll_ns 0
hugepages /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages 8
block.scheduler /sys/block/vda/queue/scheduler mq-deadline
block.read_ahead_kb /sys/block/nvme0n1/queue/read_ahead_kb 256
EOF
echo none >/sys/block/vda/queue/scheduler
# The kernel's own word: a choice in brackets is the value.
value() { sed 's/.*\[\(.*\)\].*/\1/' "$1"; }
reserve=$(cat /proc/sys/vm/min_free_kbytes)
run save /usr/bin/tuned-vm baseline save --state-dir $state
run untouched /usr/bin/tuned-vm drift --state-dir $state
while read -r name file wanted; do
  was=$(value "$file")
  echo "$wanted" >"$file" || echo "cannot write $file" >>$out/refused
  echo "$name $was $(value "$file")" >>$out/changed
  echo "$file $was" >>/tmp/back
done </tmp/knobs
mkdir -p /etc/sysctl.d
echo 'vm.swappiness = 61' >/etc/sysctl.d/70-site.conf
ip link add br9 type bridge
run drift /usr/bin/tuned-vm drift --state-dir $state --format json
run text /usr/bin/tuned-vm drift --state-dir $state
while read -r file was; do echo "$was" >"$file"; done </tmp/back
# The kernel raises it by itself when huge pages are switched on again.
echo "$reserve" >/proc/sys/vm/min_free_kbytes
rm /etc/sysctl.d/70-site.conf
ip link del br9
run restored /usr/bin/tuned-vm drift --state-dir $state
