# Applies with no room for the journal, none for drop-ins, and with knobs that can't be written or that
# somebody else writes at once; then,
# each time, what `recover` makes of it. FAULT NAME: exit code, before or after or third, what was said.
. /digest.sh
# A knob of each kind is wrong: frequency, scheduler, sysctl, huge pages.
echo powersave | tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor >/dev/null
echo mq-deadline >/sys/block/nvme0n1/queue/scheduler
echo 1 >/proc/sys/vm/zone_reclaim_mode
echo always >/sys/kernel/mm/transparent_hugepage/enabled
mkdir -p /etc/sysctl.d /etc/tmpfiles.d /etc/udev/rules.d /etc/modprobe.d /state
apply() { /usr/bin/tuned-vm apply --yes --profile db --state-dir "$1" >/tmp/said 2>&1; }
before=$(digest live)
apply /tmp/state
echo "plain $?" >$out/plain
cat /tmp/said >$out/plain.out
after=$(digest live)
/usr/bin/tuned-vm rollback --yes --state-dir /tmp/state >>$out/plain.out 2>&1
echo "$before $after $(digest live)" >$out/digests
try() { # try NAME STATE
  local code now is=third
  apply $2
  code=$?
  # Room again, as an operator would make it.
  rm -f /state/filler /etc/*/filler /etc/udev/rules.d/filler
  /usr/bin/tuned-vm recover --state-dir $2 >/tmp/recover 2>&1
  recovered=$?
  now=$(digest live)
  [ $now != $before ] || is=before
  [ $now != $after ] || is=after
  echo "$1 $code $recovered $is $(tail -n 2 /tmp/said | tr '\n' ' ')" >>$out/faults
  [ $is != third ] || { echo "== $1"; cat /tmp/said /tmp/recover /tmp/live.knobs; } >>$out/third
  /usr/bin/tuned-vm rollback --yes --state-dir $2 >/dev/null 2>&1
}
fill() { # fill DIR KIB-FREE
  dd if=/dev/zero of=$1/filler bs=1024 count=$((64 - $2)) 2>/dev/null
}
for kib in 0 4 8 12 16 20 24 32; do
  mount -t tmpfs -o size=64k none /state
  fill /state $kib
  try "journal-$kib-KiB" /state
  umount /state
done
for dir in sysctl.d tmpfiles.d udev/rules.d; do
  mount -t tmpfs -o size=64k none /etc/$dir
  fill /etc/$dir 0
  try "full-$dir" /tmp/state
  umount /etc/$dir
done
# Another tuner that writes its own value back at once.
(while :; do echo 1 >/proc/sys/vm/zone_reclaim_mode; done) &
other=$!
try another-hand /tmp/state
kill $other
for dir in /proc/sys/vm /sys/kernel/mm/transparent_hugepage /sys/devices/system/cpu/cpufreq /etc/sysctl.d; do
  mount --bind $dir $dir
  mount -o remount,bind,ro $dir
  try "read-only-$dir" /tmp/state
  umount $dir
done
