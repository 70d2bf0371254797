# Tests/Lab/nested/db-year.sh: runs in the nested host. First boot: audit, plan, apply for a database
# guest, start it. Second boot: what was written still holds, the guest starts as planned, drift is
# silent until somebody turns a knob, rollback gives back the old definition byte for byte.
export state=/lab/state profile=/lab/db-lab.yaml
tuned() { run "$1" /usr/bin/tuned-vm "${@:2}" --state-dir $state; }
definition() { virsh dumpxml --inactive --security-info db; }
# Knobs that the profile turns, as the kernel shows them.
knobs() {
  for f in /proc/sys/vm/dirty_background_ratio /proc/sys/vm/swappiness \
    /sys/kernel/mm/transparent_hugepage/enabled /sys/block/*/queue/scheduler \
    /sys/devices/system/cpu/cpufreq/policy*/scaling_governor \
    /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages; do
    echo "$f $(cat $f)"
  done
}
look() {
  definition >$out/$1.xml
  knobs >$out/$1.knobs
}
# Where the running guest really is.
guest() {
  run $1.start virsh start db
  up db
  whereabouts db $1
  virsh destroy db >/dev/null
}
case $step in
  tune)
    virsh define /lab/db.xml >/dev/null
    look before
    cp $out/before.xml $out/before.knobs /lab/
    tuned audit audit --profile $profile --format json
    tuned plan plan --profile $profile --format json
    tuned apply apply --profile $profile --yes
    look after
    tuned again plan --profile $profile --format json
    guest tuned
    ;;
  check)
    look rebooted
    guest rebooted
    tuned audit audit --profile $profile --format json
    tuned baseline baseline save --profile $profile
    tuned drift drift --profile $profile
    echo 37 >/proc/sys/vm/dirty_background_ratio
    tuned moved drift --profile $profile --format json
    echo 5 >/proc/sys/vm/dirty_background_ratio
    tuned rollback rollback --yes
    look restored
    cp /lab/before.xml /lab/before.knobs $out/
    ;;
esac
