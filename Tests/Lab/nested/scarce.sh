# Tests/Lab/nested/scarce.sh: runs in the nested host. A guest is tuned for a database while one node
# has no memory to spare, then while no node has: filler is a file in memory, bound to its node.
state=/lab/state
tuned() { run "$1" /usr/bin/tuned-vm "${@:2}" --state-dir $state; }
free() { sed -n 's/.*MemFree: *\([0-9]*\) kB/\1/p' /sys/devices/system/node/node$1/meminfo; }
fill() { # fill NODE MIB: leaves so many MiB of a node free
  mkdir -p /tmp/filler$1
  mount -t tmpfs -o size=4g,mpol=bind:$1 filler$1 /tmp/filler$1
  sync
  echo 3 >/proc/sys/vm/drop_caches
  dd if=/dev/zero of=/tmp/filler$1/filler bs=1M count=$(($(free $1) / 1024 - $2)) 2>/dev/null
  echo "node $1: $(free $1) kB free"
}
look() {
  virsh dumpxml --inactive --security-info db >$out/$1.xml
  cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages | xargs >$out/$1.pools
}
guest() { # guest NAME: starts, and is where it is
  run $1.start virsh start db
  up db
  whereabouts db $1
  virsh destroy db >/dev/null
}
virsh define /lab/db.xml >/dev/null
look before
fill 0 96
tuned uneven apply --profile /lab/db-lab.yaml --only domain:db --only 'mem.*' --only 'numa.*' --yes
look uneven
guest uneven
tuned back rollback --yes
look back
fill 1 96
tuned scarce apply --profile /lab/db-lab.yaml --only domain:db --only 'mem.*' --only 'numa.*' --yes
tuned asked plan --profile /lab/db-lab.yaml --only domain:db --only 'mem.*' --only 'numa.*'
look scarce
umount /tmp/filler0
rm -f /tmp/filler1/filler
guest scarce
