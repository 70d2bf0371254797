# Tests/Lab/nested/cut.sh: runs in the nested host: applies to knobs and to two definitions and takes
# them back until the power fails; each boot says first in which state it found everything.
state=/lab/state profile=/lab/db-lab.yaml
look() {
  {
    for f in /proc/sys/vm/dirty_background_ratio /sys/kernel/mm/transparent_hugepage/enabled \
      /sys/block/*/queue/scheduler /sys/devices/system/cpu/cpufreq/policy*/scaling_governor \
      /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages; do
      echo "$f $(cat $f)"
    done
    cat /etc/sysctl.d/60-* /etc/tmpfiles.d/60-* /etc/udev/rules.d/60-tuned-vm* 2>/dev/null
    virsh dumpxml --inactive --security-info db
    virsh dumpxml --inactive --security-info lat
  } >/lab/look.$1
  md5sum </lab/look.$1 | cut -c1-12
}
act() {
  case $1 in
    apply) /usr/bin/tuned-vm apply --profile $profile --yes --state-dir $state ;;
    *) /usr/bin/tuned-vm $1 --yes --state-dir $state ;;
  esac >/tmp/$1.out 2>&1
}
# In cut.sh of the small host the journal's first record is waited for; here it is the newest file.
struck() {
  local watcher code
  touch /tmp/mark
  (until [ -n "$(find $state/transactions -newer /tmp/mark 2>/dev/null)" ]; do sleep 0.02; done
    sleep $((RANDOM * last / 32768 / 100)).$(printf %02d $((RANDOM * last / 32768 % 100)))
    echo b >/proc/sysrq-trigger) &
  watcher=$!
  act $1
  code=$?
  kill -9 $watcher 2>/dev/null
  return $code
}
case $step in
  learn)
    truncate -s 16M /lab/lat.img
    virsh define /lab/db.xml >/dev/null
    virsh define /lab/lat.xml >/dev/null
    echo "STATE host $(look before)"
    start=$(cut -d' ' -f1 /proc/uptime | tr -d .)
    act apply
    code=$?
    echo "AFTER host $(look after) $code $(($(cut -d' ' -f1 /proc/uptime | tr -d .) - start))"
    act rollback
    echo "AGAIN host $(look again) $? $(($(cut -d' ' -f1 /proc/uptime | tr -d .) - start))"
    cp /tmp/*.out /lab/look.* $out/
    ;;
  *)
    last=$(sed -n 's/.*last=\([0-9]*\).*/\1/p' /proc/cmdline)
    act recover
    echo "STATE host $(look now)"
    echo LOOP
    while :; do
      for what in apply rollback; do
        echo "BEGIN host $what"
        if [ $step = strike ]; then struck $what; else act $what; fi
        echo "END host $what $?"
      done
    done
    ;;
esac
