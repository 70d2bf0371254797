# Tests/Lab/nested/db-year.sh: runs in the nested host. First boot: audit, plan, apply for a database
# guest, start it. Second boot: what was written still holds, the guest starts as planned, drift is
# silent until somebody turns a knob, rollback gives back the old definition byte for byte.
export state=/lab/state profile=/lab/db-lab.yaml
tuned() { run "$1" /usr/bin/tuned-vm "${@:2}" --state-dir $state; }
definition() { virsh dumpxml --inactive --security-info "$1"; }
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
  definition db >$out/$1.xml
  definition lat >$out/$1-lat.xml
  knobs >$out/$1.knobs
}
# Where the running guests really are.
guests() {
  run $1.start virsh start db
  run $1-lat.start virsh start lat
  up db
  up lat
  whereabouts db $1
  whereabouts lat $1-lat
  virsh destroy db >/dev/null
  virsh destroy lat >/dev/null
}
case $step in
  tune)
    truncate -s 16M /lab/lat.img
    virsh define /lab/db.xml >/dev/null
    virsh define /lab/lat.xml >/dev/null
    look before
    cp $out/before*.xml $out/before.knobs /lab/
    tuned audit audit --profile $profile --format json
    tuned plan plan --profile $profile --format json
    tuned apply apply --profile $profile --yes
    look after
    tuned again plan --profile $profile --format json
    guests tuned
    ;;
  check)
    look rebooted
    guests rebooted
    tuned audit audit --profile $profile --format json
    tuned baseline baseline save --profile $profile
    tuned drift drift --profile $profile
    echo 37 >/proc/sys/vm/dirty_background_ratio
    tuned moved drift --profile $profile --format json
    echo 5 >/proc/sys/vm/dirty_background_ratio
    tuned rollback rollback --yes
    look restored
    cp /lab/before*.xml /lab/before.knobs $out/
    ;;
esac
