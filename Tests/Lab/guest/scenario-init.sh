#!/bin/sh
# Tests/Lab/guest/scenario-init.sh: runs /scenario.sh in the guest and sends what it left in
# /tmp/out as a compressed tar over the third serial port.
. /boot.sh
out=/tmp/out
mkdir -p $out
# The program's exit code belongs to the result: `run NAME COMMAND...` keeps it with both streams.
run() {
  name=$1
  shift
  "$@" >$out/$name.out 2>$out/$name.err
  echo $? >$out/$name.code
  echo "[$(cut -d' ' -f1 /proc/uptime)] $name: $(cat $out/$name.code)"
}
# What this kernel's own tools say, in $out/oracle.
oracle() {
  mkdir -p $out/oracle
  /usr/bin/numactl -H >$out/oracle/numactl
  /usr/bin/lstopo-no-graphics --no-caches --no-io -p --of console >$out/oracle/lstopo
  for pair in pus:pu cores:core packages:package l3:l3cache; do
    /usr/bin/lstopo-no-graphics --only ${pair#*:} -p >$out/oracle/${pair%:*}
  done
}
. /scenario.sh
stty -F /dev/ttyS2 raw 2>/dev/null
tar -C $out -czf /tmp/out.tar.gz . && cat /tmp/out.tar.gz >/dev/ttyS2
sleep 1
poweroff -f
