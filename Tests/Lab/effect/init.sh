#!/bin/sh
# Tests/Lab/effect/init.sh: /init of the guest whose disk, memory or card is measured. Runs the built-in
# workload that the kernel word `load=` names, or with `load=card` sends datagrams to the host for three
# seconds; says `RESULT n` on the second serial port, and waits.
. /boot.sh
for disk in /dev/vda /dev/sda; do [ ! -b $disk ] || mount -t ext4 $disk /mnt; done
load=$(sed -n 's/.*load=\([a-z-]*\).*/\1/p' /proc/cmdline)
if [ "$load" = card ]; then
  ip link set eth0 up
  ip addr add 10.0.2.15/24 dev eth0
  sent() { cat /sys/class/net/eth0/statistics/tx_packets; }
  seconds() { cut -d' ' -f1 /proc/uptime; }
  # Full frames, as fast as the card takes them; nobody listens. Each write is a datagram.
  bash -c 'while :; do dd if=/dev/zero bs=1472 count=65536 >/dev/udp/10.0.2.2/9; done' 2>/dev/null &
  sleep 1
  before=$(sent) began=$(seconds)
  sleep 3
  echo "RESULT $(echo "$(sent) $before $(seconds) $began" | awk '{ printf "%d", ($1 - $2) / ($3 - $4) }')" >/dev/ttyS1
  while :; do sleep 1; done
fi
/usr/bin/tuned-vm trial --placebo --workload "$load" --directory /mnt --pairs 2 --seconds 0.6 \
  --format json >/tmp/out 2>/tmp/err
# The middle of four measurements.
value=$(sed -n 's/^ *"\(before\|after\)": \([0-9.]*\),*$/\2/p' /tmp/out | tail -n 4 | sort -n | sed -n '2p')
echo "RESULT ${value:-0}" >/dev/ttyS1
[ -n "$value" ] || cat /tmp/err /proc/partitions >/dev/ttyS1
while :; do sleep 1; done
