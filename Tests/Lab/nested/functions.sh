# Tests/Lab/nested/functions.sh: what runs in the nested host, whoever started it: commands whose exit
# codes are kept, guests and where they are, and the way out.
out=/tmp/out
mkdir -p $out
run() {
  local name=$1
  shift
  "$@" >$out/$name.out 2>$out/$name.err </dev/null
  echo $? >$out/$name.code
  echo "[$(cut -d' ' -f1 /proc/uptime)] $name: $(cat $out/$name.code)"
}
# Waits until a guest has come up (four minutes at most): its console says so.
up() {
  for _ in $(seq 480); do
    ! grep -qs TINY /tmp/$1.serial || return 0
    sleep 0.5
  done
  echo "guest $1 has not come up" | tee $out/$1.late
}
# whereabouts GUEST NAME: its threads and where they may run, its memory, each node's CPUs, by the kernel.
whereabouts() {
  local pid task node
  pid=$(cat /run/libvirt/qemu/$1.pid 2>/dev/null) || return 0
  for task in /proc/$pid/task/*; do
    echo "$(cat $task/comm 2>/dev/null): $(sed -n 's/^Cpus_allowed_list:\s*//p' $task/status 2>/dev/null)"
  done >$out/$2.threads
  cp /proc/$pid/numa_maps $out/$2.numa_maps
  for node in /sys/devices/system/node/node[0-9]*; do
    echo "${node##*/node} $(cat $node/cpulist)"
  done >$out/$2.nodes
  cat /tmp/$1.serial >$out/$2.serial 2>/dev/null
}
# deliver: sends what lies in $out over the third serial port.
deliver() {
  cp /tmp/libvirtd.log $out/ 2>/dev/null
  stty -F /dev/ttyS2 raw
  tar -C $out -czf /tmp/out.tar.gz . && cat /tmp/out.tar.gz >/dev/ttyS2
}
