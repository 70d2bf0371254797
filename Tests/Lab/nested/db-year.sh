# Tests/Lab/nested/db-year.sh: runs in the nested host. First boot: audit, baseline, apply for a
# database guest. Second boot: what was written still holds, drift is silent, rollback gives back
# the old definition byte for byte.
export state=/lab/state
tuned() { run "$1" /usr/bin/tuned-vm "${@:2}" --state-dir $state; }
facts() {
  virsh dumpxml --inactive --security-info db >$out/$1.xml
  cat /proc/sys/vm/swappiness >$out/$1.swappiness
  cat /sys/block/*/queue/scheduler >$out/$1.schedulers
}
case $step in
  tune)
    virsh define /lab/db.xml >/dev/null
    facts before
    cp $out/before.xml $out/before.swappiness /lab/
    tuned audit audit --profile db --format json
    tuned plan plan --profile db --format json
    tuned apply apply --profile db --yes
    facts after
    tuned again plan --profile db --format json
    run start virsh start db
    sleep 10
    if pid=$(cat /run/libvirt/qemu/db.pid 2>/dev/null); then
      for task in /proc/$pid/task/*; do
        echo "$(cat $task/comm): $(grep Cpus_allowed_list $task/status)"
      done >$out/threads
      cp /proc/$pid/numa_maps $out/numa_maps
      virsh destroy db >/dev/null
    fi
    ;;
  check)
    facts rebooted
    tuned audit audit --profile db --format json
    run baseline /usr/bin/tuned-vm baseline save --profile db --state-dir $state
    tuned drift drift --profile db
    tuned rollback rollback --yes
    facts restored
    cmp $out/restored.xml /lab/before.xml && echo same >$out/definition
    cmp $out/restored.swappiness /lab/before.swappiness && echo same >$out/knobs
    ;;
esac
